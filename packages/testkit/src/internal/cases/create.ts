import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as files from "./diskFiles.js"

const { MiB } = ByteSize

/** A disk that requires no kernel driver, in an existing directory. */
const plain = { size: MiB(8), fileSystem: "none", version: 1 } as const

const ofNewDisk: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "create/answers-what-it-made",
    title: "MUST return the image, its format version, and the descriptor beside the image",
    source: Case.service("Ploop.create, Result.Created"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const created = yield* ploop.create({ image, ...plain })
      yield* Check.equal(
        { disk: `${created.disk}`, image: `${created.image}`, version: created.version },
        { disk: path.join(home, "DiskDescriptor.xml"), image, version: 1 },
        "the result"
      )
      yield* Check.equal(yield* files.names(home), ["DiskDescriptor.xml", "root.hdd"], "the files of the disk")
    })
  }),
  Case.make({
    id: "create/writes-a-descriptor",
    title: "MUST write a descriptor with one image, the top delta, which has no parent",
    source: Case.source("lib/ploop.c create_image, lib/xml.c ploop_store_diskdescriptor"),
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.disk()
      const { clusterSize, diskSize, images, preallocated, snapshots } = yield* files.descriptor(disk)
      yield* Check.equal(
        { clusterSize: `${clusterSize}`, diskSize, images, preallocated, snapshots },
        {
          clusterSize: `${MiB(1)}`,
          diskSize: MiB(8),
          images: [{ id: SnapshotId.top, type: "Compressed", file: "root.hdd" }],
          preallocated: false,
          snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
        },
        "the descriptor"
      )
    })
  }),
  Case.make({
    id: "create/gives-the-usual-geometry",
    title: "MUST write the geometry that follows from the size",
    source: Case.source("include/ploop1_image.h ConvertToCHS"),
    run: Effect.gen(function*() {
      for (const size of [MiB(1), MiB(10), MiB(600)]) {
        const { disk } = yield* Conformance.disk({ name: `of-${size}`, size })
        const { cylinders, heads, sectors } = yield* files.descriptor(disk)
        const expected = DiskDescriptor.geometry(size)
        yield* Check.equal(
          { cylinders, heads },
          { cylinders: expected.cylinders, heads: expected.heads },
          `the geometry of ${ByteSize.format(size)}`
        )
        yield* Check.equal(
          BigInt(sectors),
          ByteSize.toSectors(size) / BigInt(expected.cylinders * expected.heads),
          `the sectors in the geometry of ${ByteSize.format(size)}`
        )
      }
    })
  }),
  Case.make({
    id: "create/rounds-the-size-up",
    title: "MUST round the size up to whole clusters, in the image and the descriptor",
    source: Case.observed("init -s 1 gives 2048 sectors"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const sizes = [[512n, MiB(1)], [MiB(8), MiB(8)], [MiB(8) + 512n, MiB(9)]] as const
      for (const [size, rounded] of sizes) {
        const { disk } = yield* Conformance.disk({ name: `of-${size}`, size })
        yield* Check.equal((yield* ploop.imageInfo({ disk })).size, rounded, `the size that ${size} bytes give`)
        yield* Check.equal((yield* files.descriptor(disk)).diskSize, rounded, `the size in the descriptor`)
      }
    })
  }),
  Case.make({
    id: "create/takes-every-cluster-size",
    title: "MUST accept clusters from 32 KiB to 64 MiB, and round the size up to them",
    source: Case.manual("init, -b"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const clusterSize of ["32K", "256K", "64M"]) {
        const { disk } = yield* Conformance.disk({ name: `of-${clusterSize}`, size: MiB(3) + 512n, clusterSize })
        const info = yield* ploop.imageInfo({ disk })
        const cluster = ByteSize.make(clusterSize)
        yield* Check.equal(BigInt(info.clusterSize), cluster, "the cluster size")
        yield* Check.equal(BigInt((yield* files.descriptor(disk)).clusterSize), cluster, "that in the descriptor")
        yield* Check.equal(
          info.size,
          ByteSize.make((MiB(3) / cluster + 1n) * cluster),
          `the size in clusters of ${clusterSize}`
        )
      }
    })
  }),
  Case.make({
    id: "create/expanded-is-thin",
    title: "MUST create an image smaller than the disk, unless another format is requested",
    source: Case.manual("init, -f"),
    run: Effect.gen(function*() {
      const { image } = yield* Conformance.disk({ size: MiB(64) })
      const size = yield* files.sizeOf(image)
      yield* Check.isTrue(size <= MiB(1), "whether an empty image takes one cluster at most", size)
    })
  }),
  Case.make({
    id: "create/preallocated-has-its-size",
    title: "MUST allocate space for the whole disk in a preallocated image, and record it in the descriptor",
    source: Case.manual("init, -f"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ format: "preallocated" })
      yield* Check.equal(yield* files.sizeOf(image), MiB(9), "the size of the image file, its header included")
      const { images, preallocated } = yield* files.descriptor(disk)
      yield* Check.equal(preallocated, true, "preallocated in the descriptor")
      yield* Check.equal(images.map(({ type }) => type), ["Compressed"], "the type of the image")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, MiB(8), "the size of the disk")
    })
  }),
  Case.make({
    id: "create/raw-has-no-header",
    title: "MUST create a raw image as large as the disk, without a header and so without a version",
    source: Case.manual("init, -f"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const { disk, image, version } = yield* ploop.create({
        image: path.join(home, "root.raw"),
        size: MiB(8),
        format: "raw",
        fileSystem: "none"
      })
      yield* Check.equal(version, undefined, "the version in the result")
      yield* Check.equal(yield* files.sizeOf(image), MiB(8), "the size of the image file")
      yield* Check.equal(yield* files.versionOf(image), undefined, "the version in a header")
      yield* Check.equal((yield* files.descriptor(disk)).images.map(({ type }) => type), ["Plain"], "the type")
      yield* Check.equal(yield* ploop.imageInfo({ disk }), {
        size: MiB(8),
        clusterSize: (yield* files.descriptor(disk)).clusterSize
      }, "the size and the format of the disk")
    })
  }),
  Case.make({
    id: "create/makes-the-version-asked-for",
    title:
      "MUST create format version 2, or refuse with PrerequisiteMissing and leave nothing if the host does not support it",
    source: Case.source("lib/ploop.c ploop_create_image, check_and_update_params"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const create = ploop.create({ ...plain, image: path.join(home, "root.hdd"), version: 2 })
      if ((yield* Conformance.Conformance).capabilities.has("version2")) {
        const { image, version } = yield* create
        yield* Check.equal(version, 2, "the version in the result")
        yield* Check.equal(yield* files.versionOf(image), 2, "the version in the header")
      } else {
        yield* Check.fails(create, "PrerequisiteMissing")
        yield* Check.equal(yield* files.names(home), [], "what is left")
      }
    })
  }),
  Case.make({
    id: "create/chooses-a-version",
    title: "MUST choose a format version that the host supports by default, and return it",
    source: Case.source("lib/ploop.c ploop_create_image, ploop_fmt_version"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { capabilities } = yield* Conformance.Conformance
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const { version } = yield* ploop.create({ image, size: MiB(8), fileSystem: "none" })
      yield* Check.equal(yield* files.versionOf(image), version, "the version in the header")
      yield* Check.isTrue(version === 1 || capabilities.has("version2"), "whether the host supports it", version)
    })
  }),
  Case.make({
    id: "create/takes-any-name",
    title: "MUST accept names with spaces, leading dashes, letters of any script and the special characters of XML",
    source: Case.service("Ploop.create"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { capabilities } = yield* Conformance.Conformance
      for (const [index, image] of ["-v 1", "two  blanks.hdd", "größe-大.img", "a&b<c>'\"$(d)"].entries()) {
        const made = yield* Conformance.disk({ name: `-t x ${index}`, image })
        const tree = yield* ploop.listSnapshots({ disk: made.disk })
        yield* Check.equal(tree.nodes.map(({ file }) => file), [image], "the name in the descriptor")
        yield* Check.equal((yield* ploop.imageInfo({ disk: made.disk })).size, MiB(8), "the size of the disk")
        yield* ploop.createSnapshot({ disk: made.disk, id: Conformance.ids.a })
        yield* ploop.switchSnapshot({ disk: made.disk, id: Conformance.ids.a })
        yield* ploop.mergeSnapshots({ disk: made.disk })
        yield* Check.equal(yield* ploop.topDelta({ disk: made.disk }), made.image, "the top delta")
        if (!capabilities.has("device")) continue
        const { device } = yield* ploop.mount({ disk: made.disk })
        const images = (yield* ploop.listDevices).filter((other) => other.device === device).map(({ image }) => image)
        yield* Check.equal(images, [made.image], "the image of the device")
        yield* ploop.umount({ device })
      }
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "create/refuses-an-existing-image",
    title: "MUST refuse a file that already exists, and not touch it",
    source: Case.service("Ploop.create: the tool of generation 1.15 deletes it"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      yield* fs.writeFileString(image, "precious")
      yield* files.untouched(home, Check.fails(ploop.create({ image, ...plain }), "AlreadyExists", { path: image }))
    })
  }),
  Case.make({
    id: "create/refuses-a-second-disk-in-a-directory",
    title:
      "MUST refuse a directory that contains a descriptor or its image, name the existing file, and not change the disk",
    source: Case.observed("init: Can't create DiskDescriptor.xml: File exists"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { directory, disk, image } = yield* Conformance.disk()
      const second = ploop.create({ image: path.join(directory, "second.hdd"), ...plain })
      yield* files.untouched(directory, Check.fails(second, "AlreadyExists", { path: disk }))
      yield* files.untouched(
        directory,
        Check.fails(ploop.create({ image, ...plain }), "AlreadyExists", { path: image })
      )
    })
  }),
  Case.make({
    id: "create/refuses-a-missing-directory",
    title: "MUST refuse an image in a missing directory, and not create the directory",
    source: Case.observed("init into a missing directory"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const home = yield* Conformance.path("nowhere")
      const image = yield* Conformance.path("nowhere", "root.hdd")
      yield* Check.fails(ploop.create({ image, ...plain }), "DirectoryNotFound", { directory: home })
      yield* Check.equal(yield* (yield* FileSystem.FileSystem).exists(home), false, "whether the directory was created")
    })
  }),
  Case.make({
    id: "create/refuses-broken-options",
    title: "MUST refuse options that break a rule, name the option, and start nothing",
    source: Case.service("Request.Create"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const broken = [
        ["size", { size: 0 }],
        ["size", { size: "1000" }],
        ["size", { size: "2T" }],
        ["image", { image: path.join(home, "root.xml") }],
        ["clusterSize", { clusterSize: "96K" }],
        ["clusterSize", { clusterSize: "128M" }],
        ["lazy", { lazy: false }],
        ["label", { label: "root" }],
        ["label", { fileSystem: "ext4", label: "" }],
        ["label", { fileSystem: "ext4", label: "seventeen-letters" }],
        ["label", { fileSystem: "ext4", label: "größe" }],
        ["label", { fileSystem: "ext4", label: "root " }],
        ["partition", { partition: false }],
        ["sparse", { sparse: true }],
        ["sparse", { format: "preallocated", sparse: true }],
        ["fileSystemBlockSize", { fileSystem: "ext4", fileSystemBlockSize: "8K" }]
      ] as const
      for (const [field, options] of broken) {
        yield* Check.fails(ploop.create({ image, ...plain, ...options }), "InvalidArgument", { field })
      }
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  }),
  Case.make({
    id: "create/refuses-a-disk-too-small-for-a-file-system",
    title: "MUST refuse a file system in a disk of two clusters or less, and leave nothing",
    source: Case.source("lib/ploop.c ploop_create_image: Image size should be greater than"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const create = ploop.create({ image: path.join(home, "root.hdd"), size: MiB(2), fileSystem: "ext4" })
      yield* Check.fails(create, "SizeRefused")
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  }),
  Case.make({
    id: "create/refuses-a-file-system-that-could-not-be-mounted",
    title: "MUST refuse a file system in an image of version 1 or a raw one on generation 9, and leave nothing",
    source: Case.observed(
      "init -v 1 and init -f raw on the driver of generation 9: reload ioctl failed, Unknown error 524"
    ),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      for (const options of [{ version: 1 }, { format: "raw" }] as const) {
        yield* Check.fails(ploop.create({ image, size: Conformance.formattedSize, ...options }), "Unsupported")
        yield* Check.equal(yield* files.names(home), [], "what is left")
      }
    })
  }),
  Case.make({
    id: "create/refuses-a-disk-too-large-for-a-file-system",
    title: "MUST refuse a file system in a disk beyond 16 TiB (1.15) or 50 TiB (7, 9), and leave nothing",
    source: Case.source("lib/ploop.c check_size, get_max_ploop_size"),
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const size = yield* Conformance.ofGeneration({ "1.15": "17T", "7": "51T", "9": "51T" })
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const create = ploop.create({ image, size, version: 2 })
      yield* Check.fails(create, "SizeRefused")
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  })
]

