import { FakeHost } from "@effect-ploop/backend-fake"
import type { Disk } from "@effect-ploop/core"
import { Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { Backup, HostSpeed, Leftovers, Plan, Reclaim, Retention, SnapshotSet } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Exit, Fiber, Ref, Schema, TestClock } from "effect"
import { dirname } from "node:path"
import { contents, diskOf, history, idsOf, onFake, write } from "./utils.js"

const lastOne = (disk: Disk.Disk) => Retention.plan({ disk, policy: { last: 1 } })

const locked = (disk: Disk.Disk) => new PloopError.Locked({ operation: "deleteSnapshot", subject: disk, text: "" })

describe("a plan", () => {
  onFake(
    "is made by queries alone",
    Effect.gen(function*() {
      const { listDevices, listSnapshots } = yield* Ploop.Ploop
      const { readDirectory, readLink, realPath, stat, stream } = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* history(disk, ["1 day", "1 day", "1 day"])
      const queries = Context.make(Ploop.Ploop, Ploop.makeNoop({ listDevices, listSnapshots })).pipe(
        Context.add(
          FileSystem.FileSystem,
          FileSystem.makeNoop({ readDirectory, readLink, realPath, stat, stream })
        )
      )
      const plans = Effect.all([lastOne(disk), Leftovers.plan({ disk }), SnapshotSet.plan({ disks: [disk] })])
      assert.strictEqual((yield* Effect.provide(plans, queries)).length, 3)
    })
  )

  onFake(
    "is the same after a way through JSON",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* history(disk, ["1 day", "1 day", "1 day"])
      const plan = yield* lastOne(disk)
      const json = yield* Schema.encode(Plan.PlanFromJson)(plan)
      const again = yield* Schema.decode(Plan.PlanFromJson)(json)
      assert.strictEqual(Plan.render(again), Plan.render(plan))
      yield* Plan.apply(again)
      assert.strictEqual((yield* idsOf(disk)).length, 1)
    })
  )

  onFake(
    "shows people each step with its reason and cost, and the tree before and after",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const [old, kept] = yield* history(disk, ["1 day", "1 day"])
      const lines = Plan.render(yield* lastOne(disk), { label: ({ id }) => id === SnapshotId.top ? "top" : id }).split(
        "\n"
      )
      assert.strictEqual(lines[0], `Retention of the snapshots of ${disk}`)
      assert.match(
        lines[1]!,
        new RegExp(`^  1\\. ${disk}: delete the snapshot ${old} \\(copies up to .*, frees up to .*\\)$`)
      )
      assert.strictEqual(lines[2], "     No rule keeps it. It was taken at 1970-01-02T00:00:00.000Z.")
      assert.deepStrictEqual(lines.slice(3), [
        "Kept:",
        `  ${kept}: the newest`,
        "Before:",
        `  ● ${old}`,
        "  │",
        `  ● ${kept}`,
        "  │",
        "  ● top",
        "After:",
        `  ● ${kept}`,
        "  │",
        "  ● top"
      ])
    })
  )

  onFake(
    "stops at a step that fails, and goes on there when it is applied again",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disk = yield* diskOf("a")
      const ids = yield* history(disk, ["1 day", "1 day", "1 day", "1 day"])
      const plan = yield* lastOne(disk)
      yield* host.fail("deleteSnapshot", locked(disk), 2)
      const error = yield* Effect.flip(Plan.apply(plan))
      assert.strictEqual(error._tag, "StepFailed")
      assert.strictEqual(error.step, 1)
      assert.deepStrictEqual(yield* idsOf(disk), ids.slice(1))
      const outcomes = yield* Plan.apply(plan)
      assert.deepStrictEqual(outcomes.map(({ outcome }) => outcome), ["done", "applied", "applied"])
      assert.deepStrictEqual(yield* idsOf(disk), ids.slice(3))
    })
  )

  onFake(
    "stops when the tree is no longer as planned, and touches nothing of it",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      const ids = yield* history(disk, ["1 day", "1 day"])
      const plan = yield* lastOne(disk)
      yield* ploop.switchSnapshot({ disk, id: ids[0]! })
      const error = yield* Effect.flip(Plan.apply(plan))
      assert.strictEqual(error._tag, "PlanOutdated")
      assert.include(error.message, `with no parent and the children ${ids[1]}, but it has no parent and the children`)
      assert.deepStrictEqual(yield* idsOf(disk), ids)
    })
  )

  onFake(
    "of any tool fails with a typed error when its disk is gone, and touches no other",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      const other = yield* diskOf("b")
      yield* history(disk, ["1 day", "1 day"])
      yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
      yield* fs.writeFileString("/vz/a/DiskDescriptor.xml.tmp", "half")
      yield* TestClock.adjust("2 days")
      const set = yield* SnapshotSet.plan({ disks: [other, disk] })
      const id = SnapshotSet.idOf(set)!
      const plans = [
        yield* Retention.plan({ disk, policy: { last: 1 } }),
        yield* Leftovers.plan({ disk, temporaryDevices: true }),
        yield* Reclaim.plan({ disks: [disk], policy: { atLeast: 0, mayMount: true, retention: { last: 1 } } }),
        yield* Backup.plan({ disk, to: "/vz/backup" }),
        set
      ]
      yield* fs.remove("/vz/a", { recursive: true })
      for (const plan of plans) {
        assert.isNotEmpty(plan.steps, plan.title)
        const error = yield* Effect.flip(Plan.apply(plan))
        assert.include(["StepFailed", "PlanOutdated"], error._tag, plan.title)
        assert.include(JSON.stringify(error), "/vz/a", plan.title)
      }
      assert.notInclude(yield* idsOf(other), id)
      assert.deepStrictEqual((yield* fs.readDirectory("/vz")).toSorted(), ["b"])
      for (const disks of [[other, disk], [disk]]) {
        assert.strictEqual((yield* Effect.flip(SnapshotSet.plan({ disks })))._tag, "DiskNotFound")
      }
    })
  )

  onFake(
    "is made again when there was no space for a merge, or the clock has gone back",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disk = yield* diskOf("a")
      yield* TestClock.setTime(5 * 86_400_000)
      const ids = yield* history(disk, ["1 day", "1 day", "1 day"])
      const full = new PloopError.NoSpace({ operation: "deleteSnapshot", subject: disk, text: "" })
      yield* host.fail("deleteSnapshot", full)
      const error = yield* Effect.flip(Effect.flatMap(lastOne(disk), (plan) => Plan.apply(plan)))
      assert.strictEqual(error._tag === "StepFailed" && error.error._tag, "NoSpace")
      yield* TestClock.setTime(0)
      const within = yield* Retention.plan({ disk, policy: { within: "1 hour" } })
      assert.deepStrictEqual(within.steps, [])
      yield* Plan.apply(yield* lastOne(disk))
      assert.deepStrictEqual(yield* idsOf(disk), ids.slice(2))
    })
  )

  onFake(
    "does not take an exit without an effect for success",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* history(disk, ["1 day", "1 day"])
      const plan = yield* lastOne(disk)
      const ploop = yield* Ploop.Ploop
      const idle = { ...ploop, deleteSnapshot: () => Effect.succeed({ _tag: "Deleted", id: SnapshotId.top } as const) }
      const error = yield* Effect.flip(Effect.provideService(Plan.apply(plan), Ploop.Ploop, idle))
      assert.strictEqual(error._tag, "StepWithoutEffect")
    })
  )

  onFake(
    "says how long a step takes, by the last one of its kind on the same file system",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const large = Ploop.withMount(
        { disk, target: "/mnt" },
        () => fs.writeFile("/mnt/large", new Uint8Array(32 << 20).fill(1))
      )
      yield* history(disk, ["1 day", "1 day"])
      yield* large
      yield* history(disk, ["1 day"])
      const [first] = (yield* lastOne(disk)).steps
      assert.strictEqual(first!.takes, undefined)
      const slow: Ploop.Ploop = {
        ...ploop,
        deleteSnapshot: (options) => Effect.zipLeft(ploop.deleteSnapshot(options), TestClock.adjust("10 seconds"))
      }
      yield* Effect.provideService(Plan.apply(yield* lastOne(disk)), Ploop.Ploop, slow)
      yield* large
      yield* history(disk, ["1 day"])
      const plan = yield* lastOne(disk)
      assert.closeTo(Duration.toSeconds(plan.steps[0]!.takes!), 10, 5)
      assert.match(Plan.render(plan), /\(copies up to .*, frees up to .*, takes about \d+s\)$/m)
    }).pipe(Effect.provide(HostSpeed.layer({ directory: "/run/speeds" })))
  )

  onFake(
    "that was edited to copy less than nothing is refused",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* history(disk, ["1 day", "1 day"])
      const json = yield* Schema.encode(Plan.PlanFromJson)(yield* lastOne(disk))
      const edited = json.replace(/"moves": "\d+"/, "\"moves\": \"-1\"")
      assert.notStrictEqual(edited, json)
      assert.strictEqual((yield* Effect.flip(Schema.decode(Plan.PlanFromJson)(edited)))._tag, "ParseError")
    })
  )

  onFake(
    "reports each step as it ends",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* history(disk, ["1 day", "1 day", "1 day"])
      const seen = yield* Ref.make<ReadonlyArray<number>>([])
      yield* Plan.apply(yield* lastOne(disk), {
        onOutcome: ({ step }) => Ref.update(seen, (steps) => [...steps, step])
      })
      assert.deepStrictEqual(yield* Ref.get(seen), [0, 1])
    })
  )
})

