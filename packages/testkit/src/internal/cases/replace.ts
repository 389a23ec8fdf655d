import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import { misnamed } from "./misnamed.js"

const { a, unknown } = Conformance.ids

/** A disk with one snapshot, and a copy of one of its images. */
const withCopy = (of: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const made = yield* Conformance.disk()
    yield* ploop.createSnapshot({ disk: made.disk, id: a })
    const old = yield* Conformance.fileOf(made, of)
    const copy = path.join(made.directory, "copy.hdd")
    yield* fs.copyFile(old, copy)
    return { ...made, old, copy }
  })

const offline = (
  id: Case.Case["id"],
  title: string,
  of: SnapshotId.SnapshotId,
  selector: (old: string) => { readonly snapshot: SnapshotId.SnapshotId } | { readonly file: string }
) =>
  Case.make({
    id,
    title,
    source: Case.manual("replace"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* withCopy(of)
      const { copy, disk, old } = made
      const tree = yield* Conformance.parents(disk)
      yield* ploop.replace({ disk, with: copy, ...selector(old) } as Request.ReplaceOptions)
      yield* Check.equal(yield* Conformance.fileOf(made, of), copy, "the file of the image")
      const named = (yield* files.descriptor(disk)).images.find(({ id }) => id === of)?.file
      yield* Check.equal(named, "copy.hdd", "the relative name of the file in the descriptor")
      yield* Check.equal(yield* fs.exists(old), true, "whether the old file still exists")
      yield* Check.equal(yield* Conformance.parents(disk), tree, "the tree")
      yield* fs.remove(old)
      yield* Check.equal((yield* ploop.check({ disk })).outcome, "clean", "the disk without the old file")
    })
  })

const whileIdle: ReadonlyArray<Case.Case> = [
  offline(
    "replace/of-a-snapshot-points-to-the-new-file",
    "MUST use the new file for the snapshot, and keep the old one",
    a,
    () => ({ snapshot: a })
  ),
  offline(
    "replace/of-the-top-delta-points-to-the-new-file",
    "MUST replace the top delta of an idle disk",
    SnapshotId.top,
    () => ({ snapshot: SnapshotId.top })
  ),
  offline("replace/of-a-file-points-to-the-new-file", "MUST replace the image that is given by its file", a, (old) => ({
    file: old
  })),
  Case.make({
    id: "replace/keeps-the-name",
    title: "MUST rename the new file to the name of the old one with keepName, and not change the descriptor",
    source: Case.manual("replace, --keep-name"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* withCopy(a)
      const { copy, directory, disk, old } = made
      const before = yield* fs.readFileString(disk)
      const inode = (yield* fs.stat(copy)).ino
      const aside = `${disk}.tmp`
      yield* fs.writeFileString(aside, "left by a crash")
      yield* ploop.replace({ disk, snapshot: a, with: copy, keepName: true })
      yield* Check.equal(yield* fs.readFileString(disk), before, "the descriptor")
      yield* Check.equal((yield* fs.stat(old)).ino, inode, "the file at the old name")
      yield* Check.equal(
        (yield* files.names(directory)).includes("copy.hdd"),
        false,
        "whether the new name still exists"
      )
      yield* Check.equal(yield* fs.exists(aside), false, "whether the leftover exists")
    })
  }),
  Case.make({
    id: "replace/keeps-the-file-system",
    title: "MUST keep the files of the disk and its snapshots when their images are replaced with copies",
    source: Case.manual("replace"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted()
      const { directory, disk } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { "a": "after" })
      yield* ploop.umount({ disk })
      for (const snapshot of [a, SnapshotId.top]) {
        const old = yield* Conformance.fileOf(made, snapshot)
        const copy = `${directory}/copy of ${snapshot}`
        yield* fs.copyFile(old, copy)
        yield* ploop.replace({ disk, snapshot, with: copy })
        yield* fs.remove(old)
      }
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, "the files of the disk")
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk, { snapshot: a })
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the files of the snapshot")
    })
  })
]

