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
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import { clusterSize, digest, exported, imported, painted, rawFile, withQemu } from "./exchange.js"
import * as snapshots from "./snapshotUtils.js"

const { a } = Conformance.ids

const source = Case.service("Ploop.importImage")

const megabyte = 1024 * 1024

/** A raw file with some bytes in two clusters. */
const spotted = rawFile(2 * megabyte, [[0, [0x11]], [clusterSize - 1, [0x11]], [8 * clusterSize - 1, [0x17]]])

/** The header of a qcow2 image of 8 MiB, with some fields changed. */
const qcow2 = (change: (view: DataView) => void = () => undefined) => {
  const bytes = new Uint8Array(104)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x514649fb)
  view.setUint32(4, 3)
  view.setUint32(20, 16)
  view.setBigUint64(24, 8n * BigInt(megabyte))
  view.setUint32(96, 4)
  view.setUint32(100, 104)
  change(view)
  return Effect.map(
    rawFile(4 * 65_536, [[0, bytes]], "file.qcow2"),
    (file): Partial<Request.ImportImageOptions> => ({ file, format: "qcow2" })
  )
}

const refuses = (
  id: Case.Case["id"],
  title: string,
  tag: OperationError.ImportImageError["_tag"],
  prepare: Effect.Effect<
    Partial<Request.ImportImageOptions>,
    Case.Failure,
    Case.Services | Conformance.Conformance
  >,
  field?: string
) =>
  Case.make({
    id,
    title,
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* Conformance.directory("imported")
      const given = yield* prepare
      const before = yield* fs.readDirectory(directory)
      const call = imported(yield* spotted, given)
      yield* Check.fails(call, tag, ...(field === undefined ? [] : [{ field, exitCode: undefined }] as const))
      yield* Check.equal(yield* fs.readDirectory(directory), before, "the files of the directory")
    })
  })

