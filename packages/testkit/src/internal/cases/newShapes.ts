import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"

const { MiB } = ByteSize

/** The label in the superblock of an ext4, which is at byte 1024 of the node. */
const labelOf = (node: string) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* (yield* FileSystem.FileSystem).open(node, { flag: "r" })
    const start = Option.getOrElse(yield* file.readAlloc(2048), () => new Uint8Array())
    return new TextDecoder().decode(start.subarray(1144, 1160)).replace(/\0.*$/s, "")
  }))

const shaped = { source: Case.source("tools/ploop.c plooptool_init: -L, -P, -S") } as const

export const newShapes: ReadonlyArray<Case.Case> = [
  Case.make({
    ...shaped,
    id: "create/labels-the-file-system",
    title: "MUST give the file system the label, also one that looks like an option, and none unless one is given",
    needs: ["mount"],
    run: Effect.gen(function*() {
      for (const label of ["-L $(x) 'a\" %", undefined]) {
        const { disk } = yield* Conformance.formatted({ name: `${label === undefined}`, label })
        yield* Effect.scoped(Effect.gen(function*() {
          const { device, partition } = yield* Ploop.mountScoped({ disk })
          yield* Check.equal(yield* labelOf(partition ?? device), label ?? "", "the label")
        }))
      }
    })
  }),
  Case.make({
    ...shaped,
    id: "create/makes-a-disk-without-a-partition-table",
    title: "MUST make a file system on the device itself, and report no partition of it",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ partition: false, label: "bare" })
      const { device, partition, target } = yield* Conformance.mounted(disk)
      yield* Check.equal(partition, undefined, "the partition of the mount")
      yield* Check.equal(
        Option.map(yield* ploop.deviceOf({ disk }), (attachment) => attachment.partition),
        Option.some(undefined),
        "the partition of the device"
      )
      yield* Check.equal(yield* labelOf(device), "bare", "the label on the device")
      yield* FileTree.write(target, { "etc/motd": "kept" })
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { "etc/": "", "etc/motd": "kept" }, "the files of the next mount")
    })
  }),
  Case.make({
    ...shaped,
    id: "create/uses-the-whole-disk-without-a-partition-table",
    title: "MUST use at least as much of the disk for files without a partition table as with one",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const sizeOf = (partition: boolean) =>
        Effect.gen(function*() {
          const { disk } = yield* Conformance.formatted({ name: `${partition}`, partition })
          return yield* Effect.scoped(Effect.gen(function*() {
            yield* Conformance.mounted(disk, { at: `mnt-${partition}` })
            return (yield* ploop.fileSystemInfo({ disk })).size
          }))
        })
      const [bare, partitioned] = [yield* sizeOf(false), yield* sizeOf(true)]
      yield* Check.isTrue(bare >= partitioned, "whether it is as large", [bare, partitioned])
    })
  }),
  Case.make({
    ...shaped,
    id: "create/grows-and-shrinks-without-a-partition-table",
    title:
      "MUST make a disk without a partition table that can be grown and, except on 1.15, shrunk, and keep its files",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ partition: false })
      yield* disks.write(disk, { motd: "kept" })
      const sizeAfter = (size: ByteSize.ByteSize) =>
        Effect.gen(function*() {
          yield* ploop.resize({ disk, size })
          return yield* disks.inside(disk, () => Effect.map(ploop.fileSystemInfo({ disk }), (found) => found.size))
        })
      const before = yield* disks.inside(disk, () => ploop.fileSystemInfo({ disk }))
      const grown = yield* sizeAfter(MiB(400))
      yield* Check.isTrue(grown > before.size, "whether it has grown", [before.size, grown])
      const shrinks = yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })
      if (!shrinks) {
        yield* Check.fails(ploop.resize({ disk, size: MiB(350) }), "DeviceFailed")
        return yield* disks.holds(disk, { motd: "kept" }, "the files")
      }
      const shrunk = yield* sizeAfter(MiB(350))
      yield* Check.isTrue(shrunk < grown, "whether it has shrunk", [grown, shrunk])
      yield* disks.holds(disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    ...shaped,
    id: "create/keeps-snapshots-without-a-partition-table",
    title: "MUST make a disk without a partition table whose snapshots can be mounted and gone back to",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ partition: false })
      yield* disks.write(disk, { motd: "before" })
      const id = yield* ploop.createSnapshot({ disk })
      yield* disks.write(disk, { motd: "after" })
      yield* disks.holds(disk, { motd: "before" }, "the snapshot", { snapshot: id })
      yield* ploop.switchSnapshot({ disk, id })
      yield* disks.holds(disk, { motd: "before" }, "the disk after the switch")
    })
  }),
  Case.make({
    ...shaped,
    id: "create/makes-a-sparse-raw-image",
    generations: ["7", "9"],
    title: "MUST make a sparse raw image of the full size that takes next to nothing of the host, and write others out",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const taken = (sparse: boolean) =>
        Effect.gen(function*() {
          const { image } = yield* Conformance.disk({ name: `${sparse}`, format: "raw", sparse })
          const { blocks, size } = yield* fs.stat(image)
          yield* Check.equal<bigint>(size, MiB(8), "the size of the file")
          return Option.getOrElse(blocks, () => -1) * 512
        })
      yield* Check.isTrue((yield* taken(true)) < 65536, "whether the sparse image takes less than 64 KiB")
      yield* Check.isTrue((yield* taken(false)) >= MiB(8), "whether the other image takes all")
    })
  }),
  Case.make({
    id: "create/refuses-a-sparse-image-that-the-tool-lacks",
    title: "MUST refuse a sparse raw image if the tool makes none, and leave nothing",
    source: Case.source("tools/ploop.c plooptool_init of 1.15"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const create = ploop.create({ image, size: "300M", fileSystem: "none", format: "raw", sparse: true })
      const { reason } = yield* Check.fails(create, "Unsupported", { instead: "Leave sparse out." })
      yield* Check.isTrue(reason.includes("which generations 7 and 9 have"), "who has it", reason)
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  })
]
