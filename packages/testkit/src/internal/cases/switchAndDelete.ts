import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const top = SnapshotId.top

export const switchAndDelete: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "switchAndDelete/consumes-the-snapshot",
    title: "MUST use the file of the snapshot as the top delta, and remove the identifier of the snapshot",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const file = yield* Conformance.fileOf(made, b)
      yield* snapshots.occupy(file, 1)
      yield* snapshots.occupy(yield* ploop.topDelta({ disk }), 2)
      yield* ploop.switchAndDelete({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), file, "the file of the top delta")
      yield* Check.equal(yield* snapshots.occupied(file), [1], "the blocks in it")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "switchAndDelete/goes-to-another-branch",
    title: "MUST switch to the snapshot at the end of another branch and delete it",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      const { disk } = made
      const file = yield* Conformance.fileOf(made, b)
      yield* ploop.switchAndDelete({ disk, id: b })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), file, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "switchAndDelete/leaves-no-snapshot",
    title: "MUST leave a disk with one image when it deletes the only snapshot",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* ploop.switchAndDelete({ disk: made.disk, id: a })
      yield* Check.equal(yield* Conformance.parents(made.disk), [[top, undefined]], "the tree")
      yield* Check.equal(yield* ploop.topDelta({ disk: made.disk }), made.image, "the file of the top delta")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "switchAndDelete/brings-back-the-contents",
    title: "MUST show the files of the snapshot, without what was written since",
    source: Case.service("Ploop.switchAndDelete"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "etc/motd": "before" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "etc/motd": "after", "more": "" })
      yield* ploop.switchAndDelete({ disk: made.disk, id: a })
      yield* Check.equal(yield* snapshots.contents(made), { "etc/": "", "etc/motd": "before" }, "the disk")
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-when-others-are-built-on-it",
    title: "MUST refuse a snapshot with children other than the top delta, count them, and change nothing",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      yield* snapshots.take(made, c)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchAndDelete({ disk: made.disk, id: a }), "SnapshotHasChildren", { id: a, children: 2 })
      )
      yield* ploop.switchSnapshot({ disk: made.disk, id: a })
      yield* ploop.deleteSnapshot({ disk: made.disk, id: b })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchAndDelete({ disk: made.disk, id: a }), "SnapshotHasChildren", { id: a, children: 1 })
      )
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-an-unknown-snapshot",
    title: "MUST report an unknown snapshot, and keep the top delta",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchAndDelete({ disk: made.disk, id: unknown }), "SnapshotNotFound", { id: unknown })
      )
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-the-top",
    title: "MUST refuse the top delta, and keep it",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchAndDelete({ disk: made.disk, id: top }), "SnapshotIsCurrent", { id: top })
      )
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-a-temporary-one",
    title: "MUST refuse a temporary snapshot, and change nothing",
    source: Case.service("Ploop.switchAndDelete"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.switchAndDelete({ disk: made.disk, id: a }), "SnapshotIsTemporary", { id: a })
      )
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-what-is-no-id",
    title: "MUST refuse an identifier that is not a UUID before anything is touched",
    source: Case.service("Request.OfSnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      for (const id of ["clean", SnapshotId.none]) {
        yield* snapshots.refuses(made, ploop.switchAndDelete({ disk: made.disk, id }), {
          field: "id",
          value: id,
          rule: /UUID/
        })
      }
    })
  }),
  Case.make({
    id: "switchAndDelete/refuses-while-the-disk-is-running",
    title: "MUST refuse while the disk is running, name the device, and change nothing",
    source: Case.service("Ploop.switchAndDelete"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk })
      yield* snapshots.untouched(made, Check.fails(ploop.switchAndDelete({ disk, id: a }), "ImageInUse", { device }))
      yield* ploop.umount({ disk })
    })
  }),
  Case.make({
    id: "switchAndDelete/keeps-what-a-device-shows",
    title:
      "MUST switch to a snapshot that a component device uses but keep it, and delete it in a second call after the device has stopped",
    source: Case.source("lib/snapshot.c check_snapshot_mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.occupy(made.image, 1)
      yield* snapshots.occupy(yield* ploop.topDelta({ disk }), 2)
      const { device } = yield* ploop.mount({ disk, snapshot: a, component: "look" })
      yield* Check.fails(ploop.switchAndDelete({ disk, id: a }), "SnapshotInUse", { id: a, devices: [device] })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* Conformance.fileOf(made, a), made.image, "the file of the snapshot")
      yield* Check.equal(yield* snapshots.occupied(yield* ploop.topDelta({ disk })), [], "the blocks in the top delta")
      yield* ploop.umount({ disk, component: "look" })
      yield* ploop.switchAndDelete({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree after the second call")
      yield* Check.equal(yield* snapshots.occupied(made.image), [1], "the blocks of the disk")
      yield* snapshots.onlyNamedImages(made)
    })
  })
]
