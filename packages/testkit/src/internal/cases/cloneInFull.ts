import * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b } = Conformance.ids

const source = Case.service("Ploop.clone")

/** A disk with the snapshots `a` and `b`, and data in its base image. */
const chained = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const made = yield* Conformance.disk(options)
    yield* snapshots.occupy(made.image, 0)
    for (const id of [a, b]) yield* ploop.createSnapshot({ disk: made.disk, id })
    return made
  })

type Options = Partial<Pick<Request.CloneOptions, "snapshot" | "flatten">>

/** A full clone in a directory of its own. */
const copy = (of: Conformance.TestDisk, options: Options = {}, name = "copy") =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const directory = yield* Conformance.directory(name)
    const { disk, images } = yield* ploop.clone({ disk: of.disk, snapshot: b, directory, mode: "full", ...options })
    return { disk, directory, images, image: images[0]! } satisfies Conformance.TestDisk & { readonly images: unknown }
  })

const linksOf = (file: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.stat(file), ({ nlink }) => Option.getOrElse(nlink, () => 0))
  )

const bytesOf = (file: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(file))

const refuses = (
  id: Case.Case["id"],
  title: string,
  tag: OperationError.CloneError["_tag"],
  options: Partial<Request.CloneOptions>
) =>
  Case.make({
    id,
    title,
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const directory = yield* Conformance.directory("copy")
      const call = ploop.clone({ disk: of.disk, snapshot: b, directory, ...options })
      yield* files.untouched(of.directory, Check.fails(call, tag))
      yield* Check.equal(yield* files.names(directory), [], "the files of the directory")
    })
  })

/** What makes an image one that the tool would not open. */
const damages: Readonly<Record<string, (image: string) => ImageFile.Changed>> = {
  "ends within what the tool reads first": (image) =>
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.truncate(image, 600)),
  "has a size of 0": (image) => ImageFile.poke(image, 36, new Uint8Array(8)),
  "has an unknown type": (image) => ImageFile.poke(image, 16, [9])
}

const ofDamaged = (mode: Request.Clone["mode"]) =>
  Case.make({
    id: `clone/of-a-damaged-image-${mode}`,
    title: `MUST fail with ImageCorrupt for a ${mode} clone of an image that the tool would not open, and make nothing`,
    source: Case.observed("init and copy with images whose headers were changed: the clone cannot be used"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const [index, damage] of Object.values(damages).entries()) {
        const of = yield* chained({ name: `damaged-${index}` })
        const directory = yield* Conformance.directory(`copy-${index}`)
        yield* damage(of.image)
        const call = ploop.clone({ disk: of.disk, snapshot: b, directory, mode })
        yield* files.untouched(of.directory, Check.fails(call, "ImageCorrupt"))
        yield* Check.equal(yield* files.names(directory), [], "the files of the directory")
      }
    })
  })