const withFileSystem: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "create/makes-a-file-system",
    title: "MUST create an empty ext4 by default, or refuse and leave nothing if there is no kernel driver",
    source: Case.manual("init, -t"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { capabilities } = yield* Conformance.Conformance
      const home = yield* Conformance.directory("disk")
      const create = ploop.create({ image: path.join(home, "root.hdd"), size: Conformance.formattedSize })
      if (!capabilities.has("device")) {
        yield* Check.fails(create, "PrerequisiteMissing")
        return yield* Check.equal(yield* files.names(home), [], "what is left")
      }
      const { disk } = yield* create
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether a device is left running")
      yield* Check.equal(yield* files.names(home), ["DiskDescriptor.xml", "root.hdd"], "the files of the disk")
      if (!capabilities.has("mount")) return
      const { target } = yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), {}, "the files")
    })
  }),
  Case.make({
    id: "create/makes-an-ext3",
    title: "MUST create an ext3 on request, which can be mounted as ext3",
    source: Case.manual("init, -t"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted({ fileSystem: "ext3" })
      const { target } = yield* Conformance.mounted(disk, { fileSystem: "ext3" })
      yield* FileTree.write(target, { "hello": "ext3" })
      yield* Check.equal(yield* FileTree.read(target), { "hello": "ext3" }, "what was written")
    })
  }),
  Case.make({
    id: "create/refuses-ext3-where-it-would-be-xfs",
    title: "MUST refuse ext3 if the tool would create XFS instead, and leave nothing",
    source: Case.source("lib/fsutils.c make_fs of generation 9"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      yield* Check.fails(
        ploop.create({ image, size: Conformance.formattedSize, fileSystem: "ext3" }),
        "Unsupported"
      )
      yield* Check.equal(yield* files.names(home), [], "what is left")
    })
  }),
  Case.make({
    id: "create/makes-blocks-of-the-size-asked-for",
    title: "MUST create a file system with the requested block size, 4 KiB by default",
    source: Case.manual("init, -B"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const fileSystemBlockSize of [undefined, "1K"]) {
        const name = fileSystemBlockSize ?? "usual"
        const { disk } = yield* Conformance.formatted({ name, fileSystemBlockSize })
        yield* Conformance.mounted(disk, { at: `mnt-${name}` })
        const { blockSize } = yield* ploop.fileSystemInfo({ disk })
        yield* Check.equal(blockSize, ByteSize.make(fileSystemBlockSize ?? "4K"), `the block size, ${name}`)
      }
    })
  }),
  Case.make({
    id: "create/makes-the-same-file-system-when-not-lazy",
    title: "MUST create the same file system without lazy initialization, and write at least as much of it",
    source: Case.manual("init, -n"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const make = (name: string, lazy: boolean) =>
        Effect.gen(function*() {
          const { disk, image } = yield* Conformance.formatted({ name, lazy, clusterSize: "64K" })
          const size = yield* files.sizeOf(image)
          yield* Conformance.mounted(disk, { at: `mnt-${name}` })
          const { inodes } = yield* ploop.fileSystemInfo({ disk })
          return { size, inodes }
        })
      const lazy = yield* make("lazy", true)
      const eager = yield* make("eager", false)
      yield* Check.isTrue(eager.size >= lazy.size, "whether at least as much was written", [eager.size, lazy.size])
      yield* Check.equal(eager.inodes, lazy.inodes, "the number of inodes")
    })
  }),
  Case.make({
    id: "create/carries-a-file-system-in-every-format",
    title: "MUST create a working file system in preallocated images too, and in raw ones except on generation 9",
    source: Case.manual("init, -f"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const mountsRaw = yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })
      for (const format of mountsRaw ? ["raw", "preallocated"] as const : ["preallocated"] as const) {
        const { disk } = yield* Conformance.formatted({ name: format, format })
        const { target } = yield* Conformance.mounted(disk, { at: `mnt-${format}` })
        yield* FileTree.write(target, { "etc/motd": format })
        yield* ploop.umount({ disk })
        yield* Conformance.mounted(disk, { at: `mnt-${format}` })
        yield* Check.equal(
          yield* FileTree.read(target),
          { "etc/": "", "etc/motd": format },
          `the files of the ${format} image`
        )
      }
    })
  }),
  Case.make({
    id: "create/leaves-nothing-when-the-file-system-cannot-be-made",
    title: "MUST leave neither files nor a device behind when creating the file system fails",
    source: Case.observed("init of 64 MiB: mkfs refuses the journal of 128 MiB that the tool asks for"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      yield* Check.fails(ploop.create({ image, size: MiB(64) }), "FileSystemMakeFailed", { exitCode: 24 })
      yield* Check.equal(yield* files.names(home), [], "what is left")
      const devices = yield* ploop.listDevices
      yield* Check.equal(devices.filter((device) => device.image === image), [], "the devices that are left")
    })
  })
]

export const create: ReadonlyArray<Case.Case> = [...ofNewDisk, ...refusals, ...withFileSystem]
