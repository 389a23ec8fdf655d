import * as Ploop from "@effect-ploop/core/Ploop"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a } = Conformance.ids

/** Takes a backup of the files of a temporary snapshot. */
const backup = <A, E, R>(disk: Conformance.TestDisk["disk"], use: (target: string) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Conformance.directory("backup"),
    (target) => Ploop.withTemporarySnapshot({ disk, component: "backup", target }, () => use(target))
  )

const isOver = (made: Conformance.TestDisk, before: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* Check.equal<ReadonlyArray<unknown>>(yield* Conformance.parents(made.disk), before, "the tree")
    yield* disks.hasNoStrayImages(made)
    const left = (yield* ploop.listDevices).filter((device) => device.component !== undefined)
    yield* Check.equal(left.filter((device) => device.image === made.image), [], "the devices of the backup")
  })

export const backups: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/backup-of-the-moment",
    title: "MUST show a backup the files of one moment, whatever is written to the disk meanwhile, and leave no trace",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs: ["mount", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const made = yield* Conformance.formatted()
      const { disk } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "etc/motd": "before", "log": "" })
      const before = yield* Conformance.parents(disk)
      const begun = yield* Deferred.make<void>()
      const enough = yield* Deferred.make<void>()
      const writer = yield* Effect.fork(Effect.gen(function*() {
        yield* Deferred.await(begun)
        for (let line = 0; line < 20; line++) yield* FileTree.write(target, { log: `line ${line}` })
        yield* FileTree.write(target, { "etc/motd": "after" })
        yield* Deferred.succeed(enough, undefined)
      }))
      const taken = yield* backup(disk, (shown) =>
        Effect.gen(function*() {
          yield* Deferred.succeed(begun, undefined)
          const first = yield* FileTree.read(shown)
          yield* Deferred.await(enough)
          yield* Check.equal(yield* FileTree.read(shown), first, "the files, read again")
          return first
        }))
      yield* Fiber.join(writer)
      yield* Check.equal(taken, { "etc/": "", "etc/motd": "before", "log": "" }, "the backup")
      const after = { "etc/": "", "etc/motd": "after", "log": "line 19" }
      yield* Check.equal(yield* FileTree.read(target), after, "the disk")
      yield* isOver(made, before)
      yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk }))
      yield* disks.holds(disk, after, "the disk after an unmount")
    })
  }),
  Case.make({
    id: "scenario/backup-of-an-idle-disk",
    title: "MUST also back up an idle disk, and leave it idle",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs: ["mount", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* disks.write(disk, { motd: "kept" })
      const before = yield* Conformance.parents(disk)
      yield* Check.equal(yield* backup(disk, FileTree.read), { motd: "kept" }, "the backup")
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether the disk is attached")
      yield* isOver(made, before)
      yield* disks.holds(disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/backups-among-snapshots",
    title: "MUST take repeated backups of a disk with snapshots, and keep each snapshot",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs: ["mount", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "one" })
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* Conformance.parents(disk)
      for (const motd of ["two", "three", "four"]) {
        yield* FileTree.write(target, { motd })
        yield* Check.equal(yield* backup(disk, FileTree.read), { motd }, `the backup of ${motd}`)
        yield* isOver(made, before)
      }
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "four" }, "the disk")
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* disks.holds(disk, { motd: "one" }, "the snapshot")
    })
  })
]
