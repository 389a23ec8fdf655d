import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import * as disks from "./disks.js"
import * as snapshots from "./snapshotUtils.js"

const { a } = Conformance.ids

const services = Effect.all({
  fs: FileSystem.FileSystem,
  low: LowLevel.LowLevel,
  path: Path.Path,
  ploop: Ploop.Ploop
})

/** A disk with a snapshot: its base image, and the delta above it. */
const pair = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const { ploop } = yield* services
    const made = yield* Conformance.disk(options)
    yield* ploop.createSnapshot({ disk: made.disk, id: a })
    return { ...made, delta: yield* ploop.topDelta({ disk: made.disk }) }
  })

export const mergeDelta: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mergeDelta/takes-the-clusters",
    title: "MUST merge the clusters of the delta into the image, close both, and keep the files and the descriptor",
    source: Case.observed("merge DELTA BASE of two images"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { low, ploop } = yield* services
      const made = yield* pair()
      const { delta, disk, image } = made
      yield* snapshots.occupy(image, 1)
      yield* snapshots.occupy(delta, 2)
      const before = yield* disks.descriptor(disk)
      yield* low.mergeDelta({ delta, image })
      yield* Check.equal(yield* snapshots.occupied(image), [1, 2], "the clusters of the image")
      yield* Check.equal(yield* snapshots.occupied(delta), [2], "the clusters of the delta")
      for (const file of [image, delta]) {
        yield* Check.equal(yield* snapshots.isMarkedInUse(file), false, "the in-use flag")
        yield* ploop.check({ image: file })
      }
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
      yield* disks.hasNoStrayImages(made)
      // Nothing is lost when it is done again.
      yield* low.mergeDelta({ delta, image })
      yield* Check.equal(yield* snapshots.occupied(image), [1, 2], "the clusters of the image")
    })
  }),
  Case.make({
    id: "mergeDelta/takes-the-contents",
    title: "MUST bring the files of the delta into the image",
    source: Case.observed("merge DELTA BASE of two images"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { low, ploop } = yield* services
      const { disk, image } = yield* Conformance.formatted()
      yield* disks.write(disk, { first: "in the image" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* disks.write(disk, { second: "in the delta" })
      yield* low.mergeDelta({ delta: yield* ploop.topDelta({ disk }), image })
      const both = { first: "in the image", second: "in the delta" }
      yield* disks.holds(disk, both, "the files of the disk")
      yield* disks.holds(disk, both, "the files of the image", { snapshot: a })
    })
  }),
  Case.make({
    id: "mergeDelta/unsupported",
    title: "MUST refuse it where the tool takes no images by their files, and not change them",
    source: Case.observed("merge DELTA BASE on generation 9, exit code 4: open (null): Bad address"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const { low } = yield* services
      const made = yield* pair()
      const { delta, image } = made
      yield* snapshots.untouched(
        made,
        Check.fails(low.mergeDelta({ delta, image }), "Unsupported", { operation: "mergeDelta", subject: image })
      )
    })
  }),
  Case.make({
    id: "mergeDelta/refuses-what-it-cannot-read",
    title: "MUST refuse a missing image, a file that is none, and one that was not closed cleanly, and change nothing",
    source: Case.source("lib/merge.c merge_image, lib/delta.c open_delta"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { fs, low, path } = yield* services
      const made = yield* pair()
      const { delta, directory, image } = made
      const [missing, text] = [path.join(directory, "missing"), path.join(directory, "text")]
      yield* fs.writeFileString(text, "not an image")
      yield* snapshots.untouched(
        made,
        Effect.gen(function*() {
          yield* Check.fails(low.mergeDelta({ delta: missing, image }), "ImageNotFound", { image: missing })
          yield* Check.fails(low.mergeDelta({ delta, image: missing }), "ImageNotFound", { image: missing })
          yield* Check.fails(low.mergeDelta({ delta: text, image }), "ImageCorrupt", { image: text })
          yield* Check.fails(low.mergeDelta({ delta, image: text }), "ImageCorrupt", { image: text })
        })
      )
      yield* ImageFile.markInUse(delta)
      yield* snapshots.untouched(
        made,
        Check.fails(low.mergeDelta({ delta, image }), "ImageDirty", { image: delta })
      )
    })
  }),
  Case.make({
    id: "mergeDelta/refuses-other-files",
    title: "MUST refuse an image as its own delta, one of another directory, and one of another format",
    source: Case.source("lib/merge.c merge_image, which does not compare the format of the lower image"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { fs, low, path } = yield* services
      const made = yield* pair({ clusterSize: "1M" })
      const { delta, directory, image } = made
      const other = yield* Conformance.disk({ name: "other", clusterSize: "512K" })
      const link = path.join(directory, "link")
      const copy = path.join(directory, "copy")
      yield* fs.symlink(image, link)
      yield* fs.copyFile(other.image, copy)
      yield* snapshots.untouched(
        made,
        Effect.forEach(
          [[image, image], [link, image], [other.image, image], [copy, image], [delta, copy]] as const,
          ([delta, image]) =>
            Check.fails(low.mergeDelta({ delta, image }), "InvalidArgument", {
              field: "delta",
              value: JSON.stringify(delta)
            })
        )
      )
    })
  }),
  Case.make({
    id: "mergeDelta/refuses-a-shared-image",
    title: "MUST refuse to write to an image that has another name, and merge from a delta that has one",
    source: Case.service("Refusal.unshared"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { fs, low, path } = yield* services
      const { delta, image } = yield* pair()
      const elsewhere = yield* Conformance.directory("elsewhere")
      yield* fs.link(delta, path.join(elsewhere, "delta"))
      yield* low.mergeDelta({ delta, image })
      yield* fs.link(image, path.join(elsewhere, "image"))
      yield* Check.fails(low.mergeDelta({ delta, image }), "ImageShared", { image })
    })
  }),
  Case.make({
    id: "mergeDelta/refuses-a-running-disk",
    title: "MUST refuse the images of a device, and name it",
    source: Case.service("Refusal.mergeDelta"),
    needs: ["device"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { low } = yield* services
      const { delta, disk, image } = yield* pair()
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.mergeDelta({ delta, image }), "ImageInUse", { device })
    })
  })
]
