import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c } = Conformance.ids
const top = SnapshotId.top

const needs = ["device", "temporarySnapshot"] as const

/** Checks that the disk has no device and no snapshot. */
const nothingLeft = (made: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const devices = yield* ploop.listDevices
    yield* Check.equal(devices.filter(({ image }) => image === made.image), [], "the devices of the disk")
    yield* Check.equal(yield* Conformance.parents(made.disk), [[top, undefined]], "the tree")
    yield* Check.equal(yield* Conformance.fileOf(made, top), made.image, "the file of the top delta")
    yield* snapshots.onlyNamedImages(made)
  })

/** A disk with a temporary snapshot `a`, whose device has been stopped. */
const left = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const made = yield* Conformance.disk()
  const { device } = yield* ploop.createTemporarySnapshot({ disk: made.disk, id: a, component: "backup" })
  yield* ploop.umount({ device })
  return made
})

export const createTemporarySnapshot: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createTemporarySnapshot/attaches-a-device-at-it",
    title:
      "MUST attach a device under the given component name with the prefix ~, and return the device, the name and the identifier",
    source: Case.manual("tsnapshot"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const answer = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      yield* Check.equal(answer.id, a, "the identifier")
      yield* Check.equal(answer.disk, disk, "the disk")
      yield* Check.equal(answer.component, "~backup", "the component")
      yield* Check.equal(answer.target, undefined, "the target")
      const found = yield* ploop.deviceOf({ disk, component: "~backup" })
      yield* Check.equal(Option.map(found, ({ device }) => device), Option.some(answer.device), "the device")
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether the disk itself is mounted")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
      yield* ploop.umount({ disk, component: "~backup" })
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/answers-an-id-of-its-own",
    title: "MUST return a new identifier unless one is given",
    source: Case.service("Request.CreateTemporarySnapshot"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { id } = yield* ploop.createTemporarySnapshot({ disk: made.disk, component: "backup" })
      yield* Check.equal(yield* snapshots.temporary(made), [id], "the temporary snapshots")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/shows-the-moment",
    title: "MUST show the files of a mounted disk at the moment of the snapshot on the target, read-only",
    source: Case.manual("tsnapshot"),
    needs: [...needs, "mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "state": "before" })
      const moment = yield* Conformance.directory("moment")
      const answer = yield* ploop.createTemporarySnapshot({ disk, component: "backup", target: moment })
      yield* Check.equal<string | undefined>(answer.target, moment, "the target")
      yield* FileTree.write(target, { "state": "after", "more": "" })
      yield* Check.equal(yield* FileTree.read(moment), { "state": "before" }, "the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "more": "", "state": "after" }, "the disk")
      const written = yield* Effect.exit(FileTree.write(moment, { "state": "changed" }))
      yield* Check.isTrue(Exit.isFailure(written), "a write at the target fails")
      yield* ploop.umount({ device: answer.device })
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/of-an-idle-disk",
    title:
      "MUST show the files of a disk that is not mounted, which can then be mounted too, unless that would stop the device",
    source: Case.observed("tsnapshot of an idle disk"),
    needs: [...needs, "mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "state": "before" })
      const moment = yield* Conformance.directory("moment")
      const { device, id } = yield* ploop.createTemporarySnapshot({
        disk: made.disk,
        component: "backup",
        target: moment
      })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        yield* Check.fails(ploop.mount({ disk: made.disk }), "Unsupported", { instead: `Unmount ${device} first.` })
        yield* Check.equal(yield* FileTree.read(moment), { "state": "before" }, "the snapshot")
        return yield* ploop.umount({ device })
      }
      yield* snapshots.put(made, { "state": "after" })
      yield* Check.equal(yield* FileTree.read(moment), { "state": "before" }, "the snapshot")
      yield* Check.equal(yield* snapshots.temporary(made), [id], "the temporary snapshots while the device is running")
      yield* ploop.umount({ device })
      yield* Check.equal(yield* snapshots.contents(made), { "state": "after" }, "the disk")
      yield* Check.equal(yield* Conformance.parents(made.disk), [[top, undefined]], "the tree after a mount")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/stays-until-something-clears-up",
    title: "MUST leave the snapshot in the tree when its device is unmounted",
    source: Case.observed("the life cycle of tsnapshot"),
    needs,
    run: Effect.gen(function*() {
      const made = yield* left
      yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/is-merged-away-by-the-next-snapshot",
    title: "MUST be merged by the next snapshot, whose file is then the base image",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    needs,
    run: Effect.gen(function*() {
      const made = yield* left
      yield* snapshots.take(made, b)
      yield* Check.equal(yield* Conformance.parents(made.disk), [[b, undefined], [top, b]], "the tree")
      yield* Check.equal(yield* Conformance.fileOf(made, b), made.image, "the file of the new snapshot")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/is-merged-away-by-a-mount",
    title: "MUST be merged by a mount of the disk, but not by one with a component name",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* left
      const { disk } = made
      yield* ploop.mount({ disk, component: "other", readOnly: true })
      yield* Check.equal(
        yield* snapshots.temporary(made),
        [a],
        "the temporary snapshots after a mount with a component"
      )
      yield* ploop.umount({ disk, component: "other" })
      yield* ploop.mount({ disk })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* ploop.umount({ disk })
      yield* nothingLeft(made)
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/is-merged-away-by-a-deletion",
    title: "MUST be merged by the deletion of another snapshot",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([b])
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      yield* ploop.umount({ device })
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* nothingLeft(made)
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/stays-while-it-is-in-use",
    title: "MUST NOT be merged by the next snapshot while its device is running: it stays, or the snapshot is refused",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        const take = ploop.createSnapshot({ disk, id: b })
        yield* snapshots.untouched(made, Check.fails(take, "Unsupported", { instead: `Unmount ${device} first.` }))
        return yield* ploop.umount({ device })
      }
      yield* snapshots.take(made, b)
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
      yield* ploop.umount({ device })
      yield* snapshots.take(made, c)
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [c, b], [top, c]], "the tree afterwards")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/follows-one-that-is-left",
    title: "MUST merge the temporary snapshot that an earlier backup left, and attach a device to the new one",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.mount({ disk })
      const first = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      yield* ploop.umount({ disk, component: first.component })
      const second = yield* ploop.createTemporarySnapshot({ disk, id: b, component: "backup" })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [top, b]], "the tree")
      const found = Option.getOrUndefined(yield* ploop.deviceOf({ disk, component: second.component }))
      yield* Check.equal(found?.device, second.device, "the device")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-an-id-that-is-there",
    title: "MUST refuse the identifier of an existing snapshot, attach nothing and change nothing",
    source: Case.source("lib/di.c ploop_di_add_image"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createTemporarySnapshot({ disk, id: a, component: "backup" }), "SnapshotExists", { id: a })
      )
      yield* Check.equal(yield* ploop.deviceOf({ disk, component: "~backup" }), Option.none(), "the device")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-a-target-that-is-no-directory",
    title: "MUST refuse a target that is missing or a file, and name it, before a snapshot is taken",
    source: Case.service("Ploop.createTemporarySnapshot"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const file = path.join(made.directory, "file")
      yield* fs.writeFileString(file, "")
      for (const target of [file, path.join(made.directory, "nowhere")]) {
        yield* snapshots.untouched(
          made,
          Check.fails(
            ploop.createTemporarySnapshot({ disk: made.disk, component: "backup", target }),
            "MountPointInvalid",
            { target }
          )
        )
      }
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-a-name-in-use",
    title: "MUST refuse the component name of another temporary snapshot of the disk, before a snapshot is taken",
    source: Case.service("Ploop.createTemporarySnapshot"),
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createTemporarySnapshot({ disk, id: b, component: "backup" }), "AlreadyMounted", { device })
      )
      // Generations 7 and 9 would stop the first device.
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        yield* ploop.umount({ device })
        return
      }
      const other = yield* ploop.createTemporarySnapshot({ disk, id: b, component: "other" })
      yield* Check.different(other.device, device, "the device under another name")
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/leaves-nothing-when-the-mount-fails",
    title: "MUST leave neither a device nor a snapshot when there is no file system to mount at the target",
    source: Case.source("lib/snapshot.c ploop_create_temporary_snapshot"),
    needs: [...needs, "mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const target = yield* Conformance.directory("moment")
      yield* Check.fails(
        ploop.createTemporarySnapshot({ disk: made.disk, id: a, component: "backup", target }),
        "MountFailed"
      )
      yield* nothingLeft(made)
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-what-is-no-name",
    title: "MUST refuse an ambiguous component name, and name the rule",
    source: Case.service("Request.CreateTemporarySnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const component of ["", "a b", "~backup", "../up", "x".repeat(61)]) {
        yield* snapshots.refuses(made, ploop.createTemporarySnapshot({ disk: made.disk, component }), {
          field: "component",
          value: component,
          rule: /^must be 1 to 60 letters/
        })
      }
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-what-is-no-id",
    title: "MUST refuse an identifier that is reserved or not a UUID before anything is touched",
    source: Case.service("Request.CreateTemporarySnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const id of ["backup", top, SnapshotId.none]) {
        yield* snapshots.refuses(made, ploop.createTemporarySnapshot({ disk: made.disk, id, component: "backup" }), {
          field: "id",
          value: id,
          rule: /UUID/
        })
      }
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor",
    source: Case.observed("tsnapshot without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* fs.remove(made.disk)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createTemporarySnapshot({ disk: made.disk, component: "backup" }), "DiskNotFound")
      )
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/for-the-time-of-a-scope",
    title: "MUST be removed with its device at the end of its scope, after success and failure",
    source: Case.service("Ploop.withTemporarySnapshot"),
    needs,
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      const taken = { disk: made.disk, component: "backup" }
      const during = (id: SnapshotId.SnapshotId) =>
        Effect.flatMap(snapshots.temporary(made), (found) => Check.equal(found, [id], "the temporary snapshots"))
      yield* Ploop.withTemporarySnapshot(taken, ({ id }) => during(id))
      yield* nothingLeft(made)
      const stopped = Effect.fail({ _tag: "Stopped" as const })
      yield* Check.fails(
        Ploop.withTemporarySnapshot(taken, ({ id }) => Effect.zipRight(during(id), stopped)),
        "Stopped"
      )
      yield* nothingLeft(made)
    })
  }),
  Case.make({
    id: "createTemporarySnapshot/is-in-use-without-a-mount",
    title: "MUST be in use while its device runs, even without a mount: a deletion and a merge are refused",
    source: Case.observed("snapshot-delete and snapshot-merge of a temporary snapshot that is attached"),
    needs,
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: a, component: "backup" })
      const used = { id: a, devices: [device], exitCode: 17 }
      yield* Check.fails(ploop.deleteSnapshot({ disk, id: a }), "SnapshotInUse", used)
      yield* Check.fails(ploop.mergeSnapshots({ disk }), "SnapshotInUse", used)
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* ploop.umount({ device })
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* nothingLeft(made)
    })
  })
]
