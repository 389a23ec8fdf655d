import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, d, unknown } = Conformance.ids
const top = SnapshotId.top

const forms: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mergeSnapshots/of-the-top",
    title: "MUST merge the top delta into its parent by default: it survives in the file of the parent",
    source: Case.manual("snapshot-merge"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, b)
      const answer = yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal<object>(answer, { survivor: top, image, gone: [b] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), image, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-one",
    title: "MUST merge a snapshot into the file and the place of its parent, whose identifier is lost",
    source: Case.source("lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, b)
      const others = (yield* snapshots.files(made)).filter(([id]) => id !== b && id !== c)
      const answer = yield* ploop.mergeSnapshots({ disk, snapshot: c })
      yield* Check.equal<object>(answer, { survivor: c, image, gone: [b] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [c, a], [top, c]], "the tree")
      yield* Check.equal(
        (yield* snapshots.files(made)).filter(([id]) => id !== c),
        others,
        "the files of the others"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-a-range",
    title:
      "MUST merge the range from a snapshot down to an ancestor into the file of the ancestor, and not change others",
    source: Case.manual("snapshot-merge"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c, d])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, b)
      const others = (yield* snapshots.files(made)).filter(([id]) => id === a || id === top)
      const answer = yield* ploop.mergeSnapshots({ disk, snapshot: d, downTo: b })
      yield* Check.equal<object>(answer, { survivor: d, image, gone: [b, c] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [d, a], [top, d]], "the tree")
      yield* Check.equal(
        (yield* snapshots.files(made)).filter(([id]) => id !== d),
        others,
        "the files of the others"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-a-range-from-the-top",
    title: "MUST start a range at the top delta unless a snapshot is given",
    source: Case.service("Request.MergeSnapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, b)
      const answer = yield* ploop.mergeSnapshots({ disk, downTo: b })
      yield* Check.equal<object>(answer, { survivor: top, image, gone: [b, c] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-all",
    title: "MUST merge everything from the top delta to the base into the base image, and leave a disk with one image",
    source: Case.manual("snapshot-merge -A"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const answer = yield* ploop.mergeSnapshots({ disk, all: true })
      yield* Check.equal(answer, { survivor: top, image: made.image, gone: [a, b, c] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* Check.equal(yield* ploop.topDelta({ disk }), made.image, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/in-another-branch",
    title: "MUST merge within a branch without the top delta, and not change the chain of the top delta",
    source: Case.source("lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      yield* ploop.switchSnapshot({ disk, id: a })
      const image = yield* Conformance.fileOf(made, b)
      const others = (yield* snapshots.files(made)).filter(([id]) => id === a || id === top)
      const answer = yield* ploop.mergeSnapshots({ disk, snapshot: c })
      yield* Check.equal<object>(answer, { survivor: c, image, gone: [b] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [c, a], [top, a]], "the tree")
      yield* Check.equal((yield* snapshots.files(made)).filter(([id]) => id !== c), others, "the files of the others")
    })
  }),
  Case.make({
    id: "mergeSnapshots/keeps-the-blocks-of-all",
    title: "MUST merge the blocks of all images of a range, and of no others",
    source: Case.source("lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const written = [[a, 0], [b, 3], [b, 1], [c, 3], [c, 6], [top, 2]] as const
      for (const [id, cluster] of written) yield* snapshots.occupy(yield* Conformance.fileOf(made, id), cluster)
      const { image } = yield* ploop.mergeSnapshots({ disk, snapshot: c })
      yield* Check.equal(yield* snapshots.occupied(image), [1, 3, 6], "the blocks in the merged image")
      yield* Check.equal(yield* snapshots.occupied(made.image), [0], "the blocks in the base image")
      yield* ploop.mergeSnapshots({ disk, all: true })
      yield* Check.equal(yield* snapshots.occupied(made.image), [0, 1, 2, 3, 6], "the blocks in the only image")
    })
  }),
  Case.make({
    id: "mergeSnapshots/keeps-the-size-of-the-upper",
    title: "MUST make the merged image as large as the upper one",
    source: Case.source("lib/merge.c merge_image"),
    needs: ["lowLevel"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const { size } = yield* ploop.imageInfo({ disk })
      const grown = ByteSize.make(size * 2n)
      yield* low.grow({ disk, size: grown })
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, grown, "the size of the disk")
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-raw-base",
    title: "MUST merge into a raw base image, which stays raw; generation 9 MUST refuse, and change nothing",
    source: Case.observed("snapshot-merge of a raw disk"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a], { format: "raw", version: undefined })
      const { disk } = made
      const before = yield* fs.stat(made.image)
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })) {
        yield* snapshots.untouched(made, Check.fails(ploop.deleteSnapshot({ disk, id: a }), "Unsupported"))
        yield* snapshots.untouched(made, Check.fails(ploop.mergeSnapshots({ disk }), "Unsupported"))
        return
      }
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).version, undefined, "the format version")
      yield* Check.equal((yield* fs.stat(made.image)).size, before.size, "the size of the raw file")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-new-file",
    title:
      "MUST write the result to the new file and remove the merged images; generation 9 MUST refuse, and change nothing",
    source: Case.observed("snapshot-merge -n"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* snapshots.occupy(yield* Conformance.fileOf(made, b), 1)
      yield* snapshots.occupy(yield* Conformance.fileOf(made, top), 4)
      const others = (yield* snapshots.files(made)).filter(([id]) => id === a)
      const old = (yield* snapshots.files(made)).filter(([id]) => id !== a)
      const into = yield* Conformance.path("merged.hdd")
      const merging = ploop.mergeSnapshots({ disk, into })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })) {
        yield* snapshots.untouched(made, Check.fails(merging, "Unsupported"))
        return yield* Check.equal(yield* fs.exists(into), false, "whether the new file exists")
      }
      yield* Check.equal<object>(yield* merging, { survivor: top, image: into, gone: [b] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), into, "the file of the top delta")
      yield* Check.equal(yield* snapshots.occupied(into), [1, 4], "the blocks in it")
      yield* Check.equal((yield* snapshots.files(made)).filter(([id]) => id === a), others, "the file of the other")
      for (const [, file] of old) yield* Check.equal(yield* fs.exists(file), false, `whether ${file} exists`)
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-new-file-of-the-size-of-the-upper",
    title: "MUST make the new file as large as the upper image, even if the lower one is larger",
    source: Case.observed("snapshot-merge -n with a base that was grown separately"),
    needs: ["lowLevel"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { size } = yield* ploop.imageInfo({ disk })
      yield* low.grow({ image: made.image, size: ByteSize.make(size * 2n) })
      yield* ploop.mergeSnapshots({ disk, all: true, into: yield* Conformance.path("merged.hdd") })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, size, "the size of the disk")
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-new-file-that-is-called-empty",
    title: "MUST leave a new file with a wrong empty flag, which a forced check repairs",
    source: Case.observed("check -f after snapshot-merge -n: CIF_Empty flag is incorrect"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a], { format: "preallocated" })
      const into = yield* Conformance.path("merged.hdd")
      yield* ploop.mergeSnapshots({ disk: made.disk, into })
      const outcome = Effect.map(ploop.check({ image: into, force: true }), (report) => report.outcome)
      yield* Check.equal(yield* outcome, "repaired", "the check of the new file")
      yield* Check.equal(yield* outcome, "clean", "the check after that")
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-new-file-from-a-broken-header",
    title:
      "MUST only read the lower image, whose first cluster may be anywhere; generation 7 MUST refuse, and change nothing",
    source: Case.observed("snapshot-merge -n of an image whose first cluster is 0x7fffffff"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const lower = yield* Conformance.fileOf(made, b)
      yield* snapshots.occupy(lower, 1)
      yield* ImageFile.poke(lower, 48, [0xff, 0xff, 0xff, 0x7f])
      const into = yield* Conformance.path("merged.hdd")
      const merging = ploop.mergeSnapshots({ disk, into })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        yield* snapshots.untouched(made, Check.fails(merging, "ImageCorrupt", { image: lower }))
        return
      }
      yield* merging
      yield* Check.equal(yield* snapshots.occupied(into), [1], "the blocks in the new file")
    })
  }),
  Case.make({
    id: "mergeSnapshots/all-into-a-new-file",
    title:
      "MUST write a whole chain to the new file and remove all images; generations 7 and 9 MUST refuse, and change nothing",
    source: Case.observed("snapshot-merge -A -n"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const old = yield* snapshots.files(made)
      const into = yield* Conformance.path("merged.hdd")
      const merging = ploop.mergeSnapshots({ disk, all: true, into })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        yield* snapshots.untouched(made, Check.fails(merging, "Unsupported"))
        return yield* Check.equal(yield* fs.exists(into), false, "whether the new file exists")
      }
      yield* Check.equal<object>(yield* merging, { survivor: top, image: into, gone: [a, b] }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), into, "the file of the top delta")
      for (const [, file] of old) yield* Check.equal(yield* fs.exists(file), false, `whether ${file} exists`)
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mergeSnapshots/refuses-a-file-that-is-there",
    title: "MUST refuse to merge into an existing file, name it, and not touch it or the disk",
    source: Case.service("Ploop.mergeSnapshots"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const into = path.join(made.directory, "precious")
      yield* fs.writeFileString(into, "mine")
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.mergeSnapshots({ disk: made.disk, into }), "AlreadyExists", { path: into })
      )
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-a-raw-base-into-a-new-file",
    title: "MUST refuse to merge a raw base image into a new file, and create none",
    source: Case.observed("snapshot-merge -n of a raw disk"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a], { format: "raw", version: undefined })
      const into = yield* Conformance.path("merged.hdd")
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.mergeSnapshots({ disk: made.disk, into }), "Unsupported")
      )
      yield* Check.equal(yield* fs.exists(into), false, "whether the new file exists")
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-the-base",
    title: "MUST refuse every form of merge of a snapshot without a parent, and change nothing",
    source: Case.source("lib/snapshot.c ploop_merge_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const alone = yield* Conformance.disk({ name: "alone" })
      for (const form of [{}, { all: true }, { snapshot: top }] as const) {
        yield* snapshots.untouched(
          alone,
          Check.fails(ploop.mergeSnapshots({ disk: alone.disk, ...form }), "SnapshotIsBase")
        )
      }
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.mergeSnapshots({ disk: made.disk, snapshot: a }), "SnapshotIsBase")
      )
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-an-unknown-snapshot",
    title: "MUST name the missing end of a range, and change nothing",
    source: Case.service("Ploop.mergeSnapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      for (const form of [{ snapshot: unknown }, { downTo: unknown }, { snapshot: unknown, downTo: a }]) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk: made.disk, ...form }), "SnapshotNotFound", { id: unknown })
        )
      }
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-what-is-no-ancestor",
    title: "MUST refuse a range that is empty or does not go down one chain, and change nothing",
    source: Case.observed("snapshot-merge -U"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      yield* ploop.switchSnapshot({ disk: made.disk, id: b })
      for (const [snapshot, downTo] of [[b, c], [top, c], [b, b]] as const) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk: made.disk, snapshot, downTo }), "SnapshotNotAncestor", {
            id: snapshot,
            ancestor: downTo
          })
        )
      }
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-to-merge-into-the-top",
    title: "MUST refuse to merge a child of the top delta into it, and change nothing",
    source: Case.service("Ploop.mergeSnapshots: generation 1.15 leaves a disk that has no top delta"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* ploop.deleteSnapshot({ disk, id: top })
      for (const form of [{}, { downTo: top }]) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk, snapshot: b, ...form }), "SnapshotHasChildren", { id: top })
        )
      }
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-a-parent-with-several-children",
    title: "MUST refuse to merge into or across a snapshot with several children, count them, and change nothing",
    source: Case.source("lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      yield* snapshots.take(made, c, d)
      for (const form of [{ snapshot: b }, { snapshot: c }, { all: true }, { downTo: a }] as const) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk: made.disk, ...form }), "SnapshotHasChildren", { id: a, children: 2 })
        )
      }
      yield* ploop.mergeSnapshots({ disk: made.disk, downTo: c })
      yield* Check.equal(
        yield* Conformance.parents(made.disk),
        [[a, undefined], [b, a], [top, a]],
        "the tree after a merge above the branch"
      )
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-all-with-an-end",
    title: "MUST refuse `all` together with an end of a range, before anything is touched",
    source: Case.service("Request.MergeSnapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      for (const form of [{ snapshot: a }, { downTo: a }] as const) {
        yield* snapshots.refuses(made, ploop.mergeSnapshots({ disk: made.disk, all: true, ...form }), {
          field: "all",
          value: true,
          rule: new RegExp(`cannot be given together with ${Object.keys(form)[0]}`)
        })
      }
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-what-is-no-id",
    title: "MUST refuse an end of a range that is not a UUID, and name the field",
    source: Case.service("Request.MergeSnapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      for (const field of ["snapshot", "downTo"] as const) {
        for (const value of ["base", SnapshotId.none]) {
          yield* snapshots.refuses(made, ploop.mergeSnapshots({ disk: made.disk, [field]: value }), {
            field,
            value,
            rule: /UUID/
          })
        }
      }
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-an-image-that-was-not-closed",
    title: "MUST refuse to merge an image whose in-use flag is set, and change nothing",
    source: Case.observed("snapshot-merge of a disk that was not closed"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, b)
      yield* ImageFile.markInUse(image)
      // The tool of generations 7 and 9 would mark the parent as temporary.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 4, "7": undefined, "9": undefined })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.mergeSnapshots({ disk }), "ImageDirty", { image, exitCode })
      )
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [], "the temporary snapshots")
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-when-an-image-is-missing",
    title: "MUST name a missing image file, and keep the tree and the other images",
    source: Case.observed("snapshot-merge without an image"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const [image, kept] = [yield* Conformance.fileOf(made, b), yield* Conformance.fileOf(made, top)]
      yield* fs.remove(image)
      yield* Check.fails(ploop.mergeSnapshots({ disk }), "ImageNotFound", { image })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* Check.equal(yield* fs.exists(kept), true, "whether the top delta exists")
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-when-an-image-is-broken",
    title: "MUST refuse to merge a file that is not a ploop image, and keep the tree and the files",
    source: Case.observed("snapshot-merge with an image without a signature"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ImageFile.breakSignature(yield* Conformance.fileOf(made, top))
      yield* Check.fails(ploop.mergeSnapshots({ disk }), "ImageCorrupt")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor, and remove nothing",
    source: Case.observed("snapshot-merge without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* fs.remove(made.disk)
      for (const form of [{}, { all: true }] as const) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk: made.disk, ...form }), "DiskNotFound")
        )
      }
    })
  })
]

