import { inDirectory } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a, b } = Conformance.ids

const source = Case.observed("the descriptor names its images relative to itself")

/** Copies the files of a disk to another directory. */
const copied = (made: Conformance.TestDisk, name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* Conformance.directory(name)
    for (const file of ["DiskDescriptor.xml", ...(yield* disks.imageFiles(made))]) {
      yield* fs.copyFile(path.join(made.directory, file), path.join(directory, file))
    }
    return { disk: inDirectory(directory), directory, image: made.image } satisfies Conformance.TestDisk
  })

export const moving: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/renamed-directory",
    title: "MUST find an idle disk at its new path after its directory was renamed, and no longer at the old one",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      const directory = yield* Conformance.path("moved")
      yield* fs.rename(made.directory, directory)
      const disk = inDirectory(directory)
      yield* Check.fails(ploop.createSnapshot({ disk: made.disk, id: b }), "DiskNotFound")
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[a, undefined], [b, a], [SnapshotId.top, a]],
        "the tree"
      )
      yield* disks.hasNoStrayImages({ ...made, disk, directory })
      yield* Check.equal(yield* ploop.check({ disk }), { outcome: "clean", findings: [] }, "the check")
    })
  }),
  Case.make({
    id: "scenario/renamed-directory-keeps-files",
    title: "MUST show the files of a disk and of its snapshots after its directory was renamed",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted()
      yield* disks.write(made.disk, { motd: "one" })
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* disks.write(made.disk, { motd: "two" })
      const directory = yield* Conformance.path("moved")
      yield* fs.rename(made.directory, directory)
      const disk = inDirectory(directory)
      yield* disks.holds(disk, { motd: "two" }, "the files")
      yield* disks.holds(disk, { motd: "one" }, "the files of the snapshot", { snapshot: a })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* disks.holds(disk, { motd: "one" }, "the files after the switch")
    })
  }),
  Case.make({
    id: "scenario/copied-directory",
    title: "MUST treat a copy of all files of a disk as a separate disk with the same tree",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      const copy = yield* copied(made, "copy")
      yield* Check.equal(
        yield* ploop.check({ disk: copy.disk }),
        { outcome: "clean", findings: [] },
        "the check of the copy"
      )
      yield* ploop.createSnapshot({ disk: copy.disk, id: b })
      yield* Check.equal(
        yield* Conformance.parents(copy.disk),
        [[a, undefined], [b, a], [SnapshotId.top, b]],
        "the tree of the copy"
      )
      yield* Check.equal(
        yield* Conformance.parents(made.disk),
        [[a, undefined], [SnapshotId.top, a]],
        "the tree of the original"
      )
      yield* disks.hasNoStrayImages(copy)
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "scenario/copied-directory-keeps-files",
    title: "MUST show the same files in a copy that is mounted beside the original, and keep later writes apart",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* disks.write(made.disk, { motd: "one" })
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* disks.write(made.disk, { motd: "two" })
      const copy = yield* copied(made, "copy")
      const original = yield* Conformance.mounted(made.disk, { at: "original" })
      const other = yield* Conformance.mounted(copy.disk, { at: "other" })
      yield* Check.equal(yield* FileTree.read(other.target), { motd: "two" }, "the files of the copy")
      yield* FileTree.write(other.target, { motd: "copy" })
      yield* FileTree.write(original.target, { more: "original" })
      yield* ploop.umount({ disk: made.disk })
      yield* ploop.umount({ disk: copy.disk })
      yield* disks.holds(made.disk, { motd: "two", more: "original" }, "the files of the original")
      yield* disks.holds(copy.disk, { motd: "copy" }, "the files of the copy at the end")
      yield* ploop.switchSnapshot({ disk: copy.disk, id: a })
      yield* disks.holds(copy.disk, { motd: "one" }, "the files of the copy after the switch")
    })
  }),
  Case.make({
    id: "scenario/copied-while-mounted",
    title: "MUST find the in-use flag set in a copy of the files of a mounted disk, and repair the copy",
    source: Case.observed("check of a copied image of a running device"),
    needs: ["device"],
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const made = yield* Conformance.disk()
      yield* disks.attached(made.disk)
      const copy = yield* copied(made, "copy")
      const image = path.join(copy.directory, "root.hdd")
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
      yield* Check.equal((yield* ploop.check({ disk: copy.disk })).outcome, "repaired", "the check of the copy")
      yield* Check.equal((yield* ploop.check({ image })).outcome, "clean", "the check after that")
      yield* Check.fails(ploop.check({ image: made.image }), "ImageInUse")
    })
  }),
  Case.make({
    id: "scenario/restored-from-an-image",
    title: "MUST show the files of an image that was copied byte by byte and has a new descriptor",
    source: Case.manual("restore-descriptor"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted()
      yield* disks.write(made.disk, { motd: "kept" })
      const image = yield* Effect.zipRight(Conformance.directory("copy"), Conformance.path("copy", "other.hdd"))
      yield* fs.writeFile(image, yield* fs.readFile(made.image))
      yield* disks.holds(yield* ploop.restoreDescriptor({ image }), { motd: "kept" }, "the files of the copy")
    })
  })
]
