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

/** Checks the size of a disk and the size in its descriptor. */
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
    needs: ["idleGrow"],
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
    title: "MUST grow only the top delta: switching to a snapshot restores the old size",
    source: Case.observed("grow with a snapshot below the top delta, then snapshot-switch"),
    needs: ["idleGrow"],
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
    title: "MUST grow an image file that is given by its path, and not change the descriptor",
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
    title: "MUST extend a raw image file, rounded up to blocks of 4 KiB",
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
    title: "MUST accept any size for an idle raw disk, and extend its file, rounded up to blocks of 4 KiB",
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
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, ByteSize.make(size + 512n), "the reported size")
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(size + 4096n), "the size of the file")
    })
  }),
  Case.make({
    id: "grow/raw-disk-with-a-snapshot",
    title: "MUST round the size up to whole clusters in a snapshot of a raw disk, and in the raw file after a merge",
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
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(MiB(11)), "the size of the file at the end")
    })
  }),
  Case.make({
    id: "grow/removes-what-was-left-aside",
    title: "MUST remove the leftover of an interrupted descriptor write, even when it fails",
    source: Case.source("lib/ploop.c ploop_grow_image"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const fs = yield* FileSystem.FileSystem
      const { disk } = yield* Conformance.disk()
      const aside = `${disk}.tmp`
      yield* fs.writeFileString(aside, "left by a crash")
      yield* Check.fails(low.grow({ disk, size: "4M" }), "SizeRefused")
      yield* Check.equal(yield* fs.exists(aside), false, "whether the leftover exists")
    })
  }),
  Case.make({
    id: "grow/to-the-same-size",
    title: "MUST do nothing when the disk already has the requested size",
    source: Case.observed("grow -s of the present size"),
    needs: ["idleGrow"],
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
    title: "MUST refuse a size smaller than the present one, and not change the disk or the descriptor",
    source: Case.observed("grow -s 4M of 8M: new size is less than the old size"),
    needs: ["idleGrow"],
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
    title: "MUST refuse a size that is not a multiple of the cluster, and not change the disk or the descriptor",
    source: Case.source("lib/ploop.c check_blockdev_size"),
    needs: ["idleGrow"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk({ clusterSize: "256K" })
      // Where the tool grows an idle disk through a device, it does not compare the size with the cluster.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 38, "7": undefined, "9": undefined })
      yield* Check.fails(low.grow({ disk, size: Number(MiB(9)) + 512 }), "SizeRefused", { exitCode })
      yield* hasSizes(disk, MiB(8), MiB(8))
      yield* low.grow({ disk, size: Number(MiB(9)) + 256 * 1024 })
      yield* Check.equal(yield* sizeOf(disk), ByteSize.KiB(9472), "the size of the disk at the end")
    })
  }),
  Case.make({
    id: "grow/of-a-running-disk",
    title: "MUST also grow the device of a running disk, given by disk or device, and keep its files",
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
      yield* Check.equal(yield* sizeOf(disk), MiB(340), "the size of the disk after an unmount")
      yield* disks.holds(disk, { motd: "kept" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "grow/running-refuses-less",
    title: "MUST refuse to shrink a running disk, or to grow it by a fraction of a cluster",
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
    title: "MUST refuse to grow a read-only device, and do nothing when it already has the requested size",
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
    title: "MUST set the empty flag of a small idle image when it grows, which a forced check repairs",
    source: Case.source("lib/ploop.c ploop_grow_delta_offline: it treats bytes as sectors"),
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
      yield* Check.equal(yield* snapshots.occupied(image), [1], "the blocks in it")
    })
  }),
  Case.make({
    id: "grow/dirty-image",
    title: "MUST refuse an image that was not closed cleanly, and not change it",
    source: Case.observed("grow of an image with its in-use flag set: Image is in use"),
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
    title: "MUST fail differently for a missing descriptor, a missing image and a missing device",
    source: Case.observed("grow with a missing descriptor, image and device"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const image = yield* Conformance.path("root.hdd")
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 39, "7": 39, "9": 4 })
      yield* Check.fails(low.grow({ disk, size: "16M" }), "DiskNotFound", { subject: disk, exitCode })
      yield* Check.fails(low.grow({ image, size: "16M" }), "ImageNotFound", { image })
      yield* Check.fails(low.grow({ device: disks.noDevice, size: "16M" }), "DeviceNotFound")
    })
  }),
  Case.make({
    id: "grow/raw-needs-an-image",
    title: "MUST refuse raw unless an image file is given, and name the option",
    source: Case.service("Request.Grow"),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(low.grow({ disk, raw: true, size: "16M" }), "InvalidArgument", { field: "raw" })
    })
  })
]
