import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const MiB = ByteSize.MiB

const source = Case.observed("the sequence of the tests of the Go wrappers")

/** The sequences of the wrappers' own tests, first on a mounted disk and then on an idle one. */
export const wrappers: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/wrappers-resize-mounted",
    title: "MUST shrink and regrow a mounted disk, take and delete a snapshot, and unmount the disk",
    source,
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ size: "384M" })
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "one" })
      yield* ploop.resize({ disk, size: "256M" })
      yield* ploop.resize({ disk, size: "384M" })
      const id = yield* ploop.createSnapshot({ disk })
      yield* FileTree.write(target, { motd: "two" })
      yield* Check.fails(ploop.switchSnapshot({ disk, id }), "ImageInUse", { exitCode: 38 })
      yield* Check.equal(
        yield* ploop.deleteSnapshot({ disk, id }),
        { _tag: "MergedIntoChild", id, child: SnapshotId.top },
        "the outcome of the deletion"
      )
      yield* Check.equal(yield* FileTree.read(target), { motd: "two" }, "the files")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is mounted")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted after an unmount")
      yield* Check.fails(ploop.umount({ disk }), "NotMounted", { operation: "umount", subject: disk })
      yield* disks.holds(disk, { motd: "two" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "scenario/wrappers-replace-mounted",
    title: "MUST replace a delta below the top delta of a mounted disk, but not with keepName",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "one" })
      yield* ploop.createSnapshot({ disk })
      yield* FileTree.write(target, { motd: "two" })
      const copy = `${image}.new`
      yield* fs.copyFile(image, copy)
      yield* Check.fails(ploop.replace({ disk, file: image, with: copy, keepName: true }), "ImageInUse")
      yield* Check.equal(yield* fs.exists(copy), true, "whether the new file still exists")
      yield* ploop.replace({ disk, file: image, with: copy })
      yield* fs.remove(image)
      yield* Check.equal(yield* FileTree.read(target), { motd: "two" }, "the files")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "two" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "scenario/wrappers-idle",
    title: "MUST do the same with an idle disk: shrink, grow, shrink, snapshot, replace with keepName, switch, query",
    source,
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted({ size: "384M" })
      const { disk, image } = made
      yield* disks.write(disk, { motd: "one" })
      yield* ploop.resize({ disk, size: "256M", mode: "offline" })
      yield* ploop.resize({ disk, size: "512M", mode: "offline" })
      yield* ploop.resize({ disk, size: "256M", mode: "offline" })
      const id = yield* ploop.createSnapshot({ disk })
      yield* disks.write(disk, { motd: "two" })
      const copy = `${image}.new`
      yield* fs.copyFile(image, copy)
      yield* ploop.replace({ disk, file: image, with: copy, keepName: true })
      yield* ploop.switchSnapshot({ disk, id })
      const inside = yield* ploop.fileSystemInfo({ disk, mayMount: true })
      yield* Check.isTrue(inside.free > 0n && inside.free < inside.size, "some space is free", inside)
      yield* Check.isTrue(inside.size < MiB(256), "the file system is smaller than 256 MiB", inside.size)
      const info = yield* ploop.imageInfo({ disk })
      yield* Check.equal([info.size, info.clusterSize], [MiB(512), MiB(1)], "the sizes of disk and clusters")
      yield* disks.holds(disk, { motd: "one" }, "the files")
      yield* disks.hasNoStrayImages(made)
    })
  })
]
