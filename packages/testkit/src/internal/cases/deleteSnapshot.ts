import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const top = SnapshotId.top

const idle: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deleteSnapshot/of-a-leaf",
    title: "MUST delete a snapshot without children, with its file, and return Deleted",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      const before = yield* snapshots.files(made)
      yield* Check.equal(yield* ploop.deleteSnapshot({ disk, id: b }), { _tag: "Deleted", id: b }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* snapshots.files(made), before.filter(([id]) => id !== b), "the files of the others")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/with-one-child",
    title: "MUST merge an only child into the file and the place of the snapshot, and remove the file of the child",
    source: Case.source("lib/snapshot.c do_delete_snapshot, lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const file = yield* Conformance.fileOf(made, b)
      const others = (yield* snapshots.files(made)).filter(([id]) => id !== b && id !== c)
      yield* Check.equal(
        yield* ploop.deleteSnapshot({ disk, id: b }),
        { _tag: "MergedIntoChild", id: b, child: c },
        "the result"
      )
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [c, a], [top, c]], "the tree")
      yield* Check.equal(yield* Conformance.fileOf(made, c), file, "the file of the child")
      yield* Check.equal(
        (yield* snapshots.files(made)).filter(([id]) => id !== c),
        others,
        "the files of the others"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-one-below-the-top",
    title: "MUST merge the top delta into the file of the snapshot below it",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* Check.equal(
        yield* ploop.deleteSnapshot({ disk, id: a }),
        { _tag: "MergedIntoChild", id: a, child: top },
        "the result"
      )
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* Check.equal(yield* ploop.topDelta({ disk }), made.image, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-base",
    title: "MUST delete a base with one child as any other snapshot: the child becomes the base, in the base image",
    source: Case.observed("snapshot-delete of the base"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [top, b]], "the tree")
      yield* Check.equal(yield* Conformance.fileOf(made, b), made.image, "the file of the new base")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/keeps-the-blocks-of-both",
    title: "MUST merge the blocks of the snapshot and its child, and not change other images",
    source: Case.source("lib/di.c ploop_di_merge_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* snapshots.occupy(yield* Conformance.fileOf(made, a), 0)
      yield* snapshots.occupy(yield* Conformance.fileOf(made, a), 5)
      yield* snapshots.occupy(yield* Conformance.fileOf(made, b), 5)
      yield* snapshots.occupy(yield* Conformance.fileOf(made, b), 7)
      yield* snapshots.occupy(yield* ploop.topDelta({ disk }), 2)
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal(yield* snapshots.occupied(made.image), [0, 5, 7], "the blocks in the merged image")
      yield* Check.equal(yield* snapshots.occupied(yield* ploop.topDelta({ disk })), [2], "the blocks in the top delta")
    })
  }),
  Case.make({
    id: "deleteSnapshot/with-several-children",
    title: "MUST keep a snapshot with several children, mark it as temporary, and return its children",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      const tree = yield* Conformance.parents(disk)
      const files = yield* snapshots.files(made)
      const marked = { _tag: "MarkedTemporary", id: a, children: [b, top] } as const
      yield* Check.equal(yield* ploop.deleteSnapshot({ disk, id: a }), marked, "the result")
      yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
      yield* Check.equal(yield* Conformance.parents(disk), tree, "the tree")
      yield* Check.equal(yield* snapshots.files(made), files, "the files")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-what-is-marked-already",
    title: "MUST return the same for a snapshot that is already temporary, and change nothing",
    source: Case.service("Result.MarkedTemporary"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      const answer = yield* snapshots.untouched(made, ploop.deleteSnapshot({ disk: made.disk, id: a }))
      yield* Check.equal(answer, { _tag: "MarkedTemporary", id: a, children: [b, top] }, "the result")
    })
  }),
  Case.make({
    id: "deleteSnapshot/lets-a-marked-one-go",
    title: "MUST merge a temporary snapshot with its last child when the other child is deleted",
    source: Case.source("lib/snapshot.c merge_temporary_snapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      const { disk } = made
      yield* Check.equal(yield* ploop.deleteSnapshot({ disk, id: b }), { _tag: "Deleted", id: b }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* Check.equal(yield* ploop.topDelta({ disk }), made.image, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-top",
    title: "MUST discard what was written since the last snapshot, which becomes the top delta",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const file = yield* Conformance.fileOf(made, b)
      yield* snapshots.occupy(file, 1)
      yield* snapshots.occupy(yield* ploop.topDelta({ disk }), 2)
      yield* Check.equal(
        yield* ploop.deleteSnapshot({ disk, id: top }),
        { _tag: "Deleted", id: top, becameTop: b },
        "the result"
      )
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), file, "the file of the top delta")
      yield* Check.equal(yield* snapshots.occupied(file), [1], "the blocks in it")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-only-image",
    title: "MUST refuse to delete the only image of a disk, and change nothing",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: top }), "SnapshotIsBase", { exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-top-upon-a-temporary-one",
    title: "MUST refuse to discard a top delta with a temporary parent, and change nothing",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: top }), "SnapshotIsTemporary", { exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "deleteSnapshot/a-tree-step-by-step",
    title: "MUST keep the names of files and the order of snapshots while the snapshots of a tree are deleted",
    source: Case.observed("snapshots, a switch and deletions in turn"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* snapshots.take(made, c)
      const [fileOfC, fileOfTop] = [yield* Conformance.fileOf(made, c), yield* Conformance.fileOf(made, top)]
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[a, undefined], [b, a], [c, a], [top, c]],
        "the tree after the deletion of a"
      )
      yield* Check.equal(yield* Conformance.fileOf(made, c), fileOfC, "the file of c")
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[c, undefined], [top, c]], "the tree after that of b")
      yield* Check.equal(yield* Conformance.fileOf(made, c), made.image, "the file of c after that of b")
      yield* Check.equal(yield* Conformance.fileOf(made, top), fileOfTop, "the file of the top delta")
      yield* ploop.deleteSnapshot({ disk, id: c })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree after that of c")
      yield* Check.equal(yield* Conformance.fileOf(made, top), made.image, "the file of the top delta after that of c")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-an-unknown-snapshot",
    title: "MUST report an unknown snapshot, and change nothing",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: unknown }), "SnapshotNotFound", {
          id: unknown,
          exitCode: 43
        })
      )
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-what-is-no-id",
    title: "MUST refuse an identifier that is not a UUID, or is the nil UUID, before anything is touched",
    source: Case.service("Request.OfSnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const id of ["", "all", SnapshotId.none]) {
        yield* snapshots.refuses(made, ploop.deleteSnapshot({ disk: made.disk, id }), {
          field: "id",
          value: id,
          rule: /UUID/
        })
      }
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-an-image-that-was-not-closed",
    title: "MUST refuse to merge an image whose in-use flag is set, and change nothing",
    source: Case.observed("snapshot-delete of a disk that was not closed"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const image = yield* Conformance.fileOf(made, top)
      yield* ImageFile.markInUse(image)
      // The tool of generations 7 and 9 would mark the snapshot as temporary.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 4, "7": undefined, "9": undefined })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk, id: a }), "ImageDirty", { image, exitCode })
      )
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [], "the temporary snapshots")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-when-the-child-is-missing",
    title: "MUST name a missing image file of the child, and keep the snapshot",
    source: Case.observed("snapshot-delete without the image of the child"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const image = yield* Conformance.fileOf(made, b)
      yield* fs.remove(image)
      yield* Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: a }), "ImageNotFound", { image })
      yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* Check.equal(yield* Conformance.fileOf(made, a), made.image, "the file of the snapshot")
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-when-the-child-is-broken",
    title: "MUST refuse to merge a file that is not a ploop image, and keep both files",
    source: Case.observed("snapshot-delete with a child without a signature"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      yield* ImageFile.breakSignature(yield* Conformance.fileOf(made, b))
      yield* Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: a }), "ImageCorrupt")
      yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-a-leaf-that-is-lost",
    title: "MUST delete a snapshot without children even if its image is broken or its in-use flag is set",
    source: Case.observed("snapshot-delete of a leaf"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const [name, spoil] of [["broken", ImageFile.breakSignature], ["open", ImageFile.markInUse]] as const) {
        const made = yield* snapshots.branched({ name })
        yield* spoil(yield* Conformance.fileOf(made, b))
        yield* ploop.deleteSnapshot({ disk: made.disk, id: b })
        yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [top, a]], "the tree")
        yield* snapshots.onlyNamedImages(made)
      }
    })
  }),
  Case.make({
    id: "deleteSnapshot/beside-what-cannot-be-merged",
    title: "MUST succeed if the snapshot is deleted, even if a temporary one cannot be merged afterwards and stays",
    source: Case.observed("snapshot-delete of a leaf beside a dirty top delta, with a temporary snapshot below"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      const { disk } = made
      yield* ImageFile.markInUse(yield* ploop.topDelta({ disk }))
      yield* Check.equal(yield* ploop.deleteSnapshot({ disk, id: b }), { _tag: "Deleted", id: b }, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-an-old-descriptor",
    title:
      "MUST refuse, on generations 1.15 and 7, to merge a top delta that has an unusual identifier, and change nothing until the disk is converted; 9 MUST merge it",
    source: Case.observed("descriptors of the old format"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.rewrite(disk, (text) => text.replaceAll(top, unknown))
      const deleting = ploop.deleteSnapshot({ disk, id: a })
      const refused = yield* Conformance.ofGeneration({ "1.15": { exitCode: 38 }, "7": {}, "9": undefined })
      if (refused !== undefined) {
        yield* snapshots.untouched(made, Check.fails(deleting, "DescriptorInvalid", refused))
        yield* ploop.convert({ disk, format: "expanded" })
      }
      yield* deleting
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-a-leaf-without-its-file",
    title: "MUST fail when the file of a leaf or of the top delta is missing, but remove it from the tree",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* fs.remove(yield* Conformance.fileOf(made, b))
      yield* Check.fails(ploop.deleteSnapshot({ disk, id: b }), "InputOutputFailed", { exitCode: 35 })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* fs.remove(yield* ploop.topDelta({ disk }))
      yield* Check.fails(ploop.deleteSnapshot({ disk, id: top }), "InputOutputFailed", { exitCode: 35 })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree without the top delta")
      yield* Check.equal(yield* ploop.topDelta({ disk }), made.image, "the file of the top delta")
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor, and remove nothing",
    source: Case.observed("snapshot-delete without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* fs.remove(made.disk)
      yield* snapshots.untouched(made, Check.fails(ploop.deleteSnapshot({ disk: made.disk, id: a }), "DiskNotFound"))
    })
  }),
  Case.make({
    id: "deleteSnapshot/offline-keeps-the-contents",
    title: "MUST keep the files of the disk and of the other snapshots, whichever snapshot is deleted",
    source: Case.manual("snapshot-delete"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "state": "1" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "state": "2", "second": "" })
      yield* snapshots.take(made, b)
      yield* snapshots.put(made, { "state": "3" })
      yield* snapshots.take(made, c)
      yield* snapshots.put(made, { "state": "4" })
      yield* ploop.deleteSnapshot({ disk: made.disk, id: a })
      yield* ploop.deleteSnapshot({ disk: made.disk, id: c })
      yield* Check.equal(
        yield* snapshots.contents(made, { snapshot: b }),
        { "second": "", "state": "2" },
        "the snapshot that is left"
      )
      yield* Check.equal(yield* snapshots.contents(made), { "second": "", "state": "4" }, "the disk")
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-when-something-is-built-on-the-top",
    title: "MUST refuse to delete a top delta with a child, and delete it once the child is deleted",
    source: Case.service(
      "Ploop.deleteSnapshot: generation 1.15 merges the child into it, and the disk has no top delta"
    ),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* ploop.deleteSnapshot({ disk, id: top })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined], [b, top]], "the tree")
      const deleting = ploop.deleteSnapshot({ disk, id: top })
      yield* snapshots.untouched(made, Check.fails(deleting, "SnapshotHasChildren", { id: top, children: 1 }))
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree without the child")
      yield* Check.fails(deleting, "SnapshotIsBase")
    })
  }),
  Case.make({
    id: "deleteSnapshot/refuses-a-top-before-a-sibling",
    title:
      "MUST refuse to delete a top delta that precedes another child of its parent in the descriptor; generation 9 MUST put it last, and delete it",
    source: Case.source("lib/di.c ploop_di_change_guid, to which the identifier that it changes is given"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* snapshots.take(made, c)
      yield* ploop.switchAndDelete({ disk, id: b })
      const [topIn, sibling] = [[top, a], [c, a]] as const
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })) {
        const tree = [[a, undefined], sibling, topIn] as const
        yield* Check.equal<unknown>(yield* Conformance.parents(disk), tree, "the tree")
        yield* ploop.deleteSnapshot({ disk, id: top })
        return yield* Check.equal<unknown>(
          yield* Conformance.parents(disk),
          [[top, undefined], [c, top]],
          "the tree without the top delta"
        )
      }
      const tree = [[a, undefined], topIn, sibling] as const
      yield* Check.equal<unknown>(yield* Conformance.parents(disk), tree, "the tree")
      yield* snapshots.untouched(made, Check.fails(ploop.deleteSnapshot({ disk, id: top }), "Unsupported"))
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal<unknown>(
        yield* Conformance.parents(disk),
        [[a, undefined], [c, a], [top, a]],
        "the tree after"
      )
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-top-brings-back-the-contents",
    title: "MUST show the files of the last snapshot after the top delta is discarded",
    source: Case.observed("snapshot-delete of the top delta"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "state": "before" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "state": "after", "more": "" })
      yield* ploop.deleteSnapshot({ disk: made.disk, id: top })
      yield* Check.equal(yield* snapshots.contents(made), { "state": "before" }, "the disk")
    })
  })
]

