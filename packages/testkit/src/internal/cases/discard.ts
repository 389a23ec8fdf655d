import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const MiB = ByteSize.MiB

/** A mounted disk from which a file of 48 MiB has been removed. */
const withHole = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const { disk, image } = yield* Conformance.formatted()
  const { device, target } = yield* Conformance.mounted(disk)
  yield* FileTree.write(target, { motd: "kept" })
  yield* disks.fillAndRemove(target, MiB(48))
  const size = Effect.map(fs.stat(image), ({ size }) => size)
  return { disk, device, target, size }
})

export const discard: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "discard/gives-space-back",
    title: "MUST give the space of deleted files back to the host, say how much, and keep the other files",
    source: Case.manual("balloon discard"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, size, target } = yield* withHole
      const before = yield* size
      const { truncated } = yield* ploop.discard({ disk })
      yield* Check.isTrue(truncated >= MiB(40), "40 MiB or more were given back", truncated)
      const after = yield* size
      yield* Check.isTrue(before - after >= MiB(40), "the image file has become less by 40 MiB or more", before - after)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "kept" }, "the files after a umount")
    })
  }),
  Case.make({
    id: "discard/by-device-and-target",
    title: "MUST take a device or a mount point for a name, and find nothing the second time",
    source: Case.manual("balloon discard"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { device, target } = yield* withHole
      const first = yield* ploop.discard({ device })
      yield* Check.isTrue(first.truncated > 0n, "the first gives space back", first.truncated)
      const second = yield* ploop.discard({ target })
      yield* Check.isTrue(second.truncated < MiB(4), "the second gives next to nothing back", second.truncated)
    })
  }),
  Case.make({
    id: "discard/min-block",
    title: "MUST leave free extents alone that are smaller than minBlock",
    source: Case.manual("balloon discard --min-block"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      for (let index = 0; index < 24; index++) yield* disks.fill(path.join(target, `file ${index}`), MiB(2))
      for (let index = 1; index < 24; index += 2) yield* fs.remove(path.join(target, `file ${index}`))
      yield* disks.synced(target)
      const coarse = yield* ploop.discard({ disk, minBlock: "16M" })
      yield* Check.isTrue(coarse.truncated < MiB(6), "next to nothing was given back", coarse.truncated)
      const fine = yield* ploop.discard({ disk, minBlock: "1M" })
      yield* Check.isTrue(fine.truncated >= MiB(8), "8 MiB or more were given back", fine.truncated)
    })
  }),
  Case.make({
    id: "discard/min-block-too-large",
    title: "MUST refuse a minBlock larger than a block group, name the option, and keep the files",
    source: Case.observed("balloon discard --min-block 280M: Can't trim file system"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      yield* Check.fails(ploop.discard({ disk, minBlock: "280M" }), "InvalidArgument", { field: "minBlock" })
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      const { truncated } = yield* ploop.discard({ disk })
      yield* Check.isTrue(truncated > 0n, "a discard without it works", truncated)
    })
  }),
  Case.make({
    id: "discard/to-free",
    title: "MUST go on until as much was given back as asked for, if there is so much",
    source: Case.manual("balloon discard --to-free"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const toFree = ByteSize.make("8704K")
      const { truncated } = yield* ploop.discard({ disk, toFree })
      yield* Check.isTrue(truncated >= toFree, "8 MiB and a half or more were given back", truncated)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/to-free-less-than-a-cluster",
    title: "MUST refuse to free less than a cluster, and name the option",
    source: Case.source("lib/balloon.c do_ploop_discard"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* Check.fails(ploop.discard({ disk, toFree: "512K" }), "InvalidArgument", { field: "toFree" })
    })
  }),
  Case.make({
    id: "discard/automount",
    title: "MUST mount an idle disk for the time of it when told so, and leave it idle",
    source: Case.manual("balloon discard --automount"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* withHole
      yield* ploop.umount({ disk })
      const { truncated } = yield* ploop.discard({ disk, automount: true })
      yield* Check.isTrue(truncated >= MiB(40), "40 MiB or more were given back", truncated)
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is still attached")
      // It is umounted as by its descriptor, which keeps the numbers.
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })) {
        yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", "where the numbers are from")
      }
      yield* disks.holds(disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/automount-of-a-mounted-disk",
    title: "MUST take a mounted disk as it is when it may mount, and leave it mounted",
    source: Case.manual("balloon discard --automount"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const { truncated } = yield* ploop.discard({ disk, automount: true })
      yield* Check.isTrue(truncated >= MiB(40), "40 MiB or more were given back", truncated)
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is still attached")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/defrag",
    title: "MUST keep the files when it moves data together first",
    source: Case.manual("balloon discard --defrag"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const { truncated } = yield* ploop.discard({ disk, defrag: true })
      yield* Check.isTrue(truncated > 0n, "space was given back", truncated)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/idle-disk",
    title: "MUST say that a disk is not mounted when it may not mount it",
    source: Case.observed("balloon discard on a disk without a device"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.discard({ disk }), "NotMounted", { operation: "discard", subject: disk })
    })
  }),
  Case.make({
    id: "discard/unknown-names",
    title: "MUST tell a missing descriptor, a missing device and a directory that is no mount point apart",
    source: Case.observed("balloon discard with names of nothing"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const target = yield* Conformance.directory("mnt")
      yield* Check.fails(ploop.discard({ disk }), "DiskNotFound")
      yield* Check.fails(ploop.discard({ disk, automount: true }), "DiskNotFound")
      yield* Check.fails(ploop.discard({ device: disks.noDevice }), "DeviceNotFound", { exitCode: 1 })
      yield* Check.fails(ploop.discard({ target }), "NotMounted")
    })
  }),
  Case.make({
    id: "discard/options-of-a-disk",
    title: "MUST refuse to mount or defragment what is named by a device, and name the option",
    source: Case.service("Request.Discard"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(ploop.discard({ device: disks.noDevice, automount: true }), "InvalidArgument", {
        field: "automount"
      })
      yield* Check.fails(ploop.discard({ device: disks.noDevice, defrag: true }), "InvalidArgument", {
        field: "defrag"
      })
    })
  })
]
