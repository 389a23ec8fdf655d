import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop, PloopError } from "@effect-ploop/core"
import { Capability, Case, Check, Conformance, Report, Runner, Target } from "@effect-ploop/testkit"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Ref } from "effect"

type Run = Case.Case["run"]

const makeCase = (run: Run, options: Partial<Case.Case> = {}): Case.Case =>
  Case.make({ id: "create/toy", title: "MUST be so", source: Case.service("a toy"), run, ...options })

/** A target, and the services of the host behind it. */
const makeHost = (capabilities: ReadonlyArray<Capability.Capability> = Capability.all) =>
  Effect.map(PloopFake.make(), (services) => {
    const target = Target.make({
      name: "toy",
      layer: Layer.merge(Layer.succeedContext(services), Path.layer),
      scratch: "/vz",
      capabilities
    })
    return { target, services }
  })

const outcomes = (report: Report.Report) => report.results.map(({ outcome }) => outcome._tag)

const failureOf = (report: Report.Report) => {
  const outcome = report.results[0]?.outcome
  if (outcome?._tag !== "Failed") throw new Error(`the outcome is ${outcome?._tag}`)
  return outcome
}

const left = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const state = yield* (yield* FakeHost.FakeHost).state
  return { files: yield* fs.readDirectory("/vz"), devices: HostState.devices(state) }
})

const nothing = { files: [], devices: [] }

/** Leaves a mounted disk behind, and continues. */
const mountAnd = (then: Run): Run =>
  Effect.gen(function*() {
    const { disk } = yield* Conformance.formatted()
    const target = yield* Conformance.directory("mnt")
    yield* (yield* Ploop.Ploop).mount({ disk, target })
    yield* then
  })

