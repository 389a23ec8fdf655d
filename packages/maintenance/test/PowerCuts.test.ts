import { FakeHost } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { Leftovers, Plan, Retention, SnapshotSet } from "@effect-ploop/maintenance"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Context, Effect, Ref, TestClock } from "effect"
import { contents, diskOf, history, idsOf, onFake, write } from "./utils.js"

class PowerCut {
  readonly _tag = "PowerCut"
}

/** Which change the power is cut at, and on which side of it. */
interface Cut {
  readonly at: number
  readonly side: "before" | "after"
}

/** The services of a host whose power is cut at one change. It counts the changes. */
const cutting = (cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const changes = yield* Ref.make(0)
    const stop = Effect.zipRight(host.cutPower, Effect.die(new PowerCut()))
    const change = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Ref.getAndUpdate(changes, (count) => count + 1), (count) =>
        count !== cut.at ? effect : cut.side === "before" ? stop : Effect.zipRight(effect, stop))
    const path = yield* Path.Path
    const services = Context.make(Ploop.Ploop, {
      ...ploop,
      createSnapshot: (options) =>
        change(ploop.createSnapshot(options)),
      deleteSnapshot: (options) => change(ploop.deleteSnapshot(options)),
      snapshotAndSwitch: (options) => change(ploop.snapshotAndSwitch(options)),
      switchAndDelete: (options) => change(ploop.switchAndDelete(options)),
      check: (options) => change(ploop.check(options))
    }).pipe(
      Context.add(FileSystem.FileSystem, {
        ...fs,
        makeTempDirectory: (options) => change(fs.makeTempDirectory(options)),
        rename: (from, to) => change(fs.rename(from, to)),
        remove: (path, options) => change(fs.remove(path, options))
      }),
      Context.add(Path.Path, path)
    )
    return { services, changes: Ref.get(changes) }
  })

type Services = Ploop.Ploop | FileSystem.FileSystem | Path.Path

type OnHost = Services | FakeHost.FakeHost

/**
 * Cuts the power at every change that a job makes, on both sides of it. Each time
 * the job is run again, and has to end as it does without a cut.
 */
const atEveryChange = <A>(
  prepare: Effect.Effect<void, unknown, OnHost>,
  job: Effect.Effect<void, unknown, Services>,
  outcome: Effect.Effect<A, unknown, OnHost>
) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    yield* prepare
    const begin = yield* host.state
    const undisturbed = yield* cutting({ at: -1, side: "before" })
    yield* Effect.provide(job, undisturbed.services)
    const expected = yield* outcome
    const changes = yield* undisturbed.changes
    assert.isAbove(changes, 0)
    for (let at = 0; at < changes; at++) {
      for (const side of ["before", "after"] as const) {
        yield* host.restore(begin)
        const { services } = yield* cutting({ at, side })
        const exit = yield* Effect.exit(Effect.provide(job, services))
        assert.strictEqual(exit._tag, "Failure", `the power was cut ${side} the change ${at}`)
        yield* job
        assert.deepStrictEqual(yield* outcome, expected, `after a cut ${side} the change ${at}`)
      }
    }
  })

const of = (disk: Disk.Disk) =>
  Effect.gen(function*() {
    const ids = yield* idsOf(disk)
    return { ids, top: yield* contents(disk), snapshots: yield* Effect.forEach(ids, (id) => contents(disk, id)) }
  })

const disk = Disk.inDirectory("/vz/a")

const cleaned = Effect.flatMap(
  Leftovers.plan({ disk, olderThan: 0, inUseFlags: true, orphanedImages: true }),
  (plan) => Plan.apply(plan)
)

describe("a power cut at any change, and a second run", () => {
  onFake(
    "end a retention as one that was not disturbed",
    atEveryChange(
      Effect.gen(function*() {
        yield* diskOf("a")
        yield* history(disk, ["1 day", "1 hour", "1 day", "1 hour"])
        yield* write(disk, "last.txt", "after the last snapshot")
      }),
      Effect.flatMap(Retention.plan({ disk, policy: { daily: 2 } }), (plan) => Plan.apply(plan)),
      of(disk)
    )
  )

  onFake(
    "end a removal of leftovers as one that was not disturbed",
    atEveryChange(
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        yield* diskOf("a")
        yield* write(disk, "last.txt", "before the crash")
        yield* ploop.mount({ disk })
        yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
        yield* host.cutPower
        yield* fs.writeFileString("/vz/a/DiskDescriptor.xml.tmp", "half")
        yield* fs.makeDirectory("/vz/a/root.hdd.mnt")
        yield* TestClock.adjust("1 day")
      }),
      cleaned,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const names = (yield* fs.readDirectory("/vz/a")).filter((name) => /^\.ploop|tmp$|mnt$/.test(name))
        return { ...(yield* of(disk)), names }
      })
    )
  )

  onFake(
    "end a set of snapshots with all of them",
    Effect.gen(function*() {
      const id = "{11111111-2222-4333-8444-555555555555}"
      const disks = [disk, Disk.inDirectory("/vz/b")]
      // The plan is made once and kept: the second run applies the same one.
      yield* Effect.forEach(["a", "b"], diskOf)
      const plan = yield* SnapshotSet.plan({ disks, id })
      yield* atEveryChange(
        Effect.void,
        Effect.asVoid(SnapshotSet.apply(plan)),
        Effect.forEach(disks, idsOf)
      )
    })
  )
})
