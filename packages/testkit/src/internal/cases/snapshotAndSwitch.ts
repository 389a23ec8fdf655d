import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const top = SnapshotId.top

export const snapshotAndSwitch: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "snapshotAndSwitch/keeps-the-old-top",
    title: "MUST keep the old top delta in its file as a snapshot of the given identifier, and answer that",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const old = yield* ploop.topDelta({ disk })
      yield* snapshots.occupy(old, 2)
      yield* Check.equal(yield* ploop.snapshotAndSwitch({ disk, id: a, keepAs: c }), c, "the result")
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[a, undefined], [b, a], [c, b], [top, a]],
        "the tree"
      )
      yield* Check.equal(yield* Conformance.fileOf(made, c), old, "the file of the old top delta")
      yield* Check.equal(yield* snapshots.occupied(old), [2], "what is in it")
      yield* Check.equal(yield* snapshots.occupied(yield* ploop.topDelta({ disk })), [], "what is in the new one")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/keeps-it-by-an-id-of-its-own",
    title: "MUST make up an identifier for the old top delta unless it is given one",
    source: Case.service("Request.SnapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const kept = yield* ploop.snapshotAndSwitch({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [kept, a], [top, a]], "the tree")
      yield* Check.equal(SnapshotId.isReserved(kept), false, "whether the answer is reserved")
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/goes-back-and-forth",
    title: "MUST bring back what was kept, and keep what it leaves, in both directions",
    source: Case.service("Ploop.snapshotAndSwitch"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* snapshots.put(made, { "state": "clean" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "state": "worked on" })
      yield* ploop.snapshotAndSwitch({ disk, id: a, keepAs: b })
      yield* Check.equal(yield* snapshots.contents(made), { "state": "clean" }, "the disk after going back")
      yield* snapshots.put(made, { "state": "tried" })
      yield* ploop.snapshotAndSwitch({ disk, id: b, keepAs: c })
      yield* Check.equal(yield* snapshots.contents(made), { "state": "worked on" }, "the disk after going forth")
      yield* Check.equal(yield* snapshots.contents(made, { snapshot: c }), { "state": "tried" }, "what was kept last")
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-an-unknown-snapshot",
    title: "MUST take no snapshot when there is none to go back to",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.snapshotAndSwitch({ disk: made.disk, id: unknown, keepAs: b }), "SnapshotNotFound", {
          id: unknown
        })
      )
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-the-top",
    title: "MUST take no snapshot when it is to go back to the top delta",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.snapshotAndSwitch({ disk: made.disk, id: top, keepAs: b }), "SnapshotIsCurrent", { id: top })
      )
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-a-temporary-one",
    title: "MUST take no snapshot when the one to go back to is to go away",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.snapshotAndSwitch({ disk: made.disk, id: a, keepAs: c }), "SnapshotIsTemporary", { id: a })
      )
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-an-id-that-is-there",
    title: "MUST refuse to keep the old top delta by an identifier that a snapshot has, and change nothing",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      for (const keepAs of [a, b]) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.snapshotAndSwitch({ disk: made.disk, id: a, keepAs }), "SnapshotExists", { id: keepAs })
        )
      }
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-what-is-no-id",
    title: "MUST refuse an identifier to keep the old top delta by that is not a UUID or a reserved one",
    source: Case.service("Request.SnapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      for (const keepAs of ["kept", top, SnapshotId.none]) {
        yield* snapshots.refuses(made, ploop.snapshotAndSwitch({ disk: made.disk, id: a, keepAs }), {
          field: "keepAs",
          value: keepAs,
          rule: /UUID/
        })
      }
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/does-neither-when-the-switch-fails",
    title: "MUST undo the snapshot when the switch after it fails: the tree and the data are as they were",
    source: Case.service("Ploop.snapshotAndSwitch"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b])
      const { disk } = made
      const old = yield* ploop.topDelta({ disk })
      yield* snapshots.occupy(old, 2)
      const tree = yield* Conformance.parents(disk)
      const image = yield* Conformance.fileOf(made, b)
      yield* fs.remove(image)
      yield* Check.fails(ploop.snapshotAndSwitch({ disk, id: b, keepAs: c }), "ImageNotFound", { image })
      yield* Check.equal(yield* Conformance.parents(disk), tree, "the tree")
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), old, "the file of the top delta")
      yield* Check.equal(yield* snapshots.occupied(old), [2], "what is in the top delta")
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-while-the-disk-is-running",
    title: "MUST take no snapshot while the disk is running, and name the device",
    source: Case.service("Ploop.snapshotAndSwitch"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      const { device } = yield* ploop.mount({ disk })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.snapshotAndSwitch({ disk, id: a, keepAs: b }), "ImageInUse", { device })
      )
      yield* ploop.umount({ disk })
    })
  })
]