describe("a run", () => {
  it.effect("passes a case whose effect succeeds and fails one whose effect fails, each with its own outcome", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const failing = makeCase(Check.equal(1, 2, "the number"))
      const report = yield* Runner.run(target, { cases: [makeCase(Effect.void), failing, makeCase(Effect.void)] })
      assert.deepStrictEqual(outcomes(report), ["Passed", "Failed", "Passed"])
      assert.deepStrictEqual(Report.counts(report.results), { passed: 2, failed: 1, skipped: 0 })
      assert.isFalse(Report.isSuccess(report))
    }))

  it.effect("reports of a failure what was expected and found, and the operations that ran with their outcomes", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const run = Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* Conformance.disk()
        yield* Effect.ignore(ploop.umount({ disk }))
        yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is mounted")
      })
      const failure = failureOf(yield* Runner.run(target, { cases: [makeCase(run)] }))
      assert.strictEqual(failure.message, "whether it is mounted: expected true, found false")
      assert.deepStrictEqual(failure.operations.map(({ name, outcome }) => [name, outcome]), [
        ["create", "success"],
        ["umount", "NotMounted"],
        ["isMounted", "success"]
      ])
    }))

  it.effect("reports an error that the case did not expect as a failure, with the message of the error", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const run = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk: "/nowhere/DiskDescriptor.xml" }))
      const failure = failureOf(yield* Runner.run(target, { cases: [makeCase(run)] }))
      assert.match(failure.message, /^DiskNotFound: .*\/nowhere\/DiskDescriptor\.xml/s)
    }))

  it.effect("reports a defect as a failure of that case only", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const cases = [makeCase(Effect.dieMessage("broken")), makeCase(Effect.void)]
      const report = yield* Runner.run(target, { cases })
      assert.deepStrictEqual(outcomes(report), ["Failed", "Passed"])
      assert.match(failureOf(report).message, /^defect: .*broken/s)
    }))

  for (
    const [ending, then] of [
      ["succeeds", Effect.void],
      ["fails", Check.isTrue(false, "it")],
      ["dies", Effect.dieMessage("broken")]
    ] as const
  ) {
    it.effect(`unmounts what a case that ${ending} left mounted, and removes its directory`, () =>
      Effect.gen(function*() {
        const { services, target } = yield* makeHost()
        const report = yield* Runner.run(target, { cases: [makeCase(mountAnd(then))] })
        assert.deepStrictEqual(outcomes(report), [ending === "succeeds" ? "Passed" : "Failed"])
        assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
      }))
  }

  it.live("ends a case that takes too long, and cleans up after it", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const report = yield* Runner.run(target, { cases: [makeCase(mountAnd(Effect.never))], limit: "50 millis" })
      assert.match(failureOf(report).message, /it took longer than 50ms/)
      assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
    }))

  it.effect("cleans up after the running cases when it is interrupted", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const mounted = yield* Deferred.make<void>()
      const run = mountAnd(Effect.zipRight(Deferred.succeed(mounted, undefined), Effect.never))
      const fiber = yield* Effect.fork(Runner.run(target, { cases: [makeCase(run)] }))
      yield* Deferred.await(mounted)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
    }))

  it.effect("reports it when the cleanup after a case fails", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const stuck = new PloopError.UmountFailed({ operation: "umount", subject: "/dev/ploop1", text: "no" })
      const run = mountAnd(
        Effect.flatMap(FakeHost.FakeHost, (host) => host.fail("umount", stuck, "always")).pipe(Effect.provide(services))
      )
      const report = yield* Runner.run(target, { cases: [makeCase(run)] })
      assert.match(failureOf(report).message, /UmountFailed/)
    }))

  for (const order of ["as they were made", "the other way round"] as const) {
    it.effect(`unmounts a disk that lies on the file system of another one first, with devices listed ${order}`, () =>
      Effect.gen(function*() {
        const { services, target } = yield* makeHost()
        const ploop = Context.get(services, Ploop.Ploop)
        const listDevices = order === "as they were made"
          ? ploop.listDevices
          : Effect.map(ploop.listDevices, (devices) => [...devices].reverse())
        const nested = mountAnd(Effect.gen(function*() {
          const [outer] = yield* ploop.listDevices
          const { disk } = yield* ploop.create({ image: `${outer?.target}/inner.hdd`, size: "8M", fileSystem: "none" })
          yield* ploop.mount({ disk })
        }))
        const layer = Layer.merge(target.layer, Layer.succeed(Ploop.Ploop, { ...ploop, listDevices }))
        const report = yield* Runner.run({ ...target, layer }, { cases: [makeCase(nested)] })
        assert.deepStrictEqual(outcomes(report), ["Passed"])
        assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
      }))
  }

  it.effect("gives every case an empty directory of its own", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const seen = yield* Ref.make<ReadonlyArray<string>>([])
      const run = Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const { directory } = yield* Conformance.Conformance
        yield* Ref.update(seen, (before) => [...before, directory])
        yield* Check.equal(yield* fs.readDirectory(directory), [], "the directory")
        yield* fs.writeFileString(`${directory}/mine`, "")
      })
      const report = yield* Runner.run(target, { cases: [makeCase(run), makeCase(run), makeCase(run)], jobs: 2 })
      assert.deepStrictEqual(outcomes(report), ["Passed", "Passed", "Passed"])
      assert.strictEqual(new Set(yield* Ref.get(seen)).size, 3)
    }))

  it.effect("runs as many cases at the same time as requested, and no more", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const now = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      const run = Effect.gen(function*() {
        const count = yield* Ref.updateAndGet(now, (n) => n + 1)
        yield* Ref.update(most, (n) => Math.max(n, count))
        for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow()
        yield* Ref.update(now, (n) => n - 1)
      })
      yield* Runner.run(target, { cases: Array.from({ length: 9 }, () => makeCase(run)), jobs: 3 })
      assert.strictEqual(yield* Ref.get(most), 3)
    }))

  it.effect("runs a case that is to run alone while no other runs, at any number of jobs", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const now = yield* Ref.make(0)
      const beside = yield* Ref.make<ReadonlyArray<number>>([])
      const run = (note: (count: number) => Effect.Effect<void>) =>
        Effect.acquireUseRelease(
          Ref.updateAndGet(now, (n) => n + 1),
          () => Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 20), Effect.flatMap(Ref.get(now), note)),
          () => Ref.update(now, (n) => n - 1)
        )
      const other = makeCase(run(() => Effect.void))
      const alone = { ...makeCase(run((count) => Ref.update(beside, (all) => [...all, count]))), alone: true }
      const cases = [other, other, alone, other, other, other, alone, other]
      const report = yield* Runner.run(target, { cases, jobs: 3 })
      assert.strictEqual(report.results.length, 8)
      assert.deepStrictEqual(yield* Ref.get(beside), [1, 1])
    }))

  it.effect("skips a case that needs what the target lacks, and reports what and why", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost(["locks", "version2"])
      const report = yield* Runner.run(target, { cases: [makeCase(Effect.die("run"), { needs: ["mount"] })] })
      assert.deepStrictEqual(report.results[0]?.outcome, {
        _tag: "Skipped",
        reason: "needs mounts of the file systems in disks: the target does not list it"
      })
      assert.strictEqual(Report.verdict(report), "nothingTried")
    }))

  it.effect("skips every case where the tool of generation 9 cannot reach the device mapper, with the remedy", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const host = yield* Effect.provide(FakeHost.FakeHost, services)
      const ploop = Context.get(services, Ploop.Ploop)
      const mapper = { name: "device mapper", status: "missing", neededFor: "mount", remedy: "load dm_mod" } as const
      const lacking = Layer.succeed(Ploop.Ploop, { ...ploop, prerequisites: Effect.succeed([mapper]) })
      const run = Runner.run(
        { ...target, capabilities: undefined, layer: Layer.merge(target.layer, lacking) },
        { cases: [makeCase(Effect.void)] }
      )
      assert.deepStrictEqual(outcomes(yield* run), ["Passed"])
      yield* host.fail(
        "createSnapshot",
        new PloopError.PrerequisiteMissing({ operation: "createSnapshot", subject: "x", text: "", what: "the mapper" })
      )
      assert.deepStrictEqual((yield* run).results[0]?.outcome, {
        _tag: "Skipped",
        reason: "needs a tool that works here: device mapper is missing: load dm_mod"
      })
      assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
    }))

  it.effect("skips every case when the tool cannot take its locks, with the tool's output", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const host = yield* Effect.provide(FakeHost.FakeHost, services)
      const text = "Can't open lock file: Permission denied"
      yield* host.fail("imageInfo", new PloopError.PermissionDenied({ operation: "imageInfo", subject: "x", text }))
      const report = yield* Runner.run({ ...target, capabilities: undefined }, { cases: [makeCase(Effect.die("run"))] })
      const outcome = report.results[0]?.outcome
      assert.strictEqual(outcome?._tag, "Skipped")
      assert.match(JSON.stringify(outcome), /needs a tool that works here: .*Can't open lock file/)
      assert.deepStrictEqual(yield* Effect.provide(left, services), nothing)
    }))

  it.effect("skips a case of another generation, and reports which it needs", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const report = yield* Runner.run(target, { cases: [makeCase(Effect.die("run"), { generations: ["7", "9"] })] })
      assert.deepStrictEqual(report.results[0]?.outcome, {
        _tag: "Skipped",
        reason: "needs generation 7 or 9, but this is 1.15"
      })
    }))

  it.effect("ends early when the tool disappears, and reports the other cases as not run", () =>
    Effect.gen(function*() {
      const { services, target } = yield* makeHost()
      const host = yield* Effect.provide(FakeHost.FakeHost, services)
      const lost = new PloopError.ToolNotFound({ operation: "create", subject: "x", text: "", path: "ploop" })
      yield* host.fail("create", lost)
      const run = Effect.asVoid(Conformance.disk())
      const report = yield* Runner.run(target, { cases: [makeCase(run), makeCase(run)] })
      assert.deepStrictEqual(outcomes(report), ["Failed", "Skipped"])
      assert.strictEqual(report.endedEarly, "the tool is no longer there")
      assert.isFalse(Report.isSuccess(report))
    }))

  it.effect("emits an event when it starts, and when each case starts and ends", () =>
    Effect.gen(function*() {
      const { target } = yield* makeHost()
      const events = yield* Ref.make<ReadonlyArray<string>>([])
      yield* Runner.run(target, {
        cases: [makeCase(Effect.void), makeCase(Effect.void, { id: "create/other" })],
        onEvent: (event) =>
          Ref.update(events, (before) => [
            ...before,
            event._tag === "Started"
              ? `${event.target.name}: ${event.cases}`
              : event._tag === "CaseStarted"
              ? `${event.case.id} began`
              : `${event.result.id} ended`
          ])
      })
      assert.deepStrictEqual(yield* Ref.get(events), [
        "toy: 2",
        "create/toy began",
        "create/toy ended",
        "create/other began",
        "create/other ended"
      ])
    }))
})

