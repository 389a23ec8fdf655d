import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"

const { MiB } = ByteSize

const xfs = { fileSystem: "xfs" } as const

/** A disk with an XFS, which is not made in less than 300 MiB. */
const disk = Conformance.formatted({ ...xfs, size: MiB(400) })

const made = {
  source: Case.observed("generation 9 on a disk with XFS"),
  needs: ["mount", "xfs"],
  generations: ["9"]
} as const

export const xfsCases: ReadonlyArray<Case.Case> = [
  Case.make({
    ...made,
    id: "create/makes-xfs",
    title: "MUST make an XFS that keeps files from mount to mount, and has blocks of 4 KiB",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(own, xfs)
        yield* FileTree.write(target, { "etc/motd": "kept", link: "-> etc" })
        const { blockSize, freeInodes, inodes } = yield* ploop.fileSystemInfo({ disk: own })
        yield* Check.equal(blockSize, ByteSize.KiB(4), "the block size")
        yield* Check.isTrue(freeInodes < inodes, "whether some inodes are in use", [freeInodes, inodes])
      }))
      yield* disks.holds(own, { "etc/": "", "etc/motd": "kept", link: "-> etc" }, "the files of the next mount", xfs)
    })
  }),
  Case.make({
    ...made,
    id: "create/refuses-an-xfs-in-a-small-disk",
    title: "MUST report that an XFS cannot be made in a disk of less than 300 MiB, and leave nothing",
    source: Case.observed("mkfs.xfs: Filesystem must be larger than 300MB"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const home = yield* Conformance.directory("small")
      const image = (yield* Path.Path).join(home, "root.hdd")
      yield* Check.fails(ploop.create({ image, size: MiB(200), ...xfs }), "FileSystemMakeFailed", { exitCode: 24 })
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  }),
  Case.make({
    ...made,
    id: "mount/refuses-ext4-where-there-is-xfs",
    title: "MUST refuse to mount an XFS as ext4, and leave no device",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      const target = yield* Conformance.directory("mnt")
      yield* Check.fails(ploop.mount({ disk: own, target }), "MountFailed")
      yield* Check.equal(yield* ploop.attachments({ disk: own }), [], "the devices")
    })
  }),
  Case.make({
    id: "mount/refuses-to-check-xfs",
    title: "MUST refuse to check an XFS before the mount, because the tool would discard its log",
    source: Case.source("lib/fsutils.c fsck_xfs of generation 9: xfs_repair -L"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* Conformance.disk()
      const refused = yield* Check.fails(ploop.mount({ disk: own, ...xfs, fsck: true }), "InvalidArgument", {
        field: "fsck"
      })
      yield* Check.isTrue(refused.rule.includes("discard its log"), "the rule", refused.rule)
    })
  }),
  Case.make({
    ...made,
    id: "resize/grows-xfs",
    title: "MUST grow an XFS of an idle disk, and keep its files",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      const size = disks.inside(own, () => Effect.map(ploop.fileSystemInfo({ disk: own }), (info) => info.size), xfs)
      yield* disks.inside(own, (target) => FileTree.write(target, { motd: "kept" }), xfs)
      const before = yield* size
      yield* ploop.resize({ disk: own, size: MiB(500) })
      yield* Check.equal(yield* size, ByteSize.make(before + MiB(100)), "the size of the file system")
      yield* disks.holds(own, { motd: "kept" }, "the files", xfs)
    })
  }),
  Case.make({
    ...made,
    id: "resize/shrinks-xfs-by-its-balloon",
    title:
      "MUST shrink an XFS, mounted or not, by the balloon: the file system keeps its size, and files get less of it",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      const seen = Effect.gen(function*() {
        const { size } = yield* ploop.fileSystemInfo({ disk: own })
        const balloon = yield* ploop.balloonStatus({ disk: own })
        return { size, left: ByteSize.make(size - balloon.size) }
      })
      const before = yield* disks.inside(
        own,
        (target) => Effect.zipRight(FileTree.write(target, { motd: "" }), seen),
        xfs
      )
      yield* ploop.resize({ disk: own, size: MiB(350) })
      const idle = yield* disks.inside(own, () => seen, xfs)
      const mounted = yield* disks.inside(
        own,
        () => Effect.zipRight(ploop.resize({ disk: own, size: MiB(300) }), seen),
        xfs
      )
      for (const [{ left, size }, most] of [[idle, MiB(350)], [mounted, MiB(300)]] as const) {
        yield* Check.equal(size, before.size, "the size of the file system")
        yield* Check.isTrue(left <= most, "whether files get no more", [left, most])
      }
      yield* disks.holds(own, { motd: "" }, "the files", xfs)
    })
  }),
  Case.make({
    ...made,
    id: "resize/refuses-to-shrink-xfs-below-its-files",
    title: "MUST refuse to shrink a mounted XFS to less than its files take, and change nothing",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      yield* disks.inside(own, (target) =>
        Effect.gen(function*() {
          yield* disks.fill((yield* Path.Path).join(target, "filler"), MiB(150))
          yield* Check.fails(ploop.resize({ disk: own, size: MiB(150) }), "SizeRefused")
          yield* Check.equal((yield* ploop.balloonStatus({ disk: own })).size, ByteSize.make(0n), "the balloon")
        }), xfs)
    })
  }),
  Case.make({
    ...made,
    id: "sizeLimits/of-an-xfs",
    title: "MUST know a least size of a mounted XFS, to which it can be shrunk, and none of an idle one",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: own } = yield* disk
      const idle = yield* ploop.sizeLimits({ disk: own, mayMount: true })
      yield* Check.equal(idle.minimum, undefined, "the least size of the idle disk")
      yield* disks.inside(own, () =>
        Effect.gen(function*() {
          const { minimum } = yield* ploop.sizeLimits({ disk: own })
          yield* Check.different(minimum, undefined, "the least size")
          yield* ploop.resize({ disk: own, size: minimum ?? 0 })
        }), xfs)
    })
  }),
  Case.make({
    id: "create/refuses-xfs-where-the-tool-makes-none",
    title: "MUST refuse XFS if the tool makes none, say which generation does, and leave nothing",
    source: Case.source("tools/ploop.c plooptool_init of 1.15 and 7"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const home = yield* Conformance.directory("none")
      const image = (yield* Path.Path).join(home, "root.hdd")
      const { reason } = yield* Check.fails(ploop.create({ image, size: MiB(400), ...xfs }), "Unsupported", {
        instead: "Choose the file system ext4."
      })
      yield* Check.isTrue(reason.includes("which generation 9 does"), "which generation does", reason)
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  })
]