const running: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mergeSnapshots/below-a-component",
    title:
      "MUST merge the snapshots of an idle disk while a component device shows its top delta read-only, again later",
    source: Case.observed("snapshot-merge, snapshot and snapshot-merge beside a device that was mounted -r with -c"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const { device } = yield* ploop.mount({ disk, component: "b", readOnly: true })
      yield* ploop.mergeSnapshots({ disk })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* ploop.umount({ device })
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-a-read-only-device",
    title: "MUST refuse to merge the top delta of a read-only device, change nothing, and merge the snapshots below it",
    source: Case.source("the driver's ploop_merge; lib/merge.c merge_image merges the others itself"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ploop.mount({ disk, readOnly: true })
      yield* snapshots.untouched(made, Check.fails(ploop.mergeSnapshots({ disk }), "Unsupported"))
      yield* ploop.mergeSnapshots({ disk, snapshot: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [top, b]], "the tree after the merge")
    })
  }),
  Case.make({
    id: "mergeSnapshots/that-a-device-shows",
    title: "MUST refuse when a component device uses either of the two, name it, and change nothing",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      for (const id of [a, b]) {
        const { device } = yield* ploop.mount({ disk, snapshot: id, component: "look" })
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.mergeSnapshots({ disk, snapshot: b }), "SnapshotInUse", { id, devices: [device] })
        )
        yield* ploop.umount({ disk, component: "look" })
      }
      yield* ploop.mergeSnapshots({ disk, snapshot: b })
    })
  }),
  Case.make({
    id: "mergeSnapshots/below-what-a-device-shows",
    title: "MUST merge below a snapshot that a component device shows, or refuse if that could not be unmounted then",
    source: Case.observed("snapshot-merge below the snapshot that a mount with -c shows, and its unmount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* snapshots.belowShown((disk) => ploop.mergeSnapshots({ disk, snapshot: b }))
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-a-temporary-one-that-a-device-shows",
    title: "MUST refuse to merge a temporary snapshot while its device runs, whose reader keeps it",
    source: Case.observed("snapshot-merge of a temporary snapshot whose device runs: generations 7 and 9 stop it"),
    needs: ["device", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: c, component: "backup" })
      const refusal = yield* Conformance.ofGeneration({
        "1.15": "SnapshotInUse",
        "7": "Unsupported",
        "9": "Unsupported"
      })
      for (const range of [{ snapshot: c }, { all: true }] as const) {
        yield* snapshots.untouched(made, Check.fails(ploop.mergeSnapshots({ disk, ...range }), refusal))
      }
      const running = yield* ploop.deviceOf({ disk, component: "~backup" })
      yield* Check.equal(Option.map(running, (found) => found.device), Option.some(device), "the device")
      yield* ploop.umount({ device })
      yield* ploop.mergeSnapshots({ disk, all: true })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
    })
  }),
  Case.make({
    id: "mergeSnapshots/of-the-top-that-a-device-shows",
    title:
      "MUST merge the top delta even while a component device uses it, or refuse if the device shows the other too",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk, readOnly: true, component: "look" })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })) {
        const merge = ploop.mergeSnapshots({ disk })
        yield* snapshots.untouched(made, Check.fails(merge, "SnapshotInUse", { id: top, devices: [device] }))
        yield* ploop.umount({ device })
      }
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-a-new-file-of-a-running-disk",
    title: "MUST write the result to the new file even while the disk is running, which continues with it",
    source: Case.observed("snapshot-merge -n of a running disk"),
    needs: ["mount"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      const into = yield* Conformance.path("merged.hdd")
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(disk)
        yield* FileTree.write(target, { "state": "1" })
        yield* snapshots.take(made, a)
        yield* FileTree.write(target, { "state": "2" })
        yield* snapshots.take(made, b)
        yield* FileTree.write(target, { "state": "3" })
        const answer = yield* ploop.mergeSnapshots({ disk, snapshot: b, into })
        yield* Check.equal<object>(answer, { survivor: b, image: into, gone: [a] }, "the result")
        yield* Check.equal(yield* FileTree.read(target), { "state": "3" }, "the disk")
        const devices = (yield* ploop.listDevices).filter(({ image }) => image === into)
        yield* Check.equal<ReadonlyArray<string | undefined>>(
          devices.map((found) => found.target),
          [target],
          "the mounts"
        )
      }))
      yield* Check.equal(yield* snapshots.contents(made, { snapshot: b }), { "state": "2" }, "the merged snapshot")
      yield* Check.equal(yield* snapshots.contents(made), { "state": "3" }, "the disk after an unmount")
    })
  }),
  Case.make({
    id: "mergeSnapshots/into-nowhere",
    title: "MUST fail when the directory of the new file is missing, and change nothing",
    source: Case.observed("snapshot-merge -n into a missing directory"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const into = yield* Conformance.path("nowhere", "merged.hdd")
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.mergeSnapshots({ disk: made.disk, into }), "DirectoryNotFound")
      )
    })
  }),
  Case.make({
    id: "mergeSnapshots/leaves-temporary-ones-alone",
    title: "MUST NOT change a temporary snapshot that is not part of the merge",
    source: Case.observed("the life cycle of tsnapshot"),
    needs: ["device", "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const { device } = yield* ploop.createTemporarySnapshot({ disk, id: c, component: "backup" })
      yield* ploop.umount({ device })
      yield* ploop.mergeSnapshots({ disk, snapshot: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [c, b], [top, c]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [c], "the temporary snapshots")
      // The lower one loses its mark with its identifier.
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [top, b]], "the tree after the other merge")
      yield* Check.equal(yield* snapshots.temporary(made), [], "the temporary snapshots after that")
    })
  }),
  Case.make({
    id: "mergeSnapshots/offline-keeps-the-contents",
    title: "MUST keep the files of the disk when all is merged, without those that were removed",
    source: Case.manual("snapshot-merge"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "gone": "", "state": "1" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "state": "2", "second": "" })
      yield* snapshots.take(made, b)
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(made.disk)
        yield* fs.remove(path.join(target, "gone"))
        yield* FileTree.write(target, { "state": "3" })
      }))
      yield* ploop.mergeSnapshots({ disk: made.disk, all: true })
      yield* Check.equal(yield* snapshots.contents(made), { "second": "", "state": "3" }, "the disk")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "mergeSnapshots/keeps-the-contents-of-the-survivor",
    title: "MUST show the files of the upper snapshot in the merged one",
    source: Case.manual("snapshot-merge"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "state": "1" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "state": "2", "second": "" })
      yield* snapshots.take(made, b)
      yield* snapshots.put(made, { "state": "3" })
      yield* ploop.mergeSnapshots({ disk: made.disk, snapshot: b })
      yield* Check.equal(
        yield* snapshots.contents(made, { snapshot: b }),
        { "second": "", "state": "2" },
        "the snapshot"
      )
      yield* Check.equal(yield* snapshots.contents(made), { "second": "", "state": "3" }, "the disk")
    })
  }),
  Case.make({
    id: "mergeSnapshots/online-keeps-the-contents",
    title: "MUST merge below and into the top delta of a mounted disk, whose files stay the same and writable",
    source: Case.manual("snapshot-merge"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(disk)
        yield* FileTree.write(target, { "state": "1" })
        yield* snapshots.take(made, a)
        yield* FileTree.write(target, { "state": "2", "second": "" })
        yield* snapshots.take(made, b)
        yield* FileTree.write(target, { "state": "3" })
        yield* ploop.mergeSnapshots({ disk, snapshot: b })
        yield* Check.equal(
          yield* Conformance.parents(disk),
          [[b, undefined], [top, b]],
          "the tree after the lower merge"
        )
        yield* Check.equal(
          yield* FileTree.read(target),
          { "second": "", "state": "3" },
          "the disk after the lower merge"
        )
        yield* ploop.mergeSnapshots({ disk })
        yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree after the upper merge")
        yield* Check.equal(
          yield* FileTree.read(target),
          { "second": "", "state": "3" },
          "the disk after the upper merge"
        )
        yield* FileTree.write(target, { "late": "" })
        yield* snapshots.take(made, c)
        yield* FileTree.write(target, { "late": "r" })
        yield* ploop.mergeSnapshots({ disk, all: true })
        yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the disk is mounted")
      }))
      yield* snapshots.onlyNamedImages(made)
      yield* Check.equal(
        yield* snapshots.contents(made),
        { "late": "r", "second": "", "state": "3" },
        "the disk after an unmount"
      )
    })
  })
]

export const mergeSnapshots: ReadonlyArray<Case.Case> = [...forms, ...refusals, ...running]