const whileMounted: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "replace/of-a-level-while-mounted",
    title: "MUST replace an image below the top delta of a mounted disk, after which the old file is no longer needed",
    source: Case.manual("replace, -l"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const made = yield* Conformance.formatted()
      const { directory, disk, image } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { "b": "after" })
      const copy = path.join(directory, "copy.hdd")
      yield* fs.copyFile(image, copy)
      yield* ploop.replace({ disk, level: 0, with: copy })
      yield* fs.remove(image)
      yield* Check.equal(yield* Conformance.fileOf(made, a), copy, "the file of the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "a": "before", "b": "after" }, "the files of the disk")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is still mounted")
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "before", "b": "after" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "replace/of-a-named-image-while-mounted",
    title: "MUST replace an image of a mounted disk that is named by its snapshot or by its file, and keep the files",
    source: Case.observed("replace -u and -o on a running disk: generation 9 takes it for an idle one, and crashes"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const made = yield* Conformance.formatted()
      const { directory, disk, image } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      const [first, second] = [path.join(directory, "first.hdd"), path.join(directory, "second.hdd")]
      yield* fs.copyFile(image, first)
      yield* ploop.replace({ disk, snapshot: a, with: first })
      yield* fs.rename(image, second)
      yield* ploop.replace({ disk, file: first, with: second })
      yield* fs.remove(first)
      yield* Check.equal(yield* Conformance.fileOf(made, a), second, "the file of the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the files of the disk")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { "a": "before" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "replace/refuses-another-branch-while-mounted",
    title: "MUST refuse an image that the running device does not have where the tool would crash, and change nothing",
    source: Case.observed("replace -u on a running disk of generation 9"),
    needs: ["device"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { copy, disk } = yield* withCopy(a)
      yield* ploop.createSnapshot({ disk, id: Conformance.ids.b })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.mount({ disk })
      const before = yield* fs.readFileString(disk)
      yield* Check.fails(ploop.replace({ disk, snapshot: Conformance.ids.b, with: copy }), "NotMounted")
      yield* Check.equal(yield* fs.readFileString(disk), before, "the descriptor")
    })
  }),
  Case.make({
    id: "replace/refuses-the-running-top",
    title: "MUST refuse to replace the top delta of a running disk, and change nothing",
    source: Case.source("lib/replace.c ploop_replace_image"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { copy, disk, old } = yield* withCopy(SnapshotId.top)
      const before = yield* fs.readFileString(disk)
      yield* ploop.mount({ disk })
      yield* Check.fails(ploop.replace({ disk, level: 1, with: copy }), "InvalidArgument", { field: "level" })
      yield* Check.equal(yield* fs.readFileString(disk), before, "the descriptor")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), old, "the top delta")
    })
  }),
  Case.make({
    id: "replace/cannot-keep-the-name-while-mounted",
    title: "MUST refuse keepName while the disk is running, where the tool rolls back and reports success",
    source: Case.observed("replace -k on a running image: Rollback, exit code 0"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { copy, disk } = yield* withCopy(a)
      const before = yield* fs.readFileString(disk)
      const { device } = yield* ploop.mount({ disk })
      const replace = ploop.replace({ disk, level: 0, with: copy, keepName: true })
      yield* Check.fails(replace, "ImageInUse", { device })
      yield* Check.equal(yield* fs.readFileString(disk), before, "the descriptor")
      yield* Check.equal(yield* fs.exists(copy), true, "whether the new file still exists")
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "replace/refuses-an-idle-disk-on-generation-9",
    title: "MUST refuse an idle disk on generation 9, whose tool fails without output",
    source: Case.observed("replace of an idle disk on generation 9, exit code 38"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk } = yield* withCopy(a)
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, snapshot: a, with: copy }), "Unsupported")
      )
    })
  }),
  Case.make({
    id: "replace/refuses-a-file-of-another-size",
    title: "MUST refuse a new file that is not a copy of the old one, and change nothing",
    source: Case.observed("replace: Images are of different size, exit code 11"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk } = yield* withCopy(a)
      const { image } = yield* Conformance.disk({ name: "larger", size: "16M" })
      for (const keepName of [false, true]) {
        yield* files.untouched(
          directory,
          Check.fails(ploop.replace({ disk, snapshot: a, with: image, keepName }), "ImageMismatch")
        )
      }
      const empty = yield* Conformance.disk({ name: "preallocated", format: "preallocated" })
      const copy = `${empty.image}.copy`
      yield* fs.copyFile(empty.image, copy)
      yield* ImageFile.markNotEmpty(copy)
      yield* files.untouched(
        empty.directory,
        Check.fails(ploop.replace({ disk: empty.disk, file: empty.image, with: copy }), "ImageMismatch", {
          exitCode: 11
        })
      )
    })
  }),
  Case.make({
    id: "replace/refuses-a-raw-image",
    title: "MUST refuse to replace the raw image of a disk, even with a copy of it",
    source: Case.observed("replace of a raw base: wrong signature, exit code 11"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk, image } = yield* Conformance.disk({ format: "raw" })
      const copy = `${image}.copy`
      yield* fs.copyFile(image, copy)
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, file: image, with: copy }), "ImageCorrupt", { exitCode: 11, image: copy })
      )
    })
  }),
  Case.make({
    id: "replace/refuses-a-broken-file",
    title: "MUST refuse a new file that is broken, and change nothing",
    source: Case.source("lib/replace.c ploop_replace_image: it checks the new image"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk } = yield* withCopy(a)
      yield* ImageFile.breakSignature(copy)
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, snapshot: a, with: copy }), "ImageCorrupt", { image: copy })
      )
    })
  }),
  Case.make({
    id: "replace/refuses-a-file-marked-in-use",
    title: "MUST refuse a new file that was not closed cleanly, even if the old one was not, and change nothing",
    source: Case.observed("replace: Dirty flag is set, exit code 37"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk, old } = yield* withCopy(SnapshotId.top)
      const replace = ploop.replace({ disk, snapshot: SnapshotId.top, with: copy })
      for (const file of [copy, old]) {
        yield* ImageFile.markInUse(file)
        yield* files.untouched(directory, Check.fails(replace, "ImageDirty", { exitCode: 37 }))
      }
    })
  }),
  Case.make({
    id: "replace/refuses-a-missing-file",
    title: "MUST refuse a missing new file, and change nothing",
    source: Case.observed("replace -i of a missing file"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const { directory, disk } = yield* withCopy(a)
      const nowhere = path.join(directory, "nowhere.hdd")
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, snapshot: a, with: nowhere }), "ImageNotFound", { image: nowhere })
      )
    })
  }),
  Case.make({
    id: "replace/refuses-an-unknown-snapshot",
    title: "MUST refuse a snapshot that the disk does not have, and change nothing",
    source: Case.observed("replace -u of an unknown uuid, exit code 38"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk } = yield* withCopy(a)
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, snapshot: unknown, with: copy }), "SnapshotNotFound", { id: unknown })
      )
    })
  }),
  Case.make({
    id: "replace/refuses-a-file-that-is-not-of-the-disk",
    title: "MUST refuse a file that is not an image of the disk, and change nothing",
    source: Case.observed("replace -o of another file, exit code 38"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk } = yield* withCopy(a)
      const { image } = yield* Conformance.disk({ name: "other" })
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, file: image, with: copy }), "InvalidArgument", { field: "file" })
      )
    })
  }),
  Case.make({
    id: "replace/takes-levels-while-mounted-only",
    title: "MUST refuse a level while the disk is not mounted, and change nothing",
    source: Case.observed("replace -l: Can't specify level for offline replace"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { copy, directory, disk } = yield* withCopy(a)
      yield* files.untouched(directory, Check.fails(ploop.replace({ disk, level: 0, with: copy }), "NotMounted"))
    })
  })
]

export const replace: ReadonlyArray<Case.Case> = [
  ...whileIdle,
  ...whileMounted,
  ...refusals,
  ...misnamed("replace", (ploop, disk, directory) => ploop.replace({ disk, snapshot: a, with: directory }))
]