const disksMade: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "importImage/makes-a-disk",
    title: "MUST make an image and a descriptor, and nothing else, of a raw file that stays as it is",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const file = yield* spotted
      const before = yield* digest(file)
      const made = yield* imported(file)
      yield* Check.equal(yield* digest(file), before, "the file")
      yield* Check.equal(
        yield* files.names(made.directory),
        ["DiskDescriptor.xml", "root.hdd"],
        "the files of the disk"
      )
      yield* Check.equal((yield* ploop.imageInfo({ disk: made.disk })).size, ByteSize.MiB(2), "the size of the disk")
      yield* Check.equal<ReadonlyArray<unknown>>(
        yield* Conformance.parents(made.disk),
        [[SnapshotId.top, undefined]],
        "the tree"
      )
      yield* Check.equal((yield* ploop.check({ image: made.image, force: true })).outcome, "clean", "a check")
    })
  }),
  Case.make({
    id: "importImage/keeps-the-bytes",
    title: "MUST keep every byte: an export of the new disk is the file that was imported",
    source,
    run: Effect.gen(function*() {
      const file = yield* spotted
      const made = yield* imported(file)
      yield* Check.equal(yield* digest((yield* exported(made.disk)).file), yield* digest(file), "the bytes")
    })
  }),
  Case.make({
    id: "importImage/stores-what-is-not-zero",
    title: "MUST store the clusters that are not zeros, and no others",
    source,
    run: Effect.gen(function*() {
      const made = yield* imported(yield* spotted)
      yield* Check.equal(yield* snapshots.occupied(made.image), [0, 7], "the clusters")
      yield* Check.equal(yield* files.sizeOf(made.image), BigInt(3 * clusterSize), "the size of the image")
    })
  }),
  Case.make({
    id: "importImage/of-zeros",
    title: "MUST make an empty image of a file of zeros, which a check finds clean",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* imported(yield* rawFile(megabyte))
      yield* Check.equal(yield* snapshots.occupied(made.image), [], "the clusters")
      yield* Check.equal((yield* ploop.check({ image: made.image, force: true })).outcome, "clean", "a check")
    })
  }),
  Case.make({
    id: "importImage/rounds-up",
    title: "MUST round the size up to whole clusters, with zeros at the end",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* imported(yield* rawFile(megabyte + 512, [[megabyte + 511, [0x11]]]), { clusterSize: "1M" })
      yield* Check.equal(made.size, ByteSize.MiB(2), "the size in the result")
      const info = yield* ploop.imageInfo({ disk: made.disk })
      yield* Check.equal([info.size, info.clusterSize], [ByteSize.MiB(2), ByteSize.MiB(1)], "the sizes")
      yield* Check.equal((yield* disks.descriptor(made.disk)).diskSize, ByteSize.MiB(2), "the size in the descriptor")
      yield* Check.equal((yield* ploop.check({ image: made.image, force: true })).outcome, "clean", "a check")
    })
  }),
  Case.make({
    id: "importImage/of-version-1",
    title: "MUST make an image of format version 1 on request",
    source,
    run: Effect.gen(function*() {
      const file = yield* spotted
      const made = yield* imported(file, { version: 1 })
      yield* Check.equal(made.version, 1, "the version in the result")
      yield* Check.equal(yield* files.versionOf(made.image), 1, "the version of the image")
      yield* Check.equal(yield* digest((yield* exported(made.disk)).file), yield* digest(file), "the bytes")
    })
  }),
  Case.make({
    id: "importImage/of-version-2",
    title: "MUST make an image of format version 2 on request",
    source,
    run: Effect.gen(function*() {
      const file = yield* spotted
      const made = yield* imported(file, { version: 2 })
      yield* Check.equal(made.version, 2, "the version in the result")
      yield* Check.equal(yield* files.versionOf(made.image), 2, "the version of the image")
      yield* Check.equal(yield* digest((yield* exported(made.disk)).file), yield* digest(file), "the bytes")
    })
  }),
  Case.make({
    id: "importImage/then-snapshots",
    title: "MUST make a disk whose snapshots can be taken and merged",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* imported(yield* spotted)
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* ploop.mergeSnapshots({ disk: made.disk })
      yield* Check.equal(yield* snapshots.occupied(made.image), [0, 7], "the clusters")
      yield* Check.equal((yield* ploop.check({ disk: made.disk })).outcome, "clean", "a check")
    })
  }),
  Case.make({
    id: "importImage/keeps-the-files",
    title: "MUST make a disk that mounts, with the files of the disk that was exported",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const of = yield* Conformance.formatted()
      yield* disks.write(of.disk, { first: "1", second: "2" })
      const { file } = yield* exported(of.disk)
      const made = yield* imported(file, { version: undefined, clusterSize: "1M" })
      yield* disks.write(made.disk, { third: "3" })
      yield* disks.holds(made.disk, { first: "1", second: "2", third: "3" }, "the imported disk")
      yield* disks.holds(of.disk, { first: "1", second: "2" }, "the disk that was exported")
    })
  }),
  Case.make({
    id: "importImage/keeps-the-files-in-qcow2",
    title: "MUST keep the files on the way through qcow2 and other clusters, or name qemu-img where it is missing",
    source,
    needs: ["mount"],
    run: withQemu(Effect.gen(function*() {
      const of = yield* Conformance.formatted()
      yield* disks.write(of.disk, { first: "1" })
      const { file } = yield* exported(of.disk, { format: "qcow2" })
      const made = yield* imported(file, { format: "qcow2", version: undefined, clusterSize: "256K" })
      yield* disks.holds(made.disk, { first: "1" }, "the imported disk")
    }))
  }),
  Case.make({
    id: "importImage/never-guesses",
    title: "MUST take a raw export for raw, whatever the guest has written to its first bytes but a known signature",
    source,
    run: Effect.gen(function*() {
      const file = yield* rawFile(megabyte, [[0, [0x51, 0x46, 0x49, 0xfa]], [clusterSize - 1, [0x11]]])
      const made = yield* imported(file)
      yield* Check.equal(yield* painted((yield* exported(made.disk)).file), { 0: 0x11 }, "the clusters")
    })
  })
]

const existing = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.writeFileString(yield* Conformance.path("imported", name), "precious")
    return {}
  })

