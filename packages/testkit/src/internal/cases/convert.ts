import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a } = Conformance.ids
const { MiB } = ByteSize

const formats: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "convert/to-preallocated-makes-room",
    title: "MUST allocate space for the whole disk in a preallocated image, and record it in the descriptor",
    source: Case.manual("convert, -f"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.convert({ disk, format: "preallocated" })
      yield* Check.equal(yield* files.sizeOf(image), MiB(9), "the size of the image file, its header included")
      yield* Check.equal((yield* files.descriptor(disk)).preallocated, true, "preallocated in the descriptor")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, MiB(8), "the size of the disk")
    })
  }),
  Case.make({
    id: "convert/to-expanded-changes-the-descriptor-only",
    title: "MUST convert a preallocated image to an expanded one only in the descriptor: the file keeps its size",
    source: Case.observed("convert -f expanded"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ format: "preallocated" })
      yield* ploop.convert({ disk, format: "expanded" })
      yield* Check.equal((yield* files.descriptor(disk)).preallocated, false, "preallocated in the descriptor")
      yield* Check.equal(yield* files.sizeOf(image), MiB(9), "the size of the image file")
    })
  }),
  Case.make({
    id: "convert/to-raw-takes-the-header-away",
    title: "MUST convert an image to a raw one as large as the disk, and record it in the descriptor",
    source: Case.manual("convert, -f"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.convert({ disk, format: "raw" })
      yield* Check.equal(yield* files.sizeOf(image), MiB(8), "the size of the image file")
      yield* Check.equal(yield* files.versionOf(image), undefined, "the version in a header")
      yield* Check.equal((yield* files.descriptor(disk)).images.map(({ type }) => type), ["Plain"], "the type")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).version, undefined, "the version of the disk")
      yield* Check.equal(yield* files.names(directory), ["DiskDescriptor.xml", "root.hdd"], "the files of the disk")
    })
  }),
  Case.make({
    id: "convert/to-the-same-format-changes-no-image",
    title: "MUST accept the format that the image already has, and not touch the image",
    source: Case.observed("convert -f of the same format"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* files.untouched(directory, ploop.convert({ disk, format: "expanded" }))
    })
  }),
  Case.make({
    id: "convert/of-a-format-leaves-deltas-alone",
    title: "MUST convert only the base image, and not change the deltas above it",
    source: Case.source("lib/ploop.c ploop_convert_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk, image } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      const before = yield* files.sizeOf(top)
      yield* ploop.convert({ disk, format: "preallocated" })
      yield* Check.equal(yield* files.sizeOf(image), MiB(9), "the size of the base image")
      yield* Check.equal(yield* files.sizeOf(top), before, "the size of the top delta")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [SnapshotId.top, a]], "the tree")
      yield* ploop.convert({ disk, format: "raw" })
      yield* Check.equal(yield* files.versionOf(image), undefined, "the version of the base image that became raw")
      yield* Check.equal(yield* files.versionOf(top), yield* Conformance.diskVersion, "the version of the top delta")
      // In the descriptor, every image has the type of the base.
      const { images } = yield* files.descriptor(disk)
      yield* Check.equal(images.map(({ type }) => type), ["Plain", "Plain"], "the types")
    })
  }),
  Case.make({
    id: "convert/keeps-the-file-system-in-every-format",
    title: "MUST keep the files of the disk when it becomes preallocated, then raw, which generation 9 cannot mount",
    source: Case.manual("convert, -f"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "etc/motd": "kept" })
      const mountsRaw = yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })
      for (const format of mountsRaw ? ["preallocated", "raw"] as const : ["preallocated"] as const) {
        yield* ploop.umount({ disk })
        yield* ploop.convert({ disk, format })
        yield* Conformance.mounted(disk)
        yield* Check.equal(
          yield* FileTree.read(target),
          { "etc/": "", "etc/motd": "kept" },
          `the files of the ${format} image`
        )
      }
    })
  })
]

