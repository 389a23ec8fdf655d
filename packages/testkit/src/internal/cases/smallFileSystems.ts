import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { DevicePath, PartitionPath } from "@effect-ploop/core/DevicePath"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"

const { MiB } = ByteSize

const superblockAt = 1024

/** What the superblock of an ext file system on a node says. */
const shapeOf = (node: DevicePath | PartitionPath) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* (yield* FileSystem.FileSystem).open(node, { flag: "r" })
    const start = Option.getOrElse(yield* file.readAlloc(2048), () => new Uint8Array(2048))
    const view = new DataView(start.buffer, start.byteOffset)
    return {
      journal: ByteSize.make(view.getUint32(superblockAt + 332, true)),
      reserved: view.getUint16(superblockAt + 206, true)
    }
  }))

/** The shape of the file system of an idle disk. */
const shape = (disk: Request.MountOptions["disk"]) =>
  Effect.scoped(
    Effect.flatMap(Ploop.mountScoped({ disk }), ({ device, partition }) => shapeOf(partition ?? device))
  )

/** Everything that makes a disk take little. */
const small = { clusterSize: "64K", partition: false, journalSize: "4M", growsTo: "64M", size: "64M" } as const

const source = Case.service("Ploop.create")

/** What a file takes of the host, in bytes: the driver may make it longer than that. */
const allocated = (file: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(file)),
    ({ blocks }) => Option.getOrElse(blocks, () => -1) * 512
  )

const leftOf = (image: string, home: string) =>
  Effect.gen(function*() {
    const devices = yield* (yield* Ploop.Ploop).listDevices
    yield* Check.equal(yield* files.names(home), [], "what is left")
    yield* Check.equal(devices.filter((device) => device.image === image), [], "the devices that are left")
  })

const tree = { "etc/": "", "etc/motd": "kept" }