const refusals: ReadonlyArray<Case.Case> = [
  refuses(
    "importImage/no-existing-image",
    "MUST refuse an image that exists",
    "AlreadyExists",
    existing("root.hdd")
  ),
  refuses(
    "importImage/no-second-disk",
    "MUST refuse a directory that holds a disk",
    "AlreadyExists",
    existing("DiskDescriptor.xml")
  ),
  refuses(
    "importImage/no-missing-directory",
    "MUST refuse an image in a directory that does not exist",
    "DirectoryNotFound",
    Effect.map(Conformance.path("missing", "root.hdd"), (image) => ({ image }))
  ),
  refuses(
    "importImage/no-missing-file",
    "MUST refuse a file that does not exist",
    "ImageNotFound",
    Effect.map(Conformance.path("missing"), (file) => ({ file }))
  ),
  refuses(
    "importImage/no-directory",
    "MUST refuse a directory in the place of the file",
    "InvalidArgument",
    Effect.map(Conformance.directory("folder"), (file) => ({ file })),
    "file"
  ),
  refuses(
    "importImage/no-descriptor-name",
    "MUST refuse an image whose name ends in .xml, which the tool would take for a descriptor",
    "InvalidArgument",
    Effect.map(Conformance.path("imported", "root.xml"), (image) => ({ image })),
    "image"
  ),
  refuses(
    "importImage/no-empty-file",
    "MUST refuse a file without a byte",
    "InvalidArgument",
    Effect.map(rawFile(0, [], "empty"), (file) => ({ file })),
    "file"
  ),
  refuses(
    "importImage/no-part-of-a-sector",
    "MUST refuse a raw file whose size is not a multiple of 512 bytes",
    "InvalidArgument",
    Effect.map(rawFile(megabyte + 1, [], "odd"), (file) => ({ file })),
    "file"
  ),
  refuses(
    "importImage/no-qcow2-as-raw",
    "MUST refuse a qcow2 image when a raw file is announced",
    "InvalidArgument",
    Effect.map(qcow2(), ({ file }) => ({ file: file ?? "" })),
    "file"
  ),
  refuses(
    "importImage/no-ploop-image-as-raw",
    "MUST refuse an image of ploop when a raw file is announced",
    "InvalidArgument",
    Effect.map(Conformance.disk(), ({ image }) => ({ file: image })),
    "file"
  ),
  refuses(
    "importImage/no-raw-as-qcow2",
    "MUST refuse a raw file when a qcow2 image is announced",
    "InvalidArgument",
    Effect.succeed({ format: "qcow2" }),
    "file"
  ),
  refuses(
    "importImage/no-cut-header",
    "MUST refuse a qcow2 image that ends in its header",
    "InvalidArgument",
    Effect.tap(qcow2(), ({ file }) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.truncate(file ?? "", 80))),
    "file"
  ),
  refuses(
    "importImage/no-unknown-version",
    "MUST refuse a qcow2 image of a version that nobody knows",
    "InvalidArgument",
    qcow2((view) => view.setUint32(4, 4)),
    "file"
  ),
  refuses(
    "importImage/no-backing-file",
    "MUST refuse a qcow2 image with a backing file, which could be any file of the host",
    "InvalidArgument",
    qcow2((view) => {
      view.setBigUint64(8, 104n)
      view.setUint32(16, 11)
    }),
    "file"
  ),
  refuses(
    "importImage/no-external-data",
    "MUST refuse a qcow2 image whose data is in another file",
    "InvalidArgument",
    qcow2((view) => view.setBigUint64(72, 4n)),
    "file"
  ),
  refuses(
    "importImage/no-encrypted-image",
    "MUST refuse an encrypted qcow2 image",
    "InvalidArgument",
    qcow2((view) => view.setUint32(32, 2)),
    "file"
  ),
  refuses(
    "importImage/no-damaged-image",
    "MUST refuse a qcow2 image that is marked as corrupt",
    "InvalidArgument",
    qcow2((view) => view.setBigUint64(72, 2n)),
    "file"
  ),
  refuses(
    "importImage/no-size-of-zero",
    "MUST refuse a qcow2 image of a disk without a byte",
    "InvalidArgument",
    qcow2((view) => view.setBigUint64(24, 0n)),
    "file"
  ),
  refuses(
    "importImage/no-size-beyond-version-1",
    "MUST refuse a disk that is larger than the format version can be, before any byte is read",
    "InvalidArgument",
    Effect.map(qcow2((view) => view.setBigUint64(24, 1n << 42n)), (given) => ({ ...given, version: 1 as const })),
    "file"
  )
]

export const importImage: ReadonlyArray<Case.Case> = [...disksMade, ...refusals]