const versions: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "convert/changes-the-version-of-every-image",
    title: "MUST change the format version of every image of the disk, or of none if the host does not support it",
    source: Case.manual("convert, -v"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const convert = ploop.convert({ disk, version: 2 })
      if (!(yield* Conformance.Conformance).capabilities.has("version2")) {
        yield* files.untouched(directory, Check.fails(convert, "PrerequisiteMissing"))
        return
      }
      yield* convert
      yield* Check.equal(yield* files.versionOf(image), 2, "the version of the base image")
      yield* Check.equal(yield* files.versionOf(yield* ploop.topDelta({ disk })), 2, "the version of the top delta")
      const { size, version } = yield* ploop.imageInfo({ disk })
      yield* Check.equal({ size, version }, { size: MiB(8), version: 2 }, "the size and version of the disk")
      yield* Check.equal((yield* files.names(directory)).length, 3, "the number of files: two images, a descriptor")
    })
  }),
  Case.make({
    id: "convert/goes-back-to-version-1",
    title: "MUST convert every image of the disk back to format version 1",
    source: Case.manual("convert, -v"),
    needs: ["version2"],
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ version: 2 })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.convert({ disk, version: 1 })
      yield* Check.equal(yield* files.versionOf(image), 1, "the version of the base image")
      yield* Check.equal(yield* files.versionOf(yield* ploop.topDelta({ disk })), 1, "the version of the top delta")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).version, 1, "the version of the disk")
    })
  }),
  Case.make({
    id: "convert/to-the-same-version-changes-nothing",
    title: "MUST accept the format version that the disk already has, and change nothing",
    source: Case.observed("convert -v of the same version"),
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* files.untouched(directory, ploop.convert({ disk, version: yield* Conformance.diskVersion }))
    })
  }),
  Case.make({
    id: "convert/keeps-the-file-system-in-every-version",
    title: "MUST keep the files of the disk and its snapshots when the format version changes and changes back",
    source: Case.manual("convert, -v"),
    needs: ["mount", "version2"],
    // Generation 7 converts to version 2 only, and generation 9 mounts version 2 only.
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ version: 1 })
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { "a": "after" })
      for (const version of [2, 1] as const) {
        yield* ploop.umount({ disk })
        yield* ploop.convert({ disk, version })
        yield* Conformance.mounted(disk)
        yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, `the files of the disk, version ${version}`)
      }
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk, { snapshot: a })
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the files of the snapshot")
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "convert/refuses-version-1-on-generation-7",
    title: "MUST refuse to convert back to format version 1 on generation 7, and change nothing",
    source: Case.observed("convert -v 1: Incorrect version is specified"),
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* files.untouched(directory, Check.fails(ploop.convert({ disk, version: 1 }), "Unsupported"))
    })
  }),
  Case.make({
    id: "convert/refuses-raw-images",
    title: "MUST refuse another format or a version for a raw image, and change nothing",
    source: Case.observed(
      "convert of a raw image: asked for a version, 1.15 and 9 exit with 0, and 7 says that the image is damaged"
    ),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk({ format: "raw", version: undefined })
      yield* files.untouched(directory, Check.fails(ploop.convert({ disk, format: "expanded" }), "Unsupported"))
      yield* files.untouched(directory, Check.fails(ploop.convert({ disk, format: "preallocated" }), "Unsupported"))
      for (const version of [1, 2] as const) {
        yield* files.untouched(directory, Check.fails(ploop.convert({ disk, version }), "Unsupported"))
      }
    })
  }),
  Case.make({
    id: "convert/refuses-an-image-marked-in-use",
    title: "MUST refuse a base image that was not closed cleanly, and not change the images",
    source: Case.observed("convert after a crash of the host, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      for (const format of ["raw", "preallocated"] as const) {
        const before = yield* files.sizeOf(image)
        yield* Check.fails(ploop.convert({ disk, format }), "ImageDirty", { exitCode: 4 })
        yield* Check.equal(yield* files.sizeOf(image), before, `the size of the image, not made ${format}`)
        yield* Check.equal((yield* files.descriptor(disk)).preallocated, false, "preallocated in the descriptor")
      }
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
    })
  }),
  Case.make({
    id: "convert/refuses-version-1-of-what-is-too-large",
    title: "MUST refuse format version 1 for a disk of 2 TiB or more, and change nothing",
    source: Case.observed("convert -v 1 of a disk of 3 TiB, exit code 38"),
    needs: ["version2"],
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk({ version: 2, size: "3T", clusterSize: "64M" })
      yield* files.untouched(
        directory,
        Check.fails(ploop.convert({ disk, version: 1 }), "Unsupported", { exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "convert/refuses-a-version-of-what-is-marked-in-use",
    title: "MUST refuse to change the version when any image was not closed cleanly, and change none",
    source: Case.observed("convert -v of a disk with a dirty image, exit code 4"),
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* ImageFile.markInUse(top)
      yield* files.untouched(
        directory,
        Check.fails(ploop.convert({ disk, version: 2 }), "ImageDirty", { image: top, exitCode: 4 })
      )
      yield* Check.equal(
        yield* files.versionOf(image),
        yield* Conformance.diskVersion,
        "the version of the base image"
      )
    })
  }),
  Case.make({
    id: "convert/refuses-a-running-disk",
    title: "MUST refuse while any device of the disk is running, including those of components",
    source: Case.service("Ploop.convert: the tool converts images while a device is running"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      for (const component of [undefined, "backup"]) {
        const { device } = yield* ploop.mount({ disk, component })
        const size = yield* files.sizeOf(image)
        yield* Check.fails(ploop.convert({ disk, format: "preallocated" }), "ImageInUse", { device })
        yield* Check.fails(ploop.convert({ disk, version: 2 }), "ImageInUse", { device })
        yield* Check.equal(yield* files.sizeOf(image), size, "the size of the image")
        yield* ploop.umount({ device })
      }
      yield* ploop.convert({ disk, format: "preallocated" })
    })
  }),
  Case.make({
    id: "convert/takes-one-change-at-a-time",
    title: "MUST refuse a format together with a version, or neither, before anything is touched",
    source: Case.service("Request.Convert"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      const convert = ploop.convert as (options: object) => ReturnType<Ploop.Ploop["convert"]>
      yield* files.untouched(
        directory,
        Check.fails(convert({ disk, format: "preallocated", version: 2 }), "InvalidArgument")
      )
      yield* files.untouched(directory, Check.fails(convert({ disk }), "InvalidArgument"))
    })
  })
]

const damaged: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "convert/refuses-an-image-that-was-cut-off",
    title: "MUST refuse to convert an image whose file ends in front of its data, before anything is touched",
    source: Case.observed("convert of a truncated image: pread: Input/output error in the middle of the work"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const changes = [{ format: "raw" }, { format: "preallocated" }, { version: 2 }] as const
      yield* files.whenCutOff(
        made,
        ...changes.map((change) => Check.fails(ploop.convert({ disk: made.disk, ...change }), "ImageCorrupt"))
      )
    })
  })
]

export const convert: ReadonlyArray<Case.Case> = [
  ...formats,
  ...versions,
  ...refusals,
  ...damaged,
  ...misnamed("convert", (ploop, disk) => ploop.convert({ disk, format: "preallocated" }))
]