const disksOf = Effect.forEach(
  ["a", "b", "c"] as const,
  (name) => Effect.tap(diskOf(name), (disk) => write(disk, "name.txt", name))
)

describe("a set of snapshots", () => {
  onFake(
    "is one snapshot of each disk under one identifier",
    Effect.gen(function*() {
      const disks = yield* disksOf
      const plan = yield* SnapshotSet.plan({ disks })
      yield* SnapshotSet.apply(plan)
      for (const disk of disks) assert.deepStrictEqual(yield* idsOf(disk), [SnapshotSet.idOf(plan)])
    })
  )

  onFake(
    "is undone when one cannot be taken, and loses nothing",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disks = yield* disksOf
      yield* host.fail(
        "createSnapshot",
        new PloopError.NoSpace({ operation: "createSnapshot", subject: disks[2]!, text: "" }),
        3
      )
      const error = yield* Effect.flip(Effect.flatMap(SnapshotSet.plan({ disks }), (plan) => SnapshotSet.apply(plan)))
      assert.strictEqual(error._tag, "StepFailed")
      for (const disk of disks) assert.deepStrictEqual(yield* idsOf(disk), [])
      assert.deepStrictEqual(yield* contents(disks[0]!), [["name.txt", "a"]])
    })
  )

  onFake(
    "that is applied again after all of it was done takes nothing back when a disk has gone or refuses it",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const disks = yield* disksOf
      const [a, b, c] = [disks[0]!, disks[1]!, disks[2]!]
      const plan = yield* SnapshotSet.plan({ disks })
      yield* SnapshotSet.apply(plan)
      const id = SnapshotSet.idOf(plan)!
      yield* ploop.deleteSnapshot({ disk: c, id })
      yield* host.fail("createSnapshot", locked(c))
      assert.strictEqual((yield* Effect.flip(SnapshotSet.apply(plan)))._tag, "StepFailed")
      yield* ploop.remove({ disk: c })
      assert.strictEqual((yield* Effect.flip(SnapshotSet.apply(plan)))._tag, "StepFailed")
      assert.deepStrictEqual([yield* idsOf(a), yield* idsOf(b)], [[id], [id]])
    })
  )

  onFake(
    "names what is still changed when the undoing fails too",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disks = yield* disksOf
      yield* host.fail(
        "createSnapshot",
        new PloopError.NoSpace({ operation: "createSnapshot", subject: disks[2]!, text: "" }),
        3
      )
      yield* host.fail("deleteSnapshot", locked(disks[0]!), 2)
      const error = yield* Effect.flip(Effect.flatMap(SnapshotSet.plan({ disks }), (plan) => SnapshotSet.apply(plan)))
      assert.strictEqual(error._tag, "UndoFailed")
      assert.deepStrictEqual(error._tag === "UndoFailed" && error.left, [disks[0]])
    })
  )

  onFake(
    "freezes every disk before the first snapshot, and thaws in reverse, also after a freeze that fails",
    Effect.gen(function*() {
      const disks = yield* disksOf
      const log = yield* Ref.make<ReadonlyArray<string>>([])
      const note = (what: string) => (disk: string | undefined) =>
        Ref.update(log, (lines) => [...lines, `${what} ${disk?.split("/")[2]}`])
      const plan = yield* SnapshotSet.plan({ disks })
      const failing = (disk: string) =>
        Effect.zipRight(note("freeze")(disk), disk === disks[1] ? Effect.fail("no") : Effect.void)
      const exit = yield* Effect.exit(SnapshotSet.apply(plan, { freeze: failing, thaw: note("thaw") }))
      assert.deepStrictEqual(exit, Exit.fail("no"))
      assert.deepStrictEqual(yield* Ref.get(log), ["freeze a", "freeze b", "thaw b", "thaw a"])
      for (const disk of disks) assert.deepStrictEqual(yield* idsOf(disk), [])
      yield* Ref.set(log, [])
      yield* SnapshotSet.apply(plan, {
        freeze: note("freeze"),
        thaw: note("thaw"),
        onOutcome: ({ step }) => note("snapshot")(disks[step])
      })
      assert.strictEqual(
        (yield* Ref.get(log)).join(", "),
        "freeze a, freeze b, freeze c, snapshot a, snapshot b, snapshot c, thaw c, thaw b, thaw a"
      )
    })
  )

  onFake(
    "is undone by an interruption",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disks = yield* disksOf
      const plan = yield* SnapshotSet.plan({ disks })
      const begun = yield* Deferred.make<void>()
      yield* host.delay("createSnapshot", "1 hour", 2)
      const fiber = yield* Effect.fork(SnapshotSet.apply(plan, { onOutcome: () => Deferred.succeed(begun, undefined) }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      for (const disk of disks) assert.deepStrictEqual(yield* idsOf(disk), [])
    })
  )

  onFake(
    "is gone back to by all disks, which keep what was written since, or by none",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disks = yield* disksOf
      const plan = yield* SnapshotSet.plan({ disks })
      yield* SnapshotSet.apply(plan)
      for (const disk of disks) yield* write(disk, "later.txt", "later")
      const back = yield* SnapshotSet.planSwitch({ disks, id: SnapshotSet.idOf(plan)! })
      const failure = new PloopError.NoSpace({ operation: "snapshotAndSwitch", subject: disks[1]!, text: "" })
      yield* host.fail("snapshotAndSwitch", failure, 2)
      assert.strictEqual((yield* Effect.flip(SnapshotSet.apply(back)))._tag, "StepFailed")
      for (const disk of disks) {
        assert.deepStrictEqual(yield* idsOf(disk), [SnapshotSet.idOf(plan)])
        assert.strictEqual((yield* contents(disk)).length, 2)
      }
      yield* SnapshotSet.apply(back)
      for (const [index, disk] of disks.entries()) {
        assert.deepStrictEqual(yield* contents(disk), [["name.txt", "abc"[index]]])
      }
    })
  )

  onFake(
    "is refused for a disk that is there twice, or has the snapshot already, or lacks it",
    Effect.gen(function*() {
      const [disk, other] = yield* disksOf
      const ploop = yield* Ploop.Ploop
      const id = yield* ploop.createSnapshot({ disk: disk! })
      const fs = yield* FileSystem.FileSystem
      const messageOf = (
        plan: Effect.Effect<Plan.Plan, SnapshotSet.PlanError, Ploop.Ploop | FileSystem.FileSystem>
      ) => Effect.map(Effect.flip(plan), ({ message }) => message)
      yield* fs.symlink(dirname(disk!), "/link")
      for (const plan of [SnapshotSet.plan, Reclaim.plan]) {
        const error = yield* Effect.flip(plan({ disks: [disk!, "/link/DiskDescriptor.xml"] }))
        assert.strictEqual(
          error.message,
          `disks is /link/DiskDescriptor.xml, but it must name each disk once: ${disk} is the same disk`
        )
      }
      assert.strictEqual(
        yield* messageOf(SnapshotSet.plan({ disks: [disk!, disk!] })),
        `disks is ${disk}, but it must name each disk once`
      )
      assert.strictEqual(
        yield* messageOf(SnapshotSet.plan({ disks: [] })),
        "disks is [], but it must name at least one disk"
      )
      assert.strictEqual(
        yield* messageOf(SnapshotSet.plan({ disks: [other!, disk!], id })),
        `disks is ${disk}, but it must not have the snapshot ${id} yet`
      )
      assert.strictEqual(
        yield* messageOf(SnapshotSet.planSwitch({ disks: [disk!, other!], id })),
        `disks is ${other}, but it must have the snapshot ${id}`
      )
    })
  )
})