export const copying: ReadonlyArray<Case.Case> = [
  ofDamaged("full"),
  ofDamaged("linked"),
  Case.make({
    id: "clone/in-full",
    title: "MUST copy the images of the snapshot for a full clone, which shares none of them",
    source,
    run: Effect.gen(function*() {
      const of = yield* chained()
      const made = yield* files.untouched(of.directory, copy(of))
      yield* Check.equal(made.images.length, 3, "the number of images")
      for (const image of made.images) yield* Check.equal(yield* linksOf(image), 1, `the names of ${image}`)
      yield* Check.equal(yield* bytesOf(made.image), yield* bytesOf(of.image), "the bytes of the base image")
      const expected = [[a, undefined], [b, a], [SnapshotId.top, b]] as const
      yield* Check.equal<ReadonlyArray<unknown>>(yield* Conformance.parents(made.disk), expected, "the tree")
      yield* disks.hasNoStrayImages(made)
      const others = (yield* files.names(made.directory)).filter((name) => !name.startsWith("root.hdd"))
      yield* Check.equal(others, ["DiskDescriptor.xml"], "the other files")
    })
  }),
  Case.make({
    id: "clone/in-full-binds-nobody",
    title: "MUST leave a disk free to merge, convert and remove its images after a full clone, and the clone too",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const made = yield* copy(of)
      yield* files.untouched(made.directory, ploop.mergeSnapshots({ disk: of.disk, all: true }))
      yield* files.untouched(of.directory, ploop.mergeSnapshots({ disk: made.disk, all: true }))
      yield* ploop.remove({ disk: of.disk })
      yield* Check.equal((yield* ploop.check({ disk: made.disk })).outcome, "clean", "the clone")
    })
  }),
  Case.make({
    id: "clone/flattened",
    title: "MUST merge the copied images into one on request, and leave those of the disk",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const made = yield* files.untouched(of.directory, copy(of, { flatten: true }))
      yield* Check.equal(made.images.length, 1, "the number of images")
      yield* Check.equal(yield* ploop.topDelta({ disk: made.disk }), made.image, "the top delta")
      yield* Check.equal((yield* Conformance.parents(made.disk)).length, 1, "the number of snapshots")
      yield* disks.hasNoStrayImages(made)
      yield* Check.equal((yield* ploop.check({ disk: made.disk })).outcome, "clean", "the outcome of a check")
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
    })
  }),
  Case.make({
    id: "clone/in-full-of-the-top",
    title: "MUST copy the top delta of an idle disk too",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const made = yield* files.untouched(of.directory, copy(of, { snapshot: SnapshotId.top }))
      yield* Check.equal(yield* Conformance.parents(made.disk), yield* Conformance.parents(of.disk), "the tree")
      const info = yield* ploop.imageInfo({ disk: made.disk })
      yield* Check.equal(info, yield* ploop.imageInfo({ disk: of.disk }), "what it is")
    })
  }),
  Case.make({
    id: "clone/in-full-of-a-raw-disk",
    title: "MUST copy a raw image, with its size",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.disk({ format: "raw", version: undefined })
      const made = yield* copy(of, { snapshot: SnapshotId.top })
      yield* Check.equal((yield* disks.descriptor(made.disk)).diskSize, ByteSize.MiB(8), "the size")
      yield* Check.equal(yield* files.sizeOf(made.image), ByteSize.MiB(8), "the size of the image")
      yield* Check.equal((yield* disks.descriptor(made.disk)).images.map(({ type }) => type), ["Plain"], "the types")
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
    })
  }),
  Case.make({
    id: "clone/in-full-of-a-clone",
    title: "MUST make a full clone of a linked one, which needs neither of the disks",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained({ version: 2 })
      const directory = yield* Conformance.directory("linked")
      const linked = yield* ploop.clone({ disk: of.disk, snapshot: b, directory })
      const made = yield* copy({ ...of, disk: linked.disk }, { snapshot: SnapshotId.top, flatten: true })
      yield* ploop.remove({ disk: linked.disk })
      yield* ploop.remove({ disk: of.disk })
      yield* Check.equal((yield* ploop.check({ disk: made.disk })).outcome, "clean", "the outcome of a check")
    })
  }),
  Case.make({
    id: "clone/in-full-keeps-the-files",
    title: "MUST give a full clone the files of the snapshot of a running disk, flattened or not",
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
      yield* disks.synced(target)
      yield* ploop.createSnapshot({ disk: of.disk, id: b })
      const whole = yield* copy(of)
      const flat = yield* copy(of, { flatten: true }, "flat")
      yield* FileTree.write(target, { third: "3" })
      yield* disks.holds(whole.disk, { first: "1", second: "2" }, "the full clone")
      yield* disks.holds(flat.disk, { first: "1", second: "2" }, "the flattened clone")
      yield* Check.equal(yield* FileTree.read(target), { first: "1", second: "2", third: "3" }, "the disk")
    })
  }),
  Case.make({
    id: "clone/in-full-on-another-file-system",
    title: "MUST make a full clone on another file system",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { target } = yield* Conformance.mounted((yield* Conformance.formatted({ name: "other" })).disk)
      const { disk } = yield* ploop.clone({ disk: of.disk, snapshot: b, directory: target, mode: "full" })
      yield* Check.equal((yield* ploop.check({ disk })).outcome, "clean", "the outcome of a check")
    })
  }),
  Case.make({
    id: "clone/no-running-top-in-full",
    title: "MUST refuse to copy the top delta while a device of the disk is running",
    source,
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained({ version: undefined })
      const directory = yield* Conformance.directory("copy")
      const device = yield* disks.attached(of.disk)
      const call = ploop.clone({ disk: of.disk, snapshot: SnapshotId.top, directory, mode: "full" })
      yield* Check.fails(call, "ImageInUse", { device })
      yield* Check.equal(yield* files.names(directory), [], "the files of the directory")
    })
  }),
  refuses(
    "clone/no-flattened-links",
    "MUST refuse to flatten a linked clone, which would write to the shared images",
    "InvalidArgument",
    { flatten: true }
  ),
  refuses(
    "clone/no-unknown-snapshot-in-full",
    "MUST refuse a full clone of a snapshot that the disk does not have",
    "SnapshotNotFound",
    { mode: "full", snapshot: Conformance.ids.unknown }
  )
]
