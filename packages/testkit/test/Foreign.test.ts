import { PloopFake } from "@effect-ploop/backend-fake"
import { LowLevel, Ploop } from "@effect-ploop/core"
import type { Generation } from "@effect-ploop/core"
import { Capability, Case, Report, Runner, Suite, Target } from "@effect-ploop/testkit"
import { Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Array, Context, Effect, Layer, Sink, Stream } from "effect"

const absent = new Error("this backend has no such operation")

/** A backend that somebody else wrote: it can neither copy nor do anything of `LowLevel`. */
const foreign = (generation: Generation.Generation) =>
  Layer.merge(
    Layer.map(PloopFake.layer({ generation }), (services) =>
      Context.add(services, Ploop.Ploop, {
        ...Context.get(services, Ploop.Ploop),
        copySend: () => Stream.die(absent),
        copyReceive: () => Sink.die(absent),
        copyTo: () => Stream.die(absent),
        copyFrom: () => Stream.die(absent)
      }).pipe(
        Context.add(LowLevel.LowLevel, {
          start: () => Effect.die(absent),
          stop: () => Effect.die(absent),
          clear: () => Effect.die(absent),
          deleteDelta: () => Effect.die(absent),
          grow: () => Effect.die(absent),
          mergeDelta: () => Effect.die(absent),
          nextDevice: Effect.die(absent)
        })
      )),
    Path.layer
  )

const without = (...names: ReadonlyArray<Capability.Capability>) =>
  Capability.all.filter((capability) => !names.includes(capability))

const target = (options: Partial<Target.Target> = {}) =>
  Target.make({ name: "foreign", layer: foreign("1.15"), scratch: "/vz", ...options })

const failures = (report: Report.Report) =>
  report.results.flatMap(({ id, outcome }) => outcome._tag === "Failed" ? [`${id}: ${outcome.message}`] : [])

const passes = (how: string, options: Partial<Target.Target>, cases: ReadonlyArray<Case.Case>) =>
  it.live(`passes every other case when it says so ${how}`, () =>
    Effect.gen(function*() {
      const report = yield* Runner.run(target(options), { cases, jobs: 8 })
      assert.deepStrictEqual(failures(report), [])
      const skipped = cases.filter((self) =>
        report.results.find(({ id }) => id === self.id)?.outcome._tag === "Skipped"
      )
      const due = cases.filter((self) =>
        self.needs.some((need) => ["copy", "duplexCopy", "lowLevel"].includes(need)) || !Case.appliesTo(self, "1.15")
      )
      assert.deepStrictEqual(skipped, due)
      assert.isAbove(Report.counts(report.results).passed, 0)
    }))

describe("a backend without copies and low-level operations", () => {
  // In parts, since vitest takes a worker for lost that is busy for a minute.
  for (const [index, cases] of Array.chunksOf(Suite.all, 100).entries()) {
    passes(`by its capabilities: part ${index + 1}`, { capabilities: without("copy", "duplexCopy", "lowLevel") }, cases)
  }

  passes(
    "by leaving them out of what its host has",
    { leavesOut: ["copy", "duplexCopy", "lowLevel"] },
    Suite.select(["imageInfo/", "copy", "grow", "createSnapshot/", "check/"])
  )

  it.live("fails cases when it claims to have them, so that the rule above tests something", () =>
    Effect.gen(function*() {
      const cases = Suite.select(["grow/disk", "copyReceive/missing-directory", "imageInfo/looks-at-the-top-delta"])
      const report = yield* Runner.run(target({ capabilities: Capability.all }), { cases })
      assert.lengthOf(failures(report), cases.length)
    }))

  it.effect("reports that the backend leaves them out", () =>
    Effect.gen(function*() {
      const { lacks } = yield* Effect.provide(Target.profile(target({ leavesOut: ["lowLevel"] })), foreign("1.15"))
      assert.deepStrictEqual(lacks.filter(({ capability }) => Capability.lackOf(capability, "1.15") === undefined), [
        { capability: "lowLevel", reason: "the backend leaves it out" }
      ])
    }))
})