describe("a target that cannot be used", () => {
  it.effect("is refused with its own error when its layer fails to build", () =>
    Effect.gen(function*() {
      const target = Target.make({ name: "toy", layer: Layer.fail("no backend" as const), scratch: "/vz" })
      assert.strictEqual(yield* Effect.flip(Runner.run(target, { cases: [] })), "no backend")
    }))

  const refusal = (
    scratch: string,
    prepare: Effect.Effect<unknown, unknown, FileSystem.FileSystem>,
    capacity?: string
  ) =>
    Effect.gen(function*() {
      const services = yield* PloopFake.make(capacity === undefined ? {} : { capacity })
      yield* Effect.provide(prepare, services)
      const target = Target.make({
        name: "toy",
        layer: Layer.merge(Layer.succeedContext(services), Path.layer),
        scratch
      })
      return yield* Effect.flip(Runner.run(target, { cases: [] }))
    })

  it.effect("is refused when its scratch directory is missing, and nothing is run", () =>
    Effect.gen(function*() {
      const error = yield* refusal("/nowhere", Effect.void)
      assert.strictEqual(error._tag, "ScratchUnusable")
      assert.match(error.message, /the scratch directory is \/nowhere, but it must be a directory that exists/)
    }))

  it.effect("is refused when its scratch directory is a file", () =>
    Effect.gen(function*() {
      const write = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString("/vz/file", ""))
      const error = yield* refusal("/vz/file", write)
      assert.match(error.message, /the scratch directory is \/vz\/file, but it must be a directory: it is of type File/)
    }))

  it.effect("is refused when its scratch directory is full", () =>
    Effect.gen(function*() {
      const error = yield* refusal("/vz", Effect.void, "512K")
      assert.match(error.message, /must be writable, with room for disks/)
    }))

  it.effect("is refused when its scratch directory is read-only", () =>
    Effect.gen(function*() {
      const { services } = yield* makeHost()
      const prepare = Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "300M" })
        yield* fs.makeDirectory("/mnt/scratch")
        yield* ploop.mount({ disk, target: "/mnt/scratch", readOnly: true })
      })
      yield* Effect.provide(prepare, services)
      const target = Target.make({
        name: "toy",
        layer: Layer.merge(Layer.succeedContext(services), Path.layer),
        scratch: "/mnt/scratch"
      })
      const error = yield* Effect.flip(Runner.run(target, { cases: [] }))
      assert.strictEqual(error._tag, "ScratchUnusable")
    }))
})
