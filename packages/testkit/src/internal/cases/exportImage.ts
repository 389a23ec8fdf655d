import * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import { allocated, digest, disk, exported, imported, paint, painted, withQemu } from "./exchange.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, unknown } = Conformance.ids

const source = Case.service("Ploop.exportImage")

/** A disk with the snapshot `a`; the base has the clusters 0 and 2, and the top delta 2 and 7. */
const layered = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const of = yield* disk(options)
    yield* paint(of.image, 0, 0x11)
    yield* paint(of.image, 2, 0x12)
    yield* ploop.createSnapshot({ disk: of.disk, id: a })
    const top = yield* ploop.topDelta({ disk: of.disk })
    yield* paint(top, 2, 0x22)
    yield* paint(top, 7, 0x27)
    return of
  })

const refuses = (
  id: Case.Case["id"],
  title: string,
  tag: OperationError.ExportImageError["_tag"],
  prepare: (of: Conformance.TestDisk) => Effect.Effect<
    Partial<Request.ExportImageOptions> | void,
    Case.Failure,
    Case.Services | Conformance.Conformance
  >
) =>
  Case.make({
    id,
    title,
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const of = yield* disk()
      const directory = yield* Conformance.directory("out")
      const file = yield* Conformance.path("out", "file")
      const given = yield* prepare(of)
      const before = yield* fs.readDirectory(directory)
      const call = ploop.exportImage({ disk: of.disk, file, ...given })
      yield* files.untouched(of.directory, Check.fails(call, tag))
      yield* Check.equal(yield* fs.readDirectory(directory), before, "the files of the directory")
    })
  })

