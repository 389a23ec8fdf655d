import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

/** Writes data that reaches the disk, and does not stay in a cache of the kernel. */
const writeThrough = (file: string, length: number) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const handle = yield* fs.open(file, { flag: "w" })
    yield* handle.writeAll(new Uint8Array(length).fill(1))
    yield* handle.sync
  }))

export const fileSystemInfo: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "fileSystemInfo/of-a-mounted-disk",
    title: "MUST return the current numbers of a mounted disk, which reflect writes",
    source: Case.source("lib/ploop.c ploop_get_info_by_descr"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      const before = yield* ploop.fileSystemInfo({ disk })
      yield* Check.equal(before.source, "mounted", "the source of the numbers")
      yield* Check.isTrue(
        before.size > 0n && before.size < Conformance.formattedSize,
        "whether it is smaller than the disk",
        before.size
      )
      yield* Check.isTrue(before.free > 0n && before.free <= before.size, "whether some is free", before.free)
      yield* Check.equal(
        before.inodes - before.freeInodes,
        12n,
        "the inodes of a new file system, including the balloon"
      )
      yield* writeThrough(path.join(target, "large"), 16 << 20)
      const after = yield* ploop.fileSystemInfo({ disk })
      yield* Check.equal(after.size, before.size, "the size after something was written")
      const taken = before.free - after.free
      yield* Check.isTrue(taken >= 16n << 20n && taken < 17n << 20n, "whether 16 MiB were taken", taken)
      yield* Check.equal(before.freeInodes - after.freeInodes, 1n, "the inodes that were taken")
      yield* Check.equal(after.inodes, before.inodes, "the number of inodes")
    })
  }),
  Case.make({
    id: "fileSystemInfo/keeps-the-numbers-of-the-last-umount",
    title:
      "MUST return the numbers of the last unmount by descriptor without a mount, and discard them at the next mount without a component",
    source: Case.observed("umount DiskDescriptor.xml writes .statfs"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* writeThrough(path.join(target, "a"), 4 << 20)
      const mounted = yield* ploop.fileSystemInfo({ disk })
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.fileSystemInfo({ disk }), { ...mounted, source: "cached" }, "the numbers")
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it was mounted for the result")
      yield* Conformance.mounted(disk, { component: "beside", readOnly: true })
      yield* ploop.umount({ disk, component: "beside" })
      yield* Check.equal(
        yield* ploop.fileSystemInfo({ disk }),
        { ...mounted, source: "cached" },
        "the numbers after a mount under another name"
      )
      yield* Conformance.mounted(disk)
      yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "mounted", "the source now")
    })
  }),
  Case.make({
    id: "fileSystemInfo/keeps-no-numbers-of-other-umounts",
    title: "MUST NOT cache numbers on an unmount by device or by mount point; generation 9 MUST cache them on any",
    source: Case.observed("umount -d and umount -m write no .statfs"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const caches = yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })
      const names: ReadonlyArray<(mounted: Result.Mounted) => Request.UmountOptions> = [
        ({ device }) => ({ device }),
        ({ target }) => ({ target: target ?? "" }),
        ...(caches ? [() => ({ disk })] : [])
      ]
      for (const name of names) {
        yield* ploop.umount(name(yield* Conformance.mounted(disk)))
        const info = ploop.fileSystemInfo({ disk })
        if (caches) yield* Check.equal((yield* info).source, "cached", "the source of the numbers")
        else yield* Check.fails(info, "ConsentRequired", { option: "mayMount" })
      }
    })
  }),
  Case.make({
    id: "fileSystemInfo/keeps-the-numbers-beside-the-image",
    title: "MUST store the numbers beside the base image, and read them beside the descriptor as it is given",
    source: Case.observed("info and umount with the descriptor in another directory, and through a link"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk, image } = yield* Conformance.formatted()
      const elsewhere = yield* Conformance.directory("elsewhere")
      const link = path.join(elsewhere, "linked.xml")
      yield* fs.symlink(disk, link)
      yield* Conformance.mounted(disk)
      yield* ploop.umount({ disk })
      yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", "the source of the numbers")
      yield* Check.fails(ploop.fileSystemInfo({ disk: link }), "ConsentRequired")
      const other = yield* ploop.restoreDescriptor({ image, directory: elsewhere })
      yield* Conformance.mounted(other)
      yield* ploop.umount({ disk: other })
      yield* Check.fails(ploop.fileSystemInfo({ disk: other }), "ConsentRequired")
      yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", "the source for the other disk")
    })
  }),
  Case.make({
    id: "fileSystemInfo/wants-consent-to-a-mount",
    title: "MUST refuse without consent when the result requires a mount, and change nothing",
    source: Case.service("Ploop.fileSystemInfo: the tool mounts the disk read-write"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      for (const mayMount of [undefined, false]) {
        const asked = ploop.fileSystemInfo({ disk, mayMount })
        yield* files.untouched(directory, Check.fails(asked, "ConsentRequired", { option: "mayMount" }))
      }
    })
  }),
  Case.make({
    id: "fileSystemInfo/mounts-for-a-moment",
    title: "MUST mount the disk for the result with consent, leave it idle, and keep its files",
    source: Case.source("lib/ploop.c auto_mount_image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "1" })
      const mounted = yield* ploop.fileSystemInfo({ disk })
      yield* ploop.umount({ target })
      // Generation 9 has kept the numbers.
      const source = yield* Conformance.ofGeneration({
        "1.15": "temporary-mount",
        "7": "temporary-mount",
        "9": "cached"
      })
      const found = yield* ploop.fileSystemInfo({ disk, mayMount: true })
      yield* Check.equal(
        { source: found.source, size: found.size, inodes: found.inodes, freeInodes: found.freeInodes },
        {
          source,
          size: mounted.size,
          inodes: mounted.inodes,
          freeInodes: mounted.freeInodes
        },
        "the result"
      )
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is still mounted")
      yield* Check.equal((yield* ploop.check({ image })).outcome, "clean", "the image")
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "fileSystemInfo/refuses-a-device-without-a-mount",
    title: "MUST refuse a disk that is attached but not mounted, with and without consent",
    source: Case.observed("info of an attached disk, exit code 1 or 15"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* ploop.mount({ disk })
      // Generation 1.15 exits with 1 and prints nothing, so there is no symbolic code.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": undefined, "7": 15, "9": 15 })
      yield* Check.fails(ploop.fileSystemInfo({ disk }), "NotMounted", { exitCode })
      yield* Check.fails(ploop.fileSystemInfo({ disk, mayMount: true }), "NotMounted", { exitCode })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the device still runs")
    })
  }),
  Case.make({
    id: "fileSystemInfo/refuses-a-disk-without-a-file-system",
    title: "MUST fail for a disk without a file system, and leave no device",
    source: Case.source("lib/ploop.c auto_mount_image"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.fileSystemInfo({ disk, mayMount: true }), "MountFailed")
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether a device is left running")
    })
  }),
  ...misnamed("fileSystemInfo", (ploop, disk) => ploop.fileSystemInfo({ disk, mayMount: true })),
  Case.make({
    id: "fileSystemInfo/leaves-the-directory-of-a-mount-that-failed",
    title:
      "MUST fail with the exit code of the tool for a disk without a file system, and leave only an empty directory",
    source: Case.observed("info of a disk without a file system: exit code 255, root.hdd.mnt"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* Check.fails(ploop.fileSystemInfo({ disk, mayMount: true }), "MountFailed", { exitCode: 255 })
      yield* Check.equal(yield* fs.readDirectory(`${image}.mnt`), [], "the directory")
      yield* Check.fails(ploop.fileSystemInfo({ disk, mayMount: true }), "MountFailed", { exitCode: 255 })
    })
  })
]