describe("a case", () => {
  it("about an operation of LowLevel needs lowLevel, and one about a copy needs that copy", () => {
    for (const self of Suite.all) {
      const topic = Case.operation(self)
      if (["start", "stop", "clear", "deleteDelta", "grow", "mergeDelta", "nextDevice"].includes(topic)) {
        assert.include(self.needs, "lowLevel", self.id)
      }
      if (topic === "copyTo" || topic === "copyFrom") assert.include(self.needs, "duplexCopy", self.id)
      else if (topic.startsWith("copy") && self.id !== "copySend/unsupported") {
        assert.include(self.needs, "copy", self.id)
      }
    }
  })

  it("applies to a generation that its rule is about and whose hosts can have what it needs", () => {
    const of = (options: Partial<Case.Case>) =>
      Case.make({ id: "create/toy", title: "MUST be", source: Case.service("a toy"), run: Effect.void, ...options })
    assert.isTrue(Case.appliesTo(of({ needs: ["mount"] }), "9"))
    assert.isFalse(Case.appliesTo(of({ needs: ["statistics"] }), "9"))
    assert.isFalse(Case.appliesTo(of({ generations: ["1.15", "7"] }), "9"))
    assert.isTrue(Case.appliesTo(of({ generations: ["9"] }), "9"))
  })
})

describe("a part of the suite", () => {
  it("is every case but those that are named by their identifier or their topic, in the same order", () => {
    const cases = Suite.without(["grow", "mount/takes-the-device-that-is-given"])
    const gone = Suite.all.filter((self) => !cases.includes(self))
    assert.deepStrictEqual(
      gone,
      Suite.all.filter(({ id }) => id.startsWith("grow/") || id === "mount/takes-the-device-that-is-given")
    )
    assert.isAbove(gone.length, 10)
    assert.deepStrictEqual(cases, Suite.all.filter((self) => cases.includes(self)))
  })

  it("is refused for a name that no case has, with the names of those that could be meant", () => {
    const refused = (name: Case.Id) => {
      try {
        Suite.without([name])
      } catch (error) {
        assert.instanceOf(error, Suite.NameUnknown)
        return error.message
      }
      return assert.fail(`${name} was accepted`)
    }
    const message = refused("isMounted/no-such-case")
    assert.match(
      message,
      /^no case has the identifier or the topic isMounted\/no-such-case: the cases of isMounted are isMounted\//
    )
    // A program without types can name anything.
    assert.include(refused("moumt" as Case.Id), "the topics are create, mount, ")
  })
})

describe("a backend without some operations", () => {
  const { listSnapshots } = Ploop.makePartial({})
  const layer = Layer.merge(
    Layer.map(
      PloopFake.layer(),
      (services) => Context.add(services, Ploop.Ploop, { ...Context.get(services, Ploop.Ploop), listSnapshots })
    ),
    Path.layer
  )

  const cases = Suite.select(["listSnapshots/of-a-new-disk", "createSnapshot/", "tool/"])

  it.live("skips the cases that use one, and would not pass, when it says which they are", () =>
    Effect.gen(function*() {
      const silent = yield* Runner.run(target({ layer }), { cases, jobs: 4 })
      const open = yield* Runner.run(target({ layer, leavesOut: ["listSnapshots"] }), { cases, jobs: 4 })
      assert.isAbove(failures(silent).length, 1)
      assert.deepStrictEqual(failures(open), [])
      const reasonOf = ({ outcome }: Report.CaseResult) => outcome._tag === "Skipped" ? outcome.reason : outcome._tag
      for (const [index, { id, outcome }] of silent.results.entries()) {
        const now = open.results[index]!
        assert.strictEqual(
          reasonOf(now),
          outcome._tag === "Failed"
            ? "needs listSnapshots: the backend leaves it out"
            : reasonOf(silent.results[index]!),
          id
        )
      }
      assert.deepStrictEqual(open.target.leavesOut, ["listSnapshots"])
    }))
})

