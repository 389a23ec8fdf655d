import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"

const { a, b } = Conformance.ids

const source = Case.service("Ploop.remove")

const names = (directory: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(directory))

/** A disk with two snapshots, so with three images. */
const chained = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const made = yield* Conformance.disk(options)
    for (const id of [a, b]) yield* ploop.createSnapshot({ disk: made.disk, id })
    return made
  })

const refusesTheOthers = (
  id: Case.Case["id"],
  title: string,
  other: (made: Conformance.TestDisk) => Effect.Effect<string, Case.Failure, FileSystem.FileSystem | Path.Path>
) =>
  Case.make({
    id,
    title,
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const made = yield* chained()
      const name = yield* other(made)
      const { disk, directory } = made
      const refused = Check.fails(ploop.remove({ disk }), "ConsentRequired", { option: "keepOthers" })
      const { reason } = yield* files.untouched(directory, refused)
      yield* Check.isTrue(reason.includes(name), "whether the error names the file", reason)
      const { kept } = yield* ploop.remove({ disk, keepOthers: true })
      yield* Check.equal<ReadonlyArray<string>>(kept, [path.join(directory, name)], "what was kept")
      yield* Check.equal(yield* names(directory), [name], "the files of the directory")
    })
  })

export const remove: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "remove/leaves-an-empty-directory",
    title: "MUST remove every image, what the tool keeps beside them and the descriptor, and keep the directory",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* chained()
      const other = yield* chained({ name: "other" })
      yield* files.untouched(other.directory, ploop.remove({ disk }))
      yield* Check.equal(yield* names(directory), [], "the files of the directory")
      yield* Check.fails(ploop.listSnapshots({ disk }), "DiskNotFound")
    })
  }),
  Case.make({
    id: "remove/removes-the-descriptor-last",
    title: "MUST return the removed files in the order of their removal, with the descriptor as the last one",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* chained()
      const there = yield* Effect.map(names(directory), (found) => found.map((name) => `${directory}/${name}`))
      const { kept, removed } = yield* ploop.remove({ disk })
      yield* Check.equal<ReadonlyArray<string>>([...removed].sort(), [...there].sort(), "what was removed")
      yield* Check.equal<string | undefined>(removed.at(-1), disk, "what was removed last")
      yield* Check.equal(kept, [], "what was kept")
    })
  }),
  Case.make({
    id: "remove/makes-room-for-another-disk",
    title: "MUST leave a directory in which a disk of the same name can be created",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* chained()
      yield* ploop.remove({ disk })
      const again = yield* Conformance.disk()
      yield* Check.equal((yield* Conformance.parents(again.disk)).length, 1, "the number of images")
    })
  }),
  Case.make({
    id: "remove/finishes-what-was-begun",
    title: "MUST remove the rest of a disk some of whose images are gone, as after a removal that was killed",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk, image } = yield* chained()
      yield* fs.remove(yield* ploop.topDelta({ disk }))
      yield* fs.remove(image)
      yield* ploop.remove({ disk })
      yield* Check.equal(yield* names(directory), [], "the files of the directory")
      yield* Check.fails(ploop.remove({ disk }), "DiskNotFound")
    })
  }),
  refusesTheOthers(
    "remove/refuses-other-files",
    "MUST refuse a directory with a file that is not the disk's, name it, and keep it with keepOthers",
    ({ directory }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString((yield* Path.Path).join(directory, "notes.txt"), "keep me")
        return "notes.txt"
      })
  ),
  refusesTheOthers(
    "remove/refuses-an-unnamed-delta",
    "MUST refuse a directory with an image that the descriptor does not name, and keep it with keepOthers",
    ({ image }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const lost = `${image}.${Conformance.ids.unknown}`
        yield* fs.copyFile(image, lost)
        return (yield* Path.Path).basename(lost)
      })
  ),
  Case.make({
    id: "remove/keeps-images-elsewhere",
    title: "MUST keep an image that is outside the directory of the descriptor, and return it as kept",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* Conformance.disk()
      const elsewhere = yield* Conformance.directory("elsewhere")
      const disk = yield* ploop.restoreDescriptor({ image, directory: elsewhere })
      const { kept } = yield* files.untouched(directory, ploop.remove({ disk }))
      yield* Check.equal(kept, [image], "what was kept")
      yield* Check.equal(yield* names(elsewhere), [], "the files of the directory")
    })
  }),
  Case.make({
    id: "remove/keeps-the-target-of-a-link",
    title: "MUST remove an image that is a symbolic link, keep the file that it leads to, and return that as kept",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk, image } = yield* Conformance.disk()
      const elsewhere = `${yield* Conformance.directory("elsewhere")}/data.hdd`
      yield* fs.rename(image, elsewhere)
      yield* fs.symlink(elsewhere, image)
      const { kept } = yield* ploop.remove({ disk })
      yield* Check.equal<ReadonlyArray<string>>(kept, [elsewhere], "what was kept")
      yield* Check.equal(yield* names(directory), [], "the files of the directory")
      yield* Check.equal(yield* fs.exists(elsewhere), true, "whether the file is still there")
    })
  }),
  Case.make({
    id: "remove/refuses-a-shared-image",
    title: "MUST refuse a disk whose image has another name, as that of a linked clone has, and remove nothing",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk, image } = yield* chained()
      const link = `${yield* Conformance.directory("clone")}/root.hdd`
      yield* fs.link(image, link)
      yield* files.untouched(directory, Check.fails(ploop.remove({ disk }), "ImageShared", { image }))
      yield* fs.remove(link)
      yield* ploop.remove({ disk })
    })
  }),
  Case.make({
    id: "remove/refuses-the-in-use-flag",
    title: "MUST refuse a disk whose image has its in-use flag set, which another host may have done",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* chained()
      const top = yield* ploop.topDelta({ disk })
      yield* ImageFile.markInUse(top)
      yield* files.untouched(directory, Check.fails(ploop.remove({ disk }), "ImageDirty", { image: top }))
    })
  }),
  Case.make({
    id: "remove/refuses-a-broken-descriptor",
    title: "MUST refuse a descriptor that cannot be read, because nobody knows the images then",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk } = yield* Conformance.disk()
      yield* fs.writeFileString(disk, "<Parallels_disk_image>")
      yield* files.untouched(directory, Check.fails(ploop.remove({ disk, keepOthers: true }), "DescriptorInvalid"))
    })
  }),
  Case.make({
    id: "remove/refuses-what-is-running",
    title: "MUST refuse while any device of the disk is running, also one of a component or a snapshot, and work after",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.formatted()
      yield* ploop.createSnapshot({ disk, id: a })
      const refused = (device: string) => Check.fails(ploop.remove({ disk }), "ImageInUse", { device })
      yield* Effect.scoped(Effect.flatMap(Conformance.mounted(disk), ({ device }) => refused(device)))
      for (const options of [{ component: "backup" }, { component: "old", snapshot: a }]) {
        yield* Effect.scoped(Effect.flatMap(disks.attached(disk, options), refused))
      }
      yield* ploop.remove({ disk })
      yield* Check.equal(yield* names(directory), [], "the files of the directory")
    })
  })
]
