import * as Ploop from "@effect-ploop/core/Ploop"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Case } from "../../../../Case.js"
import * as Conformance from "../../../../Conformance.js"
import type * as FileTree from "../../../../FileTree.js"
import * as ImageFile from "../../../../ImageFile.js"
import * as disks from "../../disks.js"
import * as snapshots from "../../snapshotUtils.js"
import { remedy } from "./remedy.js"

const { a, b } = Conformance.ids
const { texts } = Remedy

/** A disk with the snapshot `a` and data in its base image. */
const chained = Effect.gen(function*() {
  const made = yield* snapshots.chained([a])
  yield* snapshots.occupy(made.image, 0)
  return {
    ...made,
    fs: yield* FileSystem.FileSystem,
    path: yield* Path.Path,
    ploop: yield* Ploop.Ploop,
    kept: snapshots.occupied(made.image)
  }
})

const tree: FileTree.FileTree = { "etc/": "", "etc/motd": "kept" }

export const ofImages: ReadonlyArray<Case> = [
  remedy("invalid-argument", {
    when: "an option breaks a rule",
    run: Effect.gen(function*() {
      const { disk, kept, ploop } = yield* chained
      const rule = `must be a UUID, with or without braces, as in ${SnapshotId.top}`
      return {
        call: ploop.createSnapshot({ disk, id: "no" }),
        fails: "InvalidArgument",
        remedy: texts["invalid-argument"]({ field: "id", rule }),
        then: ploop.createSnapshot({ disk, id: b }),
        kept
      }
    })
  }),
  remedy("image-not-found", {
    when: "an image file is missing",
    run: Effect.gen(function*() {
      const { directory, disk, fs, path, ploop } = yield* chained
      const top = yield* ploop.topDelta({ disk })
      const elsewhere = path.join(directory, "elsewhere")
      yield* fs.rename(top, elsewhere)
      return {
        call: ploop.imageInfo({ disk }),
        fails: "ImageNotFound",
        remedy: texts["image-not-found"](),
        follow: fs.rename(elsewhere, top)
      }
    })
  }),
  remedy("image-corrupt", {
    when: "an image is damaged",
    run: Effect.gen(function*() {
      const { disk, fs, image, ploop } = yield* chained
      const backup = yield* fs.readFile(image)
      yield* ImageFile.breakSignature(image)
      return {
        call: ploop.mergeSnapshots({ disk }),
        fails: "ImageCorrupt",
        remedy: texts["image-corrupt"](),
        follow: Effect.zipRight(fs.copyFile(image, `${image}.copy`), fs.writeFile(image, backup))
      }
    })
  }),
  remedy("image-dirty", {
    when: "an image was not closed cleanly",
    run: Effect.gen(function*() {
      const { image, kept, ploop } = yield* chained
      yield* ImageFile.markInUse(image)
      return {
        call: ploop.check({ image }),
        fails: "ImageDirty",
        remedy: texts["image-dirty"](),
        follow: ploop.check({ image, dropInUse: true }),
        kept
      }
    })
  }),
  remedy("image-in-use", {
    when: "a device runs the disk",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { disk, kept, ploop } = yield* chained
      yield* Ploop.mountScoped({ disk })
      return {
        call: ploop.switchSnapshot({ disk, id: a }),
        fails: "ImageInUse",
        remedy: texts["image-in-use"](),
        follow: ploop.umount({ disk }),
        kept
      }
    })
  }),
  remedy("image-shared", {
    when: "an image of the disk that is to be removed has another name",
    run: Effect.gen(function*() {
      const { disk, fs, image, ploop } = yield* chained
      const other = yield* Conformance.path("other.hdd")
      yield* fs.link(image, other)
      return {
        call: ploop.remove({ disk }),
        fails: "ImageShared",
        remedy: texts["image-shared"](),
        follow: fs.remove(other)
      }
    })
  }),
  remedy("clone-version-1", {
    when: "a mount would convert the images that a clone shares",
    needs: ["version2"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ version: 1 })
      yield* ploop.createSnapshot({ disk, id: a })
      const directory = yield* Conformance.directory("clone")
      return {
        call: ploop.clone({ disk, snapshot: a, directory }),
        fails: "Unsupported",
        remedy: texts["clone-version-1"](),
        follow: ploop.convert({ disk, version: 2 }),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("clone-here", {
    when: "the directory of a clone is on another file system",
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ version: 2 })
      yield* ploop.createSnapshot({ disk, id: a })
      const { target } = yield* Conformance.mounted((yield* Conformance.formatted({ name: "other" })).disk)
      const directory = yield* Conformance.directory("clone")
      return {
        call: ploop.clone({ disk, snapshot: a, directory: target }),
        fails: "Unsupported",
        remedy: texts["clone-here"](),
        then: ploop.clone({ disk, snapshot: a, directory }),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("not-a-file", {
    when: "a directory has the name of a file of the disk that is to be removed",
    run: Effect.gen(function*() {
      const { directory, disk, fs, path, ploop } = yield* chained
      const strange = path.join(directory, ".statfs")
      const elsewhere = yield* Conformance.path("elsewhere")
      yield* fs.makeDirectory(strange)
      yield* fs.writeFileString(path.join(strange, "precious"), "kept")
      return {
        call: ploop.remove({ disk }),
        fails: "Unsupported",
        remedy: texts["not-a-file"]({ name: ".statfs" }),
        follow: fs.rename(strange, elsewhere),
        then: Effect.zipRight(ploop.remove({ disk }), fs.readFileString(path.join(elsewhere, "precious")))
      }
    })
  }),
  remedy("image-mismatch", {
    when: "the new image is not a copy of the old one",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { disk, fs, image, kept, ploop } = yield* chained
      const other = yield* Conformance.disk({ name: "other", size: "16M" })
      return {
        call: ploop.replace({ disk, snapshot: a, with: other.image }),
        fails: "ImageMismatch",
        remedy: texts["image-mismatch"](),
        follow: fs.copyFile(image, other.image),
        kept
      }
    })
  }),
  remedy("already-exists-disk", {
    when: "another disk is in the directory",
    run: Effect.gen(function*() {
      const { directory, kept, path, ploop } = yield* chained
      const create = (home: string) =>
        ploop.create({ image: path.join(home, "other.hdd"), size: "8M", fileSystem: "none" })
      return {
        call: create(directory),
        fails: "AlreadyExists",
        remedy: texts["already-exists-disk"](),
        then: Effect.flatMap(Conformance.directory("other"), create),
        kept
      }
    })
  }),
  remedy("already-exists", {
    when: "a file is where a merge would make one",
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { disk, fs, ploop } = yield* chained
      const into = yield* Conformance.path("merged.hdd")
      yield* fs.writeFileString(into, "precious")
      return {
        call: ploop.mergeSnapshots({ disk, into }),
        fails: "AlreadyExists",
        remedy: texts["already-exists"](),
        follow: fs.rename(into, `${into}.moved`),
        then: Effect.zipRight(ploop.mergeSnapshots({ disk, into }), fs.rename(`${into}.moved`, `${into}.kept`))
      }
    })
  }),
  remedy("directory-not-found", {
    when: "the directory of a new disk is missing",
    run: Effect.gen(function*() {
      const { fs, path, ploop } = yield* chained
      const directory = yield* Conformance.path("new")
      return {
        call: ploop.create({ image: path.join(directory, "root.hdd"), size: "8M", fileSystem: "none" }),
        fails: "DirectoryNotFound",
        remedy: texts["directory-not-found"]({ directory }),
        follow: fs.makeDirectory(directory)
      }
    })
  }),
  remedy("check-images", {
    when: "this generation would ignore a switch of the check of a disk",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { disk, image, kept, ploop } = yield* chained
      return {
        call: ploop.check({ disk, force: true }),
        fails: "Unsupported",
        remedy: texts["check-images"](),
        then: Effect.flatMap(
          ploop.topDelta({ disk }),
          (top) => Effect.forEach([image, top], (one) => ploop.check({ image: one, force: true }))
        ),
        kept
      }
    })
  }),
  remedy("check-one-switch", {
    when: "a read-only check would change the image",
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { image, kept, ploop } = yield* chained
      return {
        call: ploop.check({ image, readOnly: true, dropInUse: true }),
        fails: "Unsupported",
        remedy: texts["check-one-switch"](),
        follow: ploop.check({ image, readOnly: true }),
        then: ploop.check({ image, dropInUse: true }),
        kept
      }
    })
  }),
  remedy("replace-running", {
    when: "this generation replaces images of running disks only",
    needs: ["device"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { disk, fs, image, ploop } = yield* chained
      const copy = `${image}.copy`
      yield* fs.copyFile(image, copy)
      return {
        call: ploop.replace({ disk, snapshot: a, with: copy }),
        fails: "Unsupported",
        remedy: texts["replace-running"](),
        follow: Ploop.mountScoped({ disk }),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("raw-version", {
    when: "a raw image is to have a format version",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ format: "raw", version: undefined })
      return {
        call: ploop.convert({ disk, version: 2 }),
        fails: "Unsupported",
        remedy: texts["raw-version"](),
        then: ploop.createSnapshot({ disk })
      }
    })
  }),
  remedy("restore-raw-size", {
    when: "no cluster divides the size of a raw image",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ format: "raw", version: undefined })
      yield* fs.remove(disk)
      yield* fs.writeFile(image, new Uint8Array(1000).fill(7))
      yield* fs.truncate(image, (8 << 20) + 512)
      return {
        call: ploop.restoreDescriptor({ image, format: "raw" }),
        fails: "Unsupported",
        remedy: texts["restore-raw-size"](),
        follow: fs.truncate(image, 9 << 20),
        kept: Effect.map(fs.readFile(image), (bytes) => bytes.subarray(0, 1000))
      }
    })
  }),
  remedy("convert-version-1", {
    when: "this generation converts to format version 2 only",
    generations: ["7"],
    run: Effect.gen(function*() {
      const { disk, kept, ploop } = yield* chained
      return {
        call: ploop.convert({ disk, version: 1 }),
        fails: "Unsupported",
        remedy: texts["convert-version-1"](),
        then: ploop.createSnapshot({ disk }),
        kept
      }
    })
  }),
  remedy("convert-too-large", {
    when: "a disk is too large for format version 1",
    generations: ["1.15"],
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ size: "3T", version: 2 })
      return {
        call: ploop.convert({ disk, version: 1 }),
        fails: "Unsupported",
        remedy: texts["convert-too-large"](),
        then: ploop.createSnapshot({ disk })
      }
    })
  }),
  remedy("convert-raw", {
    when: "a raw disk is to have another format",
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      return {
        call: ploop.convert({ disk, format: "preallocated" }),
        fails: "Unsupported",
        remedy: texts["convert-raw"](),
        follow: Effect.flatMap(
          Conformance.formatted({ name: "other" }),
          (other) => Effect.flatMap(disks.contents(disk), (found) => disks.write(other.disk, found))
        ),
        then: Effect.void,
        kept: disks.contents(disk)
      }
    })
  }),
  remedy("resize-raw", {
    when: "a raw disk is to become smaller",
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* disks.write(disk, tree)
      return {
        call: ploop.resize({ disk, size: "250M" }),
        fails: "Unsupported",
        remedy: texts["resize-raw"](),
        follow: ploop.createSnapshot({ disk, id: a }),
        kept: disks.contents(disk)
      }
    })
  })
]