const contents: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "exportImage/has-the-size",
    title: "MUST write a raw file of the size of the disk, also when nothing was written to it",
    source,
    run: Effect.gen(function*() {
      const of = yield* disk()
      const { file, size } = yield* files.untouched(of.directory, exported(of.disk))
      yield* Check.equal(size, ByteSize.MiB(8), "the size in the result")
      yield* Check.equal(yield* files.sizeOf(file), ByteSize.MiB(8), "the size of the file")
      yield* Check.equal(yield* painted(file), {}, "what is in it")
    })
  }),
  Case.make({
    id: "exportImage/has-the-topmost-clusters",
    title: "MUST take each cluster from the topmost image that has it",
    source,
    run: Effect.gen(function*() {
      const of = yield* layered()
      const { file } = yield* files.untouched(of.directory, exported(of.disk))
      yield* Check.equal(yield* painted(file), { 0: 0x11, 2: 0x22, 7: 0x27 }, "the clusters")
    })
  }),
  Case.make({
    id: "exportImage/of-version-2",
    title: "MUST read images of format version 2, which counts clusters",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const of = yield* layered({ version: 2 })
      const { file } = yield* exported(of.disk)
      yield* Check.equal(yield* painted(file), { 0: 0x11, 2: 0x22, 7: 0x27 }, "the clusters")
    })
  }),
  Case.make({
    id: "exportImage/of-a-snapshot",
    title: "MUST export the state of a snapshot, without what was written since",
    source,
    run: Effect.gen(function*() {
      const of = yield* layered()
      const { file } = yield* exported(of.disk, { snapshot: a })
      yield* Check.equal(yield* painted(file), { 0: 0x11, 2: 0x12 }, "the clusters")
    })
  }),
  Case.make({
    id: "exportImage/of-a-branch",
    title: "MUST leave out what is in another branch of the tree",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* layered()
      yield* ploop.snapshotAndSwitch({ disk: of.disk, id: a, keepAs: b })
      yield* paint(yield* ploop.topDelta({ disk: of.disk }), 9, 0x39)
      const { file: kept } = yield* exported(of.disk, { snapshot: b }, "kept")
      const { file: top } = yield* exported(of.disk, {}, "top")
      yield* Check.equal(yield* painted(kept), { 0: 0x11, 2: 0x22, 7: 0x27 }, "the other branch")
      yield* Check.equal(yield* painted(top), { 0: 0x11, 2: 0x12, 9: 0x39 }, "the branch of the top delta")
    })
  }),
  Case.make({
    id: "exportImage/of-a-temporary-snapshot",
    title: "MUST export a snapshot that is merged automatically later",
    source,
    run: Effect.gen(function*() {
      const of = yield* snapshots.marked({ clusterSize: "32K" })
      yield* paint(of.image, 3, 0x13)
      const { file } = yield* exported(of.disk, { snapshot: a })
      yield* Check.equal(yield* painted(file), { 3: 0x13 }, "the clusters")
    })
  }),
  Case.make({
    id: "exportImage/has-holes",
    title: "MUST leave holes where nothing was written",
    source,
    run: Effect.gen(function*() {
      const of = yield* disk({ size: "64M" })
      yield* paint(of.image, 2000, 0x11)
      const { file } = yield* exported(of.disk)
      yield* Check.equal(yield* files.sizeOf(file), ByteSize.MiB(64), "the size of the file")
      yield* Check.isTrue((yield* allocated(file)) <= 1 << 20, "whether it takes less than 1 MiB of the host")
    })
  }),
  Case.make({
    id: "exportImage/of-a-preallocated-disk",
    title: "MUST leave holes for clusters that are zeros, also where the disk has them preallocated",
    source,
    run: Effect.gen(function*() {
      const of = yield* disk({ format: "preallocated" })
      const { file } = yield* exported(of.disk)
      yield* Check.equal(yield* painted(file), {}, "what is in it")
      yield* Check.isTrue((yield* allocated(file)) <= 1 << 20, "whether it takes less than 1 MiB of the host")
    })
  }),
  Case.make({
    id: "exportImage/of-a-raw-disk",
    title: "MUST export a raw disk as it is",
    source,
    run: Effect.gen(function*() {
      const of = yield* disk({ format: "raw", version: undefined })
      yield* ImageFile.poke(of.image, 100_000, [1, 2, 3])
      const { file } = yield* exported(of.disk)
      yield* Check.equal(yield* digest(file), yield* digest(of.image), "the bytes")
    })
  }),
  Case.make({
    id: "exportImage/of-deltas-on-a-raw-base",
    title: "MUST put deltas on a raw base",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* disk({ format: "raw", version: undefined })
      yield* ImageFile.poke(of.image, 32_767, [0x11])
      yield* ImageFile.poke(of.image, 65_535, [0x12])
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      yield* paint(yield* ploop.topDelta({ disk: of.disk }), 1, 0x22)
      const { file } = yield* exported(of.disk)
      yield* Check.equal(yield* painted(file), { 0: 0x11, 1: 0x22 }, "the clusters")
    })
  }),
  Case.make({
    id: "exportImage/into-the-directory-of-the-disk",
    title: "MUST make one file and nothing else, also in the directory of the disk",
    source,
    run: Effect.gen(function*() {
      const of = yield* layered()
      const before = yield* files.names(of.directory)
      yield* exported(of.disk, {}, "disk/exported")
      yield* Check.equal(yield* files.names(of.directory), [...before, "exported"].sort(), "the names in the directory")
    })
  }),
  Case.make({
    id: "exportImage/of-a-running-disk",
    title: "MUST export the files of a snapshot while the disk is mounted and written to",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(of.disk)
      yield* FileTree.write(target, { first: "1" })
      yield* disks.synced(target)
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      yield* FileTree.write(target, { second: "2" })
      const { file } = yield* exported(of.disk, { snapshot: a })
      const made = yield* imported(file, { version: undefined, clusterSize: "1M" })
      yield* disks.holds(made.disk, { first: "1" }, "the imported disk")
      yield* Check.equal(yield* FileTree.read(target), { first: "1", second: "2" }, "the disk")
    })
  }),
  Case.make({
    id: "exportImage/as-qcow2",
    title: "MUST write a qcow2 image from which the same disk can be imported, or name qemu-img where it is missing",
    source,
    run: withQemu(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const of = yield* layered()
      const raw = yield* exported(of.disk, {}, "raw")
      const { file, size } = yield* exported(of.disk, { format: "qcow2" })
      const header = new DataView((yield* fs.readFile(file)).slice(0, 32).buffer)
      yield* Check.equal(header.getUint32(0), 0x514649fb, "the signature")
      yield* Check.equal(header.getBigUint64(24), size, "the size in the header")
      const made = yield* imported(file, { format: "qcow2" })
      const again = yield* exported(made.disk, {}, "again")
      yield* Check.equal(yield* digest(again.file), yield* digest(raw.file), "the bytes")
    }))
  }),
  Case.make({
    id: "exportImage/as-qcow2-leaves-one-file",
    title: "MUST leave nothing but the qcow2 image, or nothing where qemu-img is missing",
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const of = yield* layered()
      const directory = yield* Conformance.directory("out")
      const made = yield* Effect.either(exported(of.disk, { format: "qcow2" }, "out/file"))
      const expected = made._tag === "Right" ? ["file"] : []
      yield* Check.equal(yield* fs.readDirectory(directory), expected, "the files of the directory")
      yield* withQemu(made)
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "exportImage/no-existing-file",
    title: "MUST refuse a file that exists, and leave it as it is",
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const of = yield* disk()
      const file = yield* Conformance.path("exported")
      yield* fs.writeFileString(file, "precious")
      yield* Check.fails(exported(of.disk), "AlreadyExists", { path: file })
      yield* Check.equal(yield* fs.readFileString(file), "precious", "the file")
    })
  }),
  refuses(
    "exportImage/no-link-to-nowhere",
    "MUST refuse a file that is a symbolic link, also one that leads nowhere",
    "AlreadyExists",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.symlink(yield* Conformance.path("nowhere"), yield* Conformance.path("out", "file"))
      })
  ),
  refuses(
    "exportImage/no-missing-directory",
    "MUST refuse a file in a directory that does not exist",
    "DirectoryNotFound",
    () => Effect.map(Conformance.path("missing", "file"), (file) => ({ file }))
  ),
  refuses(
    "exportImage/no-directory",
    "MUST refuse a path that names a directory",
    "InvalidArgument",
    () => Effect.map(Conformance.path("out"), (directory) => ({ file: `${directory}/` }))
  ),
  refuses(
    "exportImage/no-unknown-snapshot",
    "MUST refuse a snapshot that the disk does not have",
    "SnapshotNotFound",
    () => Effect.succeed({ snapshot: unknown })
  ),
  refuses(
    "exportImage/no-missing-disk",
    "MUST refuse a disk whose descriptor does not exist",
    "DiskNotFound",
    ({ directory }) => Effect.succeed({ disk: `${directory}/missing/DiskDescriptor.xml` })
  ),
  refuses(
    "exportImage/no-missing-image",
    "MUST refuse a disk of which an image is missing",
    "ImageNotFound",
    ({ image }) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(image))
  ),
  refuses(
    "exportImage/no-broken-image",
    "MUST refuse an image that no tool recognizes",
    "ImageCorrupt",
    ({ image }) => ImageFile.breakSignature(image)
  ),
  refuses(
    "exportImage/no-cluster-behind-the-end",
    "MUST refuse an image whose index leads behind the end of the file, and leave no file",
    "ImageCorrupt",
    ({ image }) => files.pointBehindTheEnd(image)
  ),
  refuses(
    "exportImage/no-image-in-use",
    "MUST refuse an image whose in-use flag is set although no device runs it",
    "ImageDirty",
    ({ image }) => ImageFile.markInUse(image)
  ),
  refuses(
    "exportImage/no-encrypted-disk",
    "MUST refuse an encrypted disk, whose images hold encrypted bytes",
    "Unsupported",
    ({ disk }) =>
      snapshots.rewrite(
        disk,
        (text) => text.replace("</Disk_Parameters>", "<Encryption><KeyId>key</KeyId></Encryption></Disk_Parameters>")
      )
  ),
  Case.make({
    id: "exportImage/no-running-top",
    title: "MUST refuse the top delta while a device of the disk is running, and export it afterwards",
    source,
    needs: ["device"],
    run: Effect.gen(function*() {
      const of = yield* disk({ version: undefined })
      yield* Effect.scoped(Effect.gen(function*() {
        const device = yield* disks.attached(of.disk)
        yield* Check.fails(exported(of.disk, { snapshot: SnapshotId.top }), "ImageInUse", { device })
      }))
      yield* exported(of.disk)
    })
  })
]

export const exportImage: ReadonlyArray<Case.Case> = [...contents, ...refusals]
