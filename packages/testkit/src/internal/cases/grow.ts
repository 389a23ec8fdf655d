import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as disks from "./disks.js"
import * as snapshots from "./snapshotUtils.js"

const { a } = Conformance.ids

const MiB = ByteSize.MiB

const sizeOf = (disk: Conformance.TestDisk["disk"]) =>
  Effect.map(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.imageInfo({ disk })), ({ size }) => size)

/** The size of a disk and that in its descriptor are these. */
const hasSizes = (disk: Conformance.TestDisk["disk"], size: ByteSize.ByteSize, described: ByteSize.ByteSize) =>
  Effect.gen(function*() {
    yield* Check.equal(yield* sizeOf(disk), size, "the size of the disk")
    yield* Check.equal((yield* disks.descriptor(disk)).diskSize, described, "the size in the descriptor")
  })

export const grow: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "grow/disk",
    title: "MUST grow an idle disk: its top delta and its descriptor",
    source: Case.manual("grow"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* low.grow({ disk, size: "12M" })
      yield* hasSizes(disk, MiB(12), MiB(12))
      const { cylinders, heads, sectors } = yield* disks.descriptor(disk)
      yield* Check.equal(
        BigInt(cylinders * heads * sectors),
        ByteSize.toSectors(MiB(12)),
        "the product of the geometry"
      )
    })
  }),
  Case.make({
    id: "grow/top-delta-only",
    title: "MUST grow the top delta alone: going back to a snapshot brings its size back",
    source: Case.observed("grow with a snapshot below the top delta, then snapshot-switch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* low.grow({ disk, size: "16M" })
      yield* hasSizes(disk, MiB(16), MiB(16))
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* hasSizes(disk, MiB(8), MiB(16))
      yield* low.grow({ disk, size: "12M" })
      yield* hasSizes(disk, MiB(12), MiB(12))
    })
  }),
  Case.make({
    id: "grow/image",
    title: "MUST grow an image file named by itself, and leave the descriptor alone",
    source: Case.manual("grow"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      yield* low.grow({ image, size: "10M" })
      yield* hasSizes(disk, MiB(10), MiB(8))
    })
  }),
  Case.make({
    id: "grow/raw-image",
    title: "MUST make a raw image file longer, up to whole blocks of 4 KiB",
    source: Case.source("lib/ploop.c ploop_grow_raw_delta_offline"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const fs = yield* FileSystem.FileSystem
      const { image } = yield* Conformance.disk({ format: "raw" })
      yield* low.grow({ image, raw: true, size: "9M" })
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(MiB(9)), "the size of the file")
      yield* low.grow({ image, raw: true, size: Number(MiB(9)) + 512 })
      yield* Check.equal(
        (yield* fs.stat(image)).size,
        FileSystem.Size(MiB(9) + 4096n),
        "the size of the file after that"
      )
    })
  }),
  Case.make({
    id: "grow/raw-disk",
    title: "MUST take any size for an idle raw disk, and make its file longer, up to whole blocks of 4 KiB",
    source: Case.observed("grow -s 10244K, and -s 10245s after that, of a raw disk with clusters of 1 MiB"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk({ format: "raw" })
      const size = ByteSize.KiB(10_244)
      yield* low.grow({ disk, size })
      yield* hasSizes(disk, size, size)
      yield* low.grow({ disk, size: Number(size) + 512 })
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, ByteSize.make(size + 512n), "the size that is told")
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(size + 4096n), "the size of the file")
    })
  }),
  Case.make({
    id: "grow/raw-disk-with-a-snapshot",
    title: "MUST let a snapshot of a raw disk have whole clusters, and the raw file as well when it is merged",
    source: Case.observed("grow -s 10244K, snapshot, snapshot-delete of a raw disk with clusters of 1 MiB"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk({ format: "raw" })
      yield* low.grow({ disk, size: ByteSize.KiB(10_244) })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* Check.equal(yield* sizeOf(disk), MiB(11), "the size of the disk with a snapshot")
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(MiB(11)), "the size of the file in the end")
    })
  }),
  Case.make({
    id: "grow/removes-what-was-left-aside",
    title: "MUST remove a descriptor that something else left aside, also when it fails",
    source: Case.source("lib/ploop.c ploop_grow_image"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const fs = yield* FileSystem.FileSystem
      const { disk } = yield* Conformance.disk()
      const aside = `${disk}.tmp`
      yield* fs.writeFileString(aside, "left by a crash")
      yield* Check.fails(low.grow({ disk, size: "4M" }), "SizeRefused")
      yield* Check.equal(yield* fs.exists(aside), false, "whether something lies beside the descriptor")
    })
  }),
  Case.make({
    id: "grow/to-the-same-size",
    title: "MUST do nothing when the disk has that size already",
    source: Case.observed("grow -s of the present size"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const before = yield* disks.descriptor(disk)
      yield* low.grow({ disk, size: "8M" })
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
      yield* Check.equal(yield* sizeOf(disk), MiB(8), "the size of the disk")
    })
  }),
  Case.make({
    id: "grow/refuses-less",
    title: "MUST refuse a size that is less than now, and leave disk and descriptor as they are",
    source: Case.observed("grow -s 4M of 8M: new size is less than the old size"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const made = yield* Conformance.disk()
      const { disk, image } = made
      yield* Check.fails(low.grow({ disk, size: "4M" }), "SizeRefused", { operation: "grow", subject: disk })
      yield* Check.fails(low.grow({ image, size: "4M" }), "SizeRefused", { subject: image })
      yield* hasSizes(disk, MiB(8), MiB(8))
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "grow/refuses-parts-of-clusters",
    title: "MUST refuse a size that is no multiple of the cluster, and leave disk and descriptor as they are",
    source: Case.source("lib/ploop.c check_blockdev_size"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk({ clusterSize: "256K" })
      yield* Check.fails(low.grow({ disk, size: Number(MiB(9)) + 512 }), "SizeRefused", { exitCode: 38 })
      yield* hasSizes(disk, MiB(8), MiB(8))
      yield* low.grow({ disk, size: Number(MiB(9)) + 256 * 1024 })
      yield* Check.equal(yield* sizeOf(disk), ByteSize.KiB(9472), "the size of the disk in the end")
    })
  }),
  Case.make({
    id: "grow/of-a-running-disk",
    title: "MUST grow the device of a running disk as well, named by disk or device, and keep its files",
    source: Case.manual("grow"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      const { size } = yield* ploop.fileSystemInfo({ disk })
      yield* low.grow({ disk, size: "320M" })
      yield* hasSizes(disk, MiB(320), MiB(320))
      yield* low.grow({ device, size: "340M" })
      yield* hasSizes(disk, MiB(340), MiB(320))
      yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).size, size, "the size of the file system")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* sizeOf(disk), MiB(340), "the size of the disk after a umount")
      yield* disks.holds(disk, { motd: "kept" }, "the files after a umount")
    })
  }),
  Case.make({
    id: "grow/running-refuses-less",
    title: "MUST refuse to make a running disk smaller, or larger by parts of a cluster",
    source: Case.source("lib/ploop.c ploop_grow_device"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.grow({ disk, size: "4M" }), "SizeRefused")
      yield* Check.fails(low.grow({ device, size: "4M" }), "SizeRefused")
      yield* Check.fails(low.grow({ disk, size: Number(MiB(9)) + 512 }), "SizeRefused", { exitCode: undefined })
      yield* hasSizes(disk, MiB(8), MiB(8))
    })
  }),
  Case.make({
    id: "grow/of-a-read-only-device",
    title: "MUST refuse to grow a device that is read-only, and do nothing when it has that size already",
    source: Case.source("lib/ploop.c ploop_grow_device"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* disks.attached(disk, { readOnly: true })
      yield* Check.fails(low.grow({ disk, size: "16M" }), "PermissionDenied")
      yield* low.grow({ disk, size: "8M" })
      yield* hasSizes(disk, MiB(8), MiB(8))
    })
  }),
  Case.make({
    id: "grow/calls-small-images-empty",
    title: "MUST mark an idle image of few clusters as empty when it grows, which a forced check mends",
    source: Case.source("lib/ploop.c ploop_grow_delta_offline: it takes bytes for sectors"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      yield* snapshots.occupy(image, 1)
      const check = Effect.map(ploop.check({ image, force: true }), ({ outcome }) => outcome)
      yield* Check.equal(yield* check, "clean", "the image before")
      yield* low.grow({ disk, size: "16M" })
      yield* Check.equal(yield* check, "repaired", "the image that grew")
      yield* Check.equal(yield* snapshots.occupied(image), [1], "what is in it")
    })
  }),
  Case.make({
    id: "grow/dirty-image",
    title: "MUST refuse an image that was not closed cleanly, and leave it so",
    source: Case.observed("grow of an image marked as in use: Image is in use"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      yield* Check.fails(low.grow({ disk, size: "16M" }), "ImageDirty", { image })
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(8), "the size in the descriptor")
    })
  }),
  Case.make({
    id: "grow/unknown-names",
    title: "MUST tell a missing descriptor, a missing image and a missing device apart",
    source: Case.observed("grow with names of nothing"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const image = yield* Conformance.path("root.hdd")
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 39, "7": 4, "9": 4 })
      yield* Check.fails(low.grow({ disk, size: "16M" }), "DiskNotFound", { subject: disk, exitCode })
      yield* Check.fails(low.grow({ image, size: "16M" }), "ImageNotFound", { image })
      yield* Check.fails(low.grow({ device: disks.noDevice, size: "16M" }), "DeviceNotFound")
    })
  }),
  Case.make({
    id: "grow/raw-needs-an-image",
    title: "MUST refuse raw for what is not named by its image file, and name the option",
    source: Case.service("Request.Grow"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(low.grow({ disk, raw: true, size: "16M" }), "InvalidArgument", { field: "raw" })
    })
  })
]