const running: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deleteSnapshot/of-the-top-of-a-running-disk",
    title: "MUST refuse to discard the top delta of a running disk, and leave it running",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* ploop.mount({ disk })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk, id: top }), "SnapshotIsTop", { exitCode: 38 })
      )
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the disk is running")
      yield* ploop.umount({ disk })
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-running-top-in-upper-case",
    title: "MUST refuse the top delta of a running disk also where the descriptor has its identifier in upper case",
    source: Case.source("lib/snapshot.c ploop_delete_snapshot, which compares with TopGUID letter by letter"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.rewrite(disk, (text) => text.replaceAll(top, top.toUpperCase()))
      yield* ploop.mount({ disk })
      yield* snapshots.untouched(made, Check.fails(ploop.deleteSnapshot({ disk, id: top }), "SnapshotIsTop", {}))
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the disk is running")
      yield* ploop.umount({ disk })
    })
  }),
  Case.make({
    id: "deleteSnapshot/that-a-device-shows",
    title: "MUST refuse a snapshot that a component device uses, name both, and change nothing",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk, snapshot: a, component: "look" })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk, id: a }), "SnapshotInUse", { id: a, devices: [device] })
      )
      yield* ploop.umount({ disk, component: "look" })
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [top, b]], "the tree after the unmount")
    })
  }),
  Case.make({
    id: "deleteSnapshot/whose-child-a-device-shows",
    title: "MUST refuse when a device uses the child that would be merged, and name the child",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk, snapshot: b, component: "look" })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk, id: a }), "SnapshotInUse", { id: b, devices: [device] })
      )
      yield* ploop.umount({ disk, component: "look" })
    })
  }),
  Case.make({
    id: "deleteSnapshot/below-what-a-device-shows",
    title: "MUST merge below a snapshot that a component device shows, or refuse if that could not be unmounted then",
    source: Case.observed("snapshot-delete of the base below the snapshot that a mount with -c shows, and its unmount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* snapshots.belowShown((disk) => ploop.deleteSnapshot({ disk, id: a }))
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-a-leaf-that-a-device-shows",
    title: "MUST refuse to delete a leaf that a device uses, and keep its file",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      const { device } = yield* ploop.mount({ disk, snapshot: b, component: "look" })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteSnapshot({ disk, id: b }), "SnapshotInUse", { id: b, devices: [device], exitCode: 17 })
      )
      yield* ploop.umount({ disk, component: "look" })
    })
  }),
  Case.make({
    id: "deleteSnapshot/below-a-read-only-top",
    title:
      "MUST refuse to merge the top delta of a read-only device, change nothing, and take it after a snapshot or an unmount",
    source: Case.observed(
      "snapshot-delete while mounted -r: Read-only file system; 7 and 9 leave the snapshot temporary"
    ),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ploop.mount({ disk, readOnly: true })
      yield* snapshots.untouched(made, Check.fails(ploop.deleteSnapshot({ disk, id: b }), "Unsupported"))
      yield* ploop.createSnapshot({ disk, id: c })
      yield* ploop.deleteSnapshot({ disk, id: c })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* ploop.umount({ disk })
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree after the unmount")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/below-the-top-of-a-running-disk",
    title:
      "MUST merge the top delta of a running disk into the file below it, or above the base of generation 9 into its own",
    source: Case.observed("snapshot-delete below the top while the disk runs; 9 sends the message merge"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ploop.mount({ disk })
      const keepsTop = yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })
      const kept = yield* Conformance.fileOf(made, keepsTop ? top : b)
      const base = yield* Conformance.fileOf(made, a)
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), kept, "the file of the top delta")
      yield* ploop.deleteSnapshot({ disk, id: a })
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), base, "the file of the only delta")
      yield* ploop.umount({ disk })
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-the-top-that-a-device-shows",
    title:
      "MUST discard the top delta even while a component device uses it, or refuse if that could not be unmounted then",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk, readOnly: true, component: "look" })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })) {
        const remove = ploop.deleteSnapshot({ disk, id: top })
        yield* snapshots.untouched(made, Check.fails(remove, "SnapshotInUse", { id: top, devices: [device] }))
        yield* ploop.umount({ device })
      }
      yield* ploop.deleteSnapshot({ disk, id: top })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/of-a-branch-of-a-running-disk",
    title: "MUST delete a leaf of another branch while the disk is running",
    source: Case.observed("snapshot-delete of a leaf while the disk runs"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      yield* ploop.mount({ disk })
      yield* Check.equal(yield* ploop.deleteSnapshot({ disk, id: b }), { _tag: "Deleted", id: b }, "the result")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the disk is running")
      yield* ploop.umount({ disk })
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "deleteSnapshot/online-keeps-the-contents",
    title: "MUST merge below and into the top delta of a mounted disk, whose files stay the same and writable",
    source: Case.manual("snapshot-delete"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* Effect.scoped(Effect.gen(function*() {
        const { device, target } = yield* Conformance.mounted(disk)
        yield* FileTree.write(target, { "state": "1" })
        yield* snapshots.take(made, a)
        yield* FileTree.write(target, { "state": "2", "second": "" })
        yield* snapshots.take(made, b)
        yield* FileTree.write(target, { "state": "3" })
        yield* Check.equal(
          yield* ploop.deleteSnapshot({ disk, id: a }),
          { _tag: "MergedIntoChild", id: a, child: b },
          "the result for the lower"
        )
        yield* Check.equal(yield* FileTree.read(target), { "second": "", "state": "3" }, "the disk after that")
        yield* Check.equal(
          yield* ploop.deleteSnapshot({ disk, id: b }),
          { _tag: "MergedIntoChild", id: b, child: top },
          "the result for the upper"
        )
        yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
        yield* Check.equal(yield* FileTree.read(target), { "second": "", "state": "3" }, "the disk after all")
        yield* FileTree.write(target, { "late": "" })
        const [found] = (yield* ploop.listDevices).filter(({ image }) => image === made.image)
        yield* Check.equal(found?.device, device, "the device")
      }))
      yield* snapshots.onlyNamedImages(made)
      yield* Check.equal(
        yield* snapshots.contents(made),
        { "late": "", "second": "", "state": "3" },
        "the disk after an unmount"
      )
    })
  })
]

export const deleteSnapshot: ReadonlyArray<Case.Case> = [...idle, ...running]
