import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import { descriptor } from "./diskFiles.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const top = SnapshotId.top

export const switchSnapshot: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "switchSnapshot/begins-a-new-top-upon-it",
    title: "MUST remove the top delta with its file, and start an empty one above the snapshot",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const before = yield* snapshots.files(made)
      const old = yield* ploop.topDelta({ disk })
      yield* snapshots.occupy(old, 2)
      yield* ploop.switchSnapshot({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      const file = yield* ploop.topDelta({ disk })
      yield* Check.different(file, old, "the file of the top delta")
      yield* Check.equal(yield* snapshots.occupied(file), [], "the blocks in it")
      yield* Check.equal((yield* snapshots.files(made)).slice(0, -1), before.slice(0, -1), "the files of the snapshots")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "switchSnapshot/makes-a-branch",
    title: "MUST keep the children of the target snapshot, as a branch beside the top delta",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      const before = yield* snapshots.files(made)
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[a, undefined], [b, a], [c, b], [top, a]],
        "the tree"
      )
      yield* Check.equal((yield* snapshots.files(made)).slice(0, -1), before.slice(0, -1), "the files of the snapshots")
      yield* ploop.switchSnapshot({ disk, id: c })
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[a, undefined], [b, a], [c, b], [top, c]],
        "the tree after the switch to the other branch"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "switchSnapshot/brings-back-the-size-of-the-snapshot",
    title: "MUST create a top delta as large as the snapshot",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    needs: ["lowLevel"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const { size } = yield* ploop.imageInfo({ disk })
      yield* low.grow({ disk, size: ByteSize.make(size * 2n) })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, size, "the size of the disk")
    })
  }),
  Case.make({
    id: "switchSnapshot/names-the-file-after-the-base",
    title:
      "MUST name the file of the new top delta after that of the base, whatever its name, with an identifier as suffix",
    source: Case.observed("snapshot-switch of a disk whose base is named root.hdd.{…}"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const made = yield* snapshots.chained([a], { image: `root.hdd.${unknown}` })
      yield* ploop.switchSnapshot({ disk: made.disk, id: a })
      yield* snapshots.isNamedAfter(yield* Conformance.fileOf(made, top), path.basename(made.image))
    })
  }),
  Case.make({
    id: "switchSnapshot/upon-a-raw-image",
    title: "MUST put a delta in ploop format on a snapshot whose image is raw, and keep the raw image",
    source: Case.observed("switch of a raw disk"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a], { format: "raw", version: undefined })
      const before = yield* fs.stat(made.image)
      yield* ploop.switchSnapshot({ disk: made.disk, id: a })
      const { capabilities } = yield* Conformance.Conformance
      const { version } = yield* ploop.imageInfo({ disk: made.disk })
      yield* Check.equal(version, capabilities.has("version2") ? 2 : 1, "the format version")
      // In the descriptor, every image has the type of the base.
      const { images } = yield* descriptor(made.disk)
      yield* Check.equal(images.map(({ type }) => type), ["Plain", "Plain"], "the types")
      yield* Check.equal(yield* Conformance.fileOf(made, a), made.image, "the file of the snapshot")
      yield* Check.equal((yield* fs.stat(made.image)).size, before.size, "the size of the raw file")
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-an-unknown-snapshot",
    title: "MUST report an unknown snapshot, and change nothing",
    source: Case.observed("switch to an unknown identifier"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: unknown }), "SnapshotNotFound", {
          id: unknown,
          exitCode: 38
        })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-the-top",
    title: "MUST refuse the identifier of the top delta, which is already current, and change nothing",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: top }), "SnapshotIsCurrent", { id: top, exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-the-top-in-upper-case",
    title: "MUST refuse the top delta also where the descriptor has its identifier in upper case, and keep its data",
    source: Case.observed("snapshot-switch to {5fbaabe3-…} where TopGUID is {5FBAABE3-…}: the top delta is discarded"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.occupy(yield* ploop.topDelta({ disk: made.disk }), 2)
      yield* snapshots.rewrite(made.disk, (text) => text.replaceAll(top, top.toUpperCase()))
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: top }), "SnapshotIsCurrent", { id: top })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-a-temporary-one",
    title: "MUST refuse a temporary snapshot, and change nothing",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: a }), "SnapshotIsTemporary", { id: a, exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-a-temporary-one-above-the-base",
    title: "MUST refuse a temporary snapshot anywhere in the tree, and accept the snapshots around it",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b, c])
      const { disk } = made
      yield* ploop.switchSnapshot({ disk, id: b })
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal(yield* snapshots.temporary(made), [b], "the temporary snapshots")
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk, id: b }), "SnapshotIsTemporary", { id: b, exitCode: 38 })
      )
      yield* ploop.switchSnapshot({ disk, id: c })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [c, b], [top, c]], "the tree")
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-when-something-is-built-on-the-top",
    title: "MUST refuse to remove a top delta with a child, and change nothing",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      // The top delta takes the place of a, and b is its child.
      yield* ploop.deleteSnapshot({ disk: made.disk, id: top })
      yield* Check.equal(yield* Conformance.parents(made.disk), [[top, undefined], [b, top]], "the tree")
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: b }), "SnapshotHasChildren", {
          id: top,
          children: 1,
          exitCode: 38
        })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-what-is-no-id",
    title: "MUST refuse an identifier that is not a UUID, or is the nil UUID, before anything is touched",
    source: Case.service("Request.OfSnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const id of ["clean", SnapshotId.none, a.slice(1)]) {
        yield* snapshots.refuses(made, ploop.switchSnapshot({ disk: made.disk, id }), {
          field: "id",
          value: id,
          rule: /UUID/
        })
      }
    })
  }),
  Case.make({
    id: "switchSnapshot/accepts-any-spelling-of-an-id",
    title: "MUST find a snapshot by its identifier in upper case and without braces",
    source: Case.source("lib/util.c parse_uuid, lib/di.c guidcmp"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a, b])
      yield* ploop.switchSnapshot({ disk, id: a.slice(1, -1).toUpperCase() })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, a]], "the tree")
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-when-the-image-is-missing",
    title: "MUST name a missing image file of the snapshot, and keep the top delta",
    source: Case.observed("switch to a snapshot without its image"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const image = yield* Conformance.fileOf(made, b)
      yield* fs.remove(image)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: b }), "ImageNotFound", { image })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/gives-up-a-top-that-is-lost",
    title: "MUST switch to a snapshot even if the image of the top delta is missing, broken or has its in-use flag set",
    source: Case.observed("switch of a disk that was not closed"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      for (const spoil of [ImageFile.markInUse, ImageFile.breakSignature, (file: string) => fs.remove(file)]) {
        const old = yield* ploop.topDelta({ disk })
        yield* spoil(old)
        yield* ploop.switchSnapshot({ disk, id: a })
        const file = yield* ploop.topDelta({ disk })
        yield* Check.different(file, old, "the file of the top delta")
        yield* Check.equal(yield* snapshots.isMarkedInUse(file), false, "its in-use flag")
        yield* snapshots.onlyNamedImages(made)
      }
    })
  }),
  Case.make({
    id: "switchSnapshot/upon-an-image-that-was-not-closed",
    title: "MUST refuse, on generation 1.15, a snapshot whose image has its in-use flag set, and change nothing",
    source: Case.observed("switch to a snapshot that was not closed"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* ImageFile.markInUse(made.image)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk: made.disk, id: a }), "ImageDirty", {
          image: made.image,
          exitCode: 4
        })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/of-an-old-descriptor",
    title:
      "MUST refuse, on generation 1.15, a descriptor whose top delta has an unusual identifier, and change nothing",
    source: Case.observed("descriptors of the old format"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.rewrite(disk, (text) => text.replaceAll(top, unknown))
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk, id: a }), "DescriptorInvalid", { exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor",
    source: Case.observed("switch without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* fs.remove(made.disk)
      yield* snapshots.untouched(made, Check.fails(ploop.switchSnapshot({ disk: made.disk, id: a }), "DiskNotFound"))
    })
  }),
  Case.make({
    id: "switchSnapshot/refuses-while-the-disk-is-running",
    title: "MUST refuse while the disk is running, name the device, and leave it running",
    source: Case.source("lib/snapshot.c ploop_switch_snapshot_ex"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchSnapshot({ disk, id: a }), "ImageInUse", { device, exitCode: 38 })
      )
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the disk is running")
      yield* ploop.umount({ disk })
      yield* ploop.switchSnapshot({ disk, id: a })
    })
  }),
  Case.make({
    id: "switchSnapshot/is-not-hindered-by-a-component",
    title: "MUST switch to a snapshot while a component device uses it",
    source: Case.observed("switch while a component device runs"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      yield* ploop.mount({ disk, snapshot: a, component: "look" })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, a]], "the tree")
      yield* ploop.umount({ disk, component: "look" })
    })
  }),
  Case.make({
    id: "switchSnapshot/discards-what-was-written-since",
    title: "MUST show the files of the snapshot and discard what was written since, each time",
    source: Case.manual("snapshot-switch"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "etc/motd": "before" })
      yield* snapshots.take(made, a)
      for (const time of ["first", "second"]) {
        yield* snapshots.put(made, { "etc/motd": time, [time]: "" })
        yield* ploop.switchSnapshot({ disk: made.disk, id: a })
        yield* Check.equal(
          yield* snapshots.contents(made),
          { "etc/": "", "etc/motd": "before" },
          `the disk after the ${time} switch`
        )
      }
    })
  }),
  Case.make({
    id: "switchSnapshot/keeps-branches-apart",
    title: "MUST keep what is written in one branch out of the other",
    source: Case.manual("snapshot-switch"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* snapshots.put(made, { "base": "" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "left": "" })
      yield* snapshots.take(made, b)
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* snapshots.put(made, { "right": "" })
      yield* snapshots.take(made, c)
      yield* ploop.switchSnapshot({ disk, id: b })
      yield* Check.equal(yield* snapshots.contents(made), { "base": "", "left": "" }, "the one branch")
      yield* ploop.switchSnapshot({ disk, id: c })
      yield* Check.equal(yield* snapshots.contents(made), { "base": "", "right": "" }, "the other branch")
    })
  }),
  Case.make({
    id: "switchSnapshot/forgets-the-numbers-of-the-file-system",
    title: "MUST remove the cached numbers of the last unmount, which are of another file system",
    source: Case.observed("snapshot-switch removes .statfs"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "large": "x".repeat(99) })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.fails(ploop.fileSystemInfo({ disk }), "ConsentRequired", { option: "mayMount" })
    })
  })
]
