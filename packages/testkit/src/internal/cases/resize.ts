import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const { a } = Conformance.ids

const MiB = ByteSize.MiB

const tree = { "etc/": "", "etc/motd": "kept" }

/** The size of the file system, mounted for the query if necessary. */
const sizeInside = (disk: Disk) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.fileSystemInfo({ disk, mayMount: true })),
    ({ size }) => size
  )

const sizeOf = (disk: Disk) =>
  Effect.map(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.imageInfo({ disk })), ({ size }) => size)

const isIdle = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is still attached")
  })

export const resize: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "resize/grows-an-idle-disk",
    title: "MUST grow an idle disk and its file system, keep its files, and leave it idle",
    source: Case.manual("resize"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "400M" })
      yield* isIdle(disk)
      yield* Check.fails(ploop.fileSystemInfo({ disk }), "ConsentRequired")
      yield* Check.equal(yield* sizeOf(disk), MiB(400), "the size of the disk")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(400), "the size in the descriptor")
      const after = yield* sizeInside(disk)
      yield* Check.isTrue(after > before + MiB(80), "the file system gained at least 80 MiB", after - before)
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/grows-a-mounted-disk",
    title: "MUST grow a mounted disk and its file system, with its files in place",
    source: Case.manual("resize"),
    needs: ["mount", "onlineGrow"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, tree)
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "400M", mode: "online" })
      yield* Check.equal(yield* sizeOf(disk), MiB(400), "the size of the disk")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(400), "the size in the descriptor")
      const after = yield* sizeInside(disk)
      yield* Check.isTrue(after > before + MiB(80), "the file system gained at least 80 MiB", after - before)
      yield* Check.equal(yield* FileTree.read(target), tree, "the files")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, tree, "the files after an unmount")
    })
  }),
  Case.make({
    id: "resize/gives-the-file-system-what-the-disk-gains",
    title: "MUST grow the file system by as much as the disk",
    source: Case.observed("resize -s 310M of 300M, which needs no further block group"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "310M" })
      yield* Check.equal((yield* sizeInside(disk)) - before, 10n << 20n, "the growth of the file system")
    })
  }),
  Case.make({
    id: "resize/rounds-up-to-clusters",
    title: "MUST round a size up to whole clusters",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* ploop.resize({ disk, size: Number(MiB(310)) + 512 })
      yield* Check.equal(yield* sizeOf(disk), MiB(311), "the size of the disk")
    })
  }),
  Case.make({
    id: "resize/shrinks-the-file-system-of-an-idle-disk",
    title: "MUST shrink the file system of an idle disk, and keep its files and the size of the disk",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "250M" })
      yield* isIdle(disk)
      const after = yield* sizeInside(disk)
      yield* Check.isTrue(after < before - MiB(40), "the file system lost at least 40 MiB", before - after)
      yield* Check.equal(yield* sizeOf(disk), Conformance.formattedSize, "the size of the disk")
      yield* Check.equal(
        (yield* disks.descriptor(disk)).diskSize,
        Conformance.formattedSize,
        "the size in the descriptor"
      )
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/grows-back-within-the-disk",
    title: "MUST grow the file system of an idle disk back after a shrink",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* ploop.resize({ disk, size: "250M" })
      const small = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "300M" })
      const large = yield* sizeInside(disk)
      yield* Check.isTrue(large > small + MiB(40), "the file system gained at least 40 MiB", large - small)
      yield* Check.equal(yield* sizeOf(disk), Conformance.formattedSize, "the size of the disk")
    })
  }),
  Case.make({
    id: "resize/leaves-four-clusters",
    title:
      "MUST keep four clusters of an idle disk outside the file system, where create keeps two: a resize to the present" +
      " size shrinks the file system by two clusters",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: Conformance.formattedSize })
      yield* Check.equal(before - (yield* sizeInside(disk)), MiB(2), "the shrinkage of the file system")
    })
  }),
  Case.make({
    id: "resize/shrinks-a-mounted-disk-by-its-balloon",
    title: "MUST shrink the file system of a mounted disk with the balloon, and grow it back",
    source: Case.source("lib/ploop.c ploop_resize_image, lib/balloon.c"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, tree)
      const before = yield* ploop.fileSystemInfo({ disk })
      yield* ploop.resize({ disk, size: "250M", mode: "online" })
      const { size: balloon } = yield* ploop.balloonStatus({ disk })
      // Generation 7 takes less by the size of the inodes, and 9 a share in proportion to what files can have.
      const least = yield* Conformance.ofGeneration({ "1.15": MiB(40), "7": MiB(20), "9": MiB(20) })
      yield* Check.isTrue(balloon > least && balloon <= MiB(52), "the balloon holds up to 52 MiB", balloon)
      const after = yield* ploop.fileSystemInfo({ disk })
      yield* Check.isTrue(after.free <= before.free - balloon, "the space of the balloon is not free", after.free)
      yield* Check.equal(yield* sizeOf(disk), Conformance.formattedSize, "the size of the disk")
      yield* Check.equal(yield* FileTree.read(target), tree, "the files")
      yield* ploop.resize({ disk, size: "300M", mode: "online" })
      const { size: left } = yield* ploop.balloonStatus({ disk })
      yield* Check.isTrue(left < MiB(10), "the balloon holds less than 10 MiB", left)
    })
  }),
  Case.make({
    id: "resize/attached-only",
    title: "MUST resize a disk that is only attached as a running one, and leave it only attached",
    source: Case.source("lib/ploop.c ploop_resize_image auto_mount_fs"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const before = yield* sizeInside(disk)
      const device = yield* disks.attached(disk)
      yield* ploop.resize({ disk, size: "250M", mode: "online" })
      const found = (yield* ploop.listDevices).find((other) => other.device === device)
      yield* Check.equal([found?.device, found?.target], [device, undefined], "what is listed")
      yield* ploop.umount({ disk })
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })) {
        const balloon = yield* disks.inside(disk, () => ploop.balloonStatus({ disk }))
        yield* Check.isTrue(balloon.size > MiB(40), "the balloon holds more than 40 MiB", balloon.size)
      } else {
        const after = yield* sizeInside(disk)
        yield* Check.isTrue(after < before - MiB(40), "the file system lost at least 40 MiB", before - after)
      }
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/shrinks-an-idle-disk-by-its-balloon",
    title: "MUST shrink an idle disk by its balloon when it is asked to, grow it back, and leave it idle",
    source: Case.source("tools/ploop.c plooptool_resize -o, lib/ploop.c ploop_resize_image of 7 and 9"),
    needs: ["mount", "balloon"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      yield* ploop.resize({ disk, size: "200M", mode: "offline", balloon: true })
      yield* isIdle(disk)
      yield* Check.equal(yield* sizeOf(disk), Conformance.formattedSize, "the size of the disk")
      yield* Check.fails(ploop.fileSystemInfo({ disk }), "ConsentRequired")
      const { size: shrunk } = yield* disks.inside(disk, () => ploop.balloonStatus({ disk }))
      yield* Check.isTrue(shrunk > MiB(40) && shrunk <= MiB(102), "the balloon holds 40 to 102 MiB", shrunk)
      yield* ploop.resize({ disk, size: "300M", balloon: true })
      const { size: left } = yield* disks.inside(disk, () => ploop.balloonStatus({ disk }))
      yield* Check.isTrue(left < MiB(10), "the balloon holds less than 10 MiB", left)
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/shrinks-a-running-disk-by-its-balloon",
    title: "MUST shrink a mounted disk, and one that is only attached, by the balloon when it is asked to",
    source: Case.source("tools/ploop.c plooptool_resize -o, lib/ploop.c ploop_resize_image of 7 and 9"),
    needs: ["mount", "balloon"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const device = yield* disks.attached(disk)
      yield* ploop.resize({ disk, size: "200M", mode: "online", balloon: true })
      const found = (yield* ploop.listDevices).find((other) => other.device === device)
      yield* Check.equal([found?.device, found?.target], [device, undefined], "what is listed")
      yield* ploop.umount({ disk })
      const { target } = yield* Conformance.mounted(disk)
      const { size: attached } = yield* ploop.balloonStatus({ disk })
      yield* Check.isTrue(attached > MiB(40), "the balloon holds more than 40 MiB", attached)
      yield* ploop.resize({ disk, size: "280M", balloon: true })
      const { size: mounted } = yield* ploop.balloonStatus({ disk })
      yield* Check.isTrue(mounted < attached, "the balloon holds less after the disk grew", mounted)
      yield* Check.equal(yield* FileTree.read(target), tree, "the files")
    })
  }),
  Case.make({
    id: "resize/by-balloon-refuses-less-than-the-data",
    title: "MUST report that the balloon of an idle disk cannot take what its data needs, and the minimum",
    source: Case.source("lib/ploop.c ploop_resize_image of 7 and 9: available_balloon_size"),
    needs: ["mount", "balloon"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const { minimum } = yield* Check.fails(ploop.resize({ disk, size: "64M", balloon: true }), "SizeRefused")
      yield* Check.isTrue(
        minimum !== undefined && minimum > MiB(64) && minimum < Conformance.formattedSize,
        "the smallest size is between that and the size of the disk",
        minimum
      )
      yield* isIdle(disk)
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/refuses-the-balloon-of-an-idle-disk",
    title: "MUST refuse to resize with the balloon where the tool cannot choose it",
    source: Case.source("tools/ploop.c plooptool_resize of 1.15, which has no -o"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.resize({ disk, size: "4M", balloon: true }), "Unsupported", {
        operation: "resize",
        subject: disk
      })
    })
  }),
  Case.make({
    id: "resize/deflates-the-balloon-of-an-idle-disk",
    title: "MUST empty the balloon when it resizes the file system of an idle disk",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const target = yield* Conformance.directory("mnt")
      for (const wanted of ["280M", "400M"]) {
        yield* Ploop.withMount({ disk, target }, () => ploop.balloonChange({ disk, size: "20M" }))
        yield* ploop.resize({ disk, size: wanted, mode: "offline" })
        const { size } = yield* Ploop.withMount({ disk, target }, () => ploop.balloonStatus({ disk }))
        yield* Check.equal(size, MiB(0), `the size of the balloon after a resize to ${wanted}`)
      }
    })
  }),
  Case.make({
    id: "resize/raw-grows",
    title: "MUST grow a raw disk: its file, its descriptor and its file system",
    source: Case.manual("resize"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "350M" })
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(350), "the size in the descriptor")
      const after = yield* sizeInside(disk)
      yield* Check.isTrue(after > before + MiB(40), "the file system gained at least 40 MiB", after - before)
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/raw-idle-refuses-less",
    title: "MUST refuse to shrink an idle raw disk if the tool would damage it, and touch nothing",
    source: Case.source("lib/ploop.c ploop_raw_discard, lib/gpt.c update_gpt_partition"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk({ format: "raw" })
      yield* Check.fails(ploop.resize({ disk, size: "7M" }), "Unsupported", { operation: "resize", subject: disk })
      yield* Check.fails(ploop.resize({ disk, size: "8M" }), "Unsupported")
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(MiB(8)), "the size of the image file")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(8), "the size in the descriptor")
    })
  }),
  Case.make({
    id: "resize/raw-is-not-broken",
    title: "MUST NOT leave an idle raw disk unmountable after a shrink",
    source: Case.source("lib/ploop.c ploop_raw_discard, lib/gpt.c update_gpt_partition"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      yield* Check.fails(ploop.resize({ disk, size: "250M" }), "Unsupported")
      yield* disks.holds(disk, tree, "the files")
      yield* ploop.resize({ disk, size: "350M" })
      yield* disks.holds(disk, tree, "the files after a growth")
    })
  }),
  Case.make({
    id: "resize/raw-attached-refuses-less",
    title:
      "MUST refuse to shrink a raw disk that is only attached where the tool resizes it as an idle one, and keep its files",
    source: Case.source("lib/ploop.c ploop_resize_image: offline_resize, ploop_raw_discard"),
    needs: ["mount"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      const device = yield* disks.attached(disk)
      yield* Check.fails(ploop.resize({ disk, size: "250M" }), "Unsupported", { operation: "resize", subject: disk })
      yield* Check.equal((yield* ploop.listDevices).some((other) => other.device === device), true, "the device runs")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/raw-with-a-snapshot-takes-less",
    title: "MUST shrink the file system of an idle raw disk that has a delta above it, and keep its files",
    source: Case.observed("resize -s 250M of an idle raw disk of 300 MiB with a snapshot"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "250M" })
      const after = yield* sizeInside(disk)
      yield* Check.isTrue(after < before - MiB(40), "the file system lost at least 40 MiB", before - after)
      yield* disks.holds(disk, tree, "the files")
      yield* disks.holds(disk, tree, "the files in the snapshot", { snapshot: a })
    })
  }),
  Case.make({
    id: "resize/gives-space-back",
    title: "MUST return the space behind the end of the file system to the host when an idle disk shrinks",
    source: Case.source("lib/ploop.c shrink_device: BLKDISCARD behind the end"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      // The file systems of generations 7 and 9 have less room for files.
      const filled = yield* Conformance.ofGeneration({ "1.15": MiB(140), "7": MiB(130), "9": MiB(130) })
      yield* disks.inside(disk, (target) => disks.fillAndRemove(target, filled))
      const before = yield* disks.allocated(image)
      yield* ploop.resize({ disk, size: "220M" })
      const after = yield* disks.allocated(image)
      yield* Check.isTrue(before - after >= MiB(16), "the image file lost at least 16 MiB", before - after)
    })
  }),
  Case.make({
    id: "resize/keeps-the-size-of-snapshots",
    title: "MUST resize a disk with snapshots, and not change their sizes and files",
    source: Case.observed("resize with a snapshot below the top delta"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* sizeInside(disk)
      yield* ploop.resize({ disk, size: "400M" })
      yield* Check.equal(yield* sizeOf(disk), MiB(400), "the size of the disk")
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal(yield* sizeOf(disk), Conformance.formattedSize, "the size after going back")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, MiB(400), "the size in the descriptor")
      yield* Check.equal(yield* sizeInside(disk), before, "the size of the file system after going back")
      yield* disks.holds(disk, tree, "the files after going back")
    })
  }),
  Case.make({
    id: "resize/online-needs-a-mount",
    title: "MUST refuse mode online for a disk that is not mounted, and change nothing",
    source: Case.service("Request.Resize"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const before = yield* disks.descriptor(disk)
      yield* Check.fails(ploop.resize({ disk, size: "16M", mode: "online" }), "NotMounted", {
        operation: "resize",
        subject: disk
      })
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
    })
  }),
  Case.make({
    id: "resize/offline-refuses-a-running-disk",
    title: "MUST refuse mode offline while a device of the disk is running, and name the device",
    source: Case.service("Request.Resize"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device } = yield* Conformance.mounted(disk)
      yield* Check.fails(ploop.resize({ disk, size: "250M", mode: "offline" }), "AlreadyMounted", { device })
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(0), "the size of the balloon")
    })
  }),
  Case.make({
    id: "resize/refuses-four-clusters",
    title: "MUST refuse a size of four clusters or less, and not change the disk or the file system",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const before = yield* sizeInside(disk)
      yield* Check.fails(ploop.resize({ disk, size: "4M" }), "SizeRefused", { operation: "resize" })
      yield* isIdle(disk)
      yield* Check.equal(yield* sizeInside(disk), before, "the size of the file system")
      yield* Conformance.mounted(disk)
      yield* Check.fails(ploop.resize({ disk, size: "4M" }), "SizeRefused")
    })
  }),
  Case.make({
    id: "resize/idle-refuses-less-than-the-data",
    title: "MUST fail when the file system of an idle disk cannot shrink so far, and leave it intact and idle",
    source: Case.observed("resize -s 64M: resize2fs refuses, exit code 26"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const before = yield* sizeInside(disk)
      yield* Check.fails(ploop.resize({ disk, size: "64M" }), "FileSystemResizeFailed", { exitCode: 26 })
      yield* isIdle(disk)
      // The resize mounted it, which removed the cached numbers of the last unmount.
      yield* Check.fails(ploop.fileSystemInfo({ disk }), "ConsentRequired")
      yield* Check.equal(yield* sizeInside(disk), before, "the size of the file system")
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "resize/mounted-refuses-less-than-the-data",
    title:
      "MUST refuse a size too small for the data of a mounted disk, report the minimum, and not change the balloon",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, tree)
      const { minimum } = yield* Check.fails(ploop.resize({ disk, size: "64M" }), "SizeRefused")
      yield* Check.isTrue(
        minimum !== undefined && minimum > MiB(64) && minimum < Conformance.formattedSize,
        "the smallest size is between that and the size of the disk",
        minimum
      )
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(0), "the size of the balloon")
      yield* Check.equal(yield* FileTree.read(target), tree, "the files")
    })
  }),
  Case.make({
    id: "resize/refuses-more-than-the-largest",
    title: "MUST refuse a size beyond the limit for disks with a file system, and leave the disk idle and unchanged",
    source: Case.source("lib/ploop.c check_size"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const size = yield* Conformance.ofGeneration({ "1.15": "17T", "7": "51T", "9": "51T" })
      yield* Check.fails(ploop.resize({ disk, size }), "SizeRefused", { exitCode: 38 })
      yield* isIdle(disk)
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, Conformance.formattedSize, "the size of the disk")
    })
  }),
  Case.make({
    id: "resize/needs-a-file-system",
    title: "MUST fail on a disk without a file system, and leave it idle and at its size",
    source: Case.observed("resize of a disk made with -t none"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.resize({ disk, size: "16M" }), "MountFailed")
      yield* isIdle(disk)
      yield* Check.equal(yield* sizeOf(disk), MiB(8), "the size of the disk")
    })
  }),
  Case.make({
    id: "resize/refuses-parts-of-sectors",
    title: "MUST refuse a size that is not a multiple of 512 bytes, name the option, and touch nothing",
    source: Case.service("Request.Resize"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const before = yield* disks.descriptor(disk)
      yield* Check.fails(ploop.resize({ disk, size: 16_000_001 }), "InvalidArgument", { field: "size" })
      yield* Check.fails(ploop.resize({ disk, size: 0 }), "InvalidArgument", { field: "size" })
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
    })
  }),
  Case.make({
    id: "resize/unknown-disk",
    title: "MUST report a missing descriptor",
    source: Case.observed("resize of a missing DiskDescriptor.xml"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      yield* Check.fails(ploop.resize({ disk, size: "16M" }), "DiskNotFound", { operation: "resize", subject: disk })
    })
  }),
  Case.make({
    id: "resize/grow-read-only",
    title: "MUST refuse to grow a disk that is mounted read-only, and not change its size or its descriptor",
    source: Case.observed("resize of a disk that is mounted read-only: PLOOP_IOC_GROW: Read-only file system"),
    needs: ["mount"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk, { readOnly: true })
      const before = yield* disks.descriptor(disk)
      yield* Check.fails(ploop.resize({ disk, size: "400M" }), "PermissionDenied", { exitCode: 3 })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, Conformance.formattedSize, "the size")
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
    })
  }),
  Case.make({
    id: "resize/refused-leaves-the-numbers",
    title:
      "MUST cache the numbers of the file system when it refuses a size of an idle disk, which it mounted for that",
    source: Case.observed("resize -s 20T and -s 3M of an idle disk: .statfs"),
    needs: ["mount"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const size of ["20T", "3M"]) {
        const { disk } = yield* Conformance.formatted({ name: size, version: 1 })
        yield* Check.fails(ploop.resize({ disk, size }), "SizeRefused")
        yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", `the source after ${size}`)
        yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted")
      }
    })
  })
]