export const smallFileSystems: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "create/makes-the-journal-of-the-size-asked-for",
    title: "MUST make a journal of the requested size, 128 MiB by default, in a partition or on the device",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const made = [
        ["128M", {}],
        ["4M", { journalSize: "4M" }],
        ["6M", { journalSize: "6M", partition: false, clusterSize: "64K" }],
        ["1M", { journalSize: "1M", fileSystemBlockSize: "1K" }]
      ] as const
      for (const [journal, options] of made) {
        const { disk } = yield* Conformance.formatted({ name: `disk-${journal}`, ...options })
        yield* Check.equal((yield* shape(disk)).journal, ByteSize.make(journal), `the journal of ${journal}`)
        yield* disks.write(disk, tree)
        yield* disks.holds(disk, tree, "the files")
      }
    })
  }),
  Case.make({
    id: "create/reserves-what-growing-needs",
    title: "MUST reserve less of a file system the less it is to grow, and grow it to that size while it is mounted",
    source,
    needs: ["mount", "onlineGrow"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk: usual } = yield* Conformance.formatted({ name: "usual" })
      const { disk } = yield* Conformance.formatted({ name: "small", growsTo: "600M" })
      const [most, least] = [(yield* shape(usual)).reserved, (yield* shape(disk)).reserved]
      yield* Check.isTrue(least > 0 && least < 8, "the reserved blocks are few", least)
      yield* Check.isTrue(most > 500, "the usual ones are many", most)
      yield* disks.write(disk, tree)
      yield* disks.inside(disk, () =>
        Effect.gen(function*() {
          const before = yield* ploop.fileSystemInfo({ disk })
          yield* ploop.resize({ disk, size: "600M" })
          const { size } = yield* ploop.fileSystemInfo({ disk })
          yield* Check.isTrue(size > before.size + MiB(250), "the file system has grown", [before.size, size])
        }))
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "create/makes-small-disks-with-a-small-journal",
    title: "MUST make a file system in a disk that has no room for the usual journal, with a small one",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      for (const [name, options] of [["bare", small], ["partitioned", { ...small, partition: true }]] as const) {
        const { disk } = yield* Conformance.formatted({ name, ...options })
        yield* disks.write(disk, tree)
        yield* disks.holds(disk, tree, `the files of the ${name} disk`)
      }
    })
  }),
  Case.make({
    id: "create/takes-little",
    title: "MUST take less of the host for a disk with a small journal and little room to grow",
    source,
    needs: ["mount"],
    // The driver of 9 lets a file grow in steps of 128 MiB.
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const taken = (name: string, options: Partial<Request.CreateOptions>) =>
        Effect.flatMap(
          Conformance.formatted({ name, clusterSize: "64K", ...options }),
          ({ image }) => allocated(image)
        )
      const usual = yield* taken("usual", {})
      const little = yield* taken("little", { partition: false, journalSize: "4M", growsTo: Conformance.formattedSize })
      yield* Check.isTrue(little < usual, "it takes less", [little, usual])
    })
  }),
  Case.make({
    id: "create/makes-no-balloon",
    title: "MUST make no file for the balloon on request, and then fail as the tool does to mount it, or to resize it",
    source: Case.source("lib/ploop.c ploop_mount_fs: need_balloon"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk } = yield* Conformance.formatted({ balloon: false })
      const mounts = yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })
      if (!mounts) {
        const target = yield* Conformance.directory("mnt")
        yield* Check.fails(ploop.mount({ disk, target }), "MountFailed")
        yield* ploop.mount({ disk })
        return yield* ploop.umount({ disk })
      }
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(disk)
        yield* Check.equal(yield* fs.readDirectory(target), ["lost+found"], "what the file system has")
        yield* Check.fails(ploop.balloonStatus({ disk }), "DeviceFailed", { exitCode: 3 })
      }))
      for (const size of ["400M", "200M"]) {
        yield* Check.fails(ploop.resize({ disk, size }), "DeviceFailed", { exitCode: 3 })
      }
    })
  }),
  Case.make({
    id: "create/makes-the-balloon-beside-a-small-journal",
    title: "MUST make a balloon that can be inflated, also in a file system with a small journal",
    source,
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ journalSize: "4M" })
      yield* disks.inside(disk, () =>
        Effect.gen(function*() {
          yield* ploop.balloonChange({ disk, size: "16M" })
          yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(16), "the balloon")
        }))
    })
  }),
  Case.make({
    id: "create/leaves-nothing-when-the-journal-is-too-large",
    title: "MUST fail when the journal is too large for the disk, and leave neither files nor a device",
    source: Case.observed("mkfs.ext4: Total journal size too big for filesystem"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      for (const partition of [true, false]) {
        const home = yield* Conformance.directory(`${partition}`)
        const image = path.join(home, "root.hdd")
        const create = ploop.create({ image, size: "64M", journalSize: "60M", growsTo: "64M", partition })
        yield* Check.fails(create, "FileSystemMakeFailed")
        yield* leftOf(image, home)
      }
    })
  }),
  Case.make({
    id: "create/refuses-small-file-systems-without-a-driver",
    title: "MUST refuse a file system with a small journal where there is no kernel driver, and leave nothing",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { capabilities } = yield* Conformance.Conformance
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      if (capabilities.has("device")) return
      yield* Check.fails(ploop.create({ image, ...small }), "PrerequisiteMissing")
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  }),
  Case.make({
    id: "create/refuses-broken-shapes",
    title: "MUST refuse a journal, a growth or a balloon that mkfs would refuse, or that another file system lacks",
    source: Case.observed("mkfs.ext4: the journal must be between 1024 and 10240000 filesystem blocks"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const broken = [
        ["journalSize", { journalSize: 0 }],
        ["journalSize", { journalSize: "3M" }],
        ["journalSize", { journalSize: "4100K" }],
        ["journalSize", { journalSize: "40001M" }],
        ["journalSize", { journalSize: "10001M", fileSystemBlockSize: "1K" }],
        ["journalSize", { journalSize: "1M", fileSystemBlockSize: "2K" }],
        ["journalSize", { journalSize: "4M", fileSystem: "none" }],
        ["journalSize", { journalSize: "4M", fileSystem: "xfs" }],
        ["growsTo", { growsTo: "299M" }],
        ["growsTo", { growsTo: "1G", fileSystem: "none" }],
        ["growsTo", { growsTo: "1G", fileSystem: "xfs" }],
        ["balloon", { balloon: false, fileSystem: "none" }],
        ["balloon", { balloon: false, fileSystem: "xfs" }]
      ] as const
      for (const [field, options] of broken) {
        yield* Check.fails(ploop.create({ image, size: "300M", ...options }), "InvalidArgument", { field })
      }
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  })
]