describe("a backend without types", () => {
  const faulty = (part: Partial<Ploop.Ploop>) =>
    target({
      layer: Layer.map(foreign("1.15"), (services) =>
        Context.add(services, Ploop.Ploop, { ...Context.get(services, Ploop.Ploop), ...part })),
      leavesOut: ["copy", "duplexCopy", "lowLevel"]
    })

  it.effect("whose operation returns nothing fails the cases that use it, with the rule, and no other", () =>
    Effect.gen(function*() {
      const cases = Suite.select(["listSnapshots/of-a-new-disk", "tool/"])
      const report = yield* Runner.run(faulty({ create: () => Effect.succeed(undefined as never) }), { cases })
      assert.match(
        failures(report).join("\n"),
        /^listSnapshots\/of-a-new-disk: the result of create: expected .*disk.*, found undefined$/
      )
      assert.isAbove(Report.counts(report.results).passed, 0)
    }))

  it.effect("whose failure has no class is named with what it failed with", () =>
    Effect.gen(function*() {
      const cases = Suite.select(["listSnapshots/of-a-new-disk"])
      const boom: Effect.Effect<never, never> = Effect.fail(new Error("boom")) as never
      const report = yield* Runner.run(faulty({ listSnapshots: () => boom }), { cases })
      assert.deepStrictEqual(failures(report), [
        "listSnapshots/of-a-new-disk: the failure of listSnapshots: expected an error of PloopError, found Error: boom"
      ])
    }))

  it.effect("fails a case that needs no capability of the suite, and refuses a target that names one", () =>
    Effect.gen(function*() {
      const strange = "mout" as Capability.Capability
      const of = (options: Partial<Case.Case>) =>
        Case.make({ id: "create/toy", title: "MUST be", source: Case.service("a toy"), run: Effect.void, ...options })
      const report = yield* Runner.run(faulty({}), { cases: [of({ needs: [strange] }), of({})] })
      assert.deepStrictEqual(report.results.map(({ outcome }) => outcome._tag), ["Failed", "Passed"])
      assert.match(failures(report)[0] ?? "", /the case needs mout, but a capability must be one of locks, device, /)
      const refused = yield* Effect.flip(Runner.run(target({ leavesOut: [strange] }), { cases: [] }))
      assert.match(
        refused.message,
        /^leavesOut of the target has mout, but what is left out must be an operation, or a /
      )
    }))
})

describe("a service made without its operations", () => {
  const isUnsupported = (operation: string, subject: string) => (error: { readonly _tag: string }) => {
    assert.strictEqual(error._tag, "Unsupported")
    assert.include(JSON.stringify(error), `"operation":"${operation}","subject":"${subject}"`)
  }

  it.effect("has those that are given, and fails with Unsupported for each other: effect, stream, sink and query", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = "/vz/101/DiskDescriptor.xml"
      assert.isTrue(yield* ploop.isMounted({ disk }))
      isUnsupported("umount", disk)(yield* Effect.flip(ploop.umount({ disk })))
      isUnsupported("tool", "host")(yield* Effect.flip(ploop.tool))
      const device = "/dev/ploop1"
      isUnsupported("copySend", device)(yield* Effect.flip(Stream.runDrain(ploop.copySend({ device }))))
      const received = Stream.run(Stream.empty, ploop.copyReceive({ image: "/vz/copy" }))
      isUnsupported("copyReceive", "/vz/copy")(yield* Effect.flip(received))
      const low = yield* LowLevel.LowLevel
      isUnsupported("stop", device)(yield* Effect.flip(low.stop({ device })))
      isUnsupported("nextDevice", "host")(yield* Effect.flip(low.nextDevice))
    }).pipe(
      Effect.provide(Layer.merge(Ploop.layerNoop({ isMounted: () => Effect.succeed(true) }), LowLevel.layerNoop({})))
    ))
})
