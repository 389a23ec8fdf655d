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
    title: "MUST keep the old top delta in its file as a snapshot with the given identifier, and return the identifier",
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
      yield* Check.equal(yield* snapshots.occupied(old), [2], "the blocks in it")
      yield* Check.equal(yield* snapshots.occupied(yield* ploop.topDelta({ disk })), [], "the blocks in the new one")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/keeps-it-by-an-id-of-its-own",
    title: "MUST create an identifier for the old top delta unless one is given",
    source: Case.service("Request.SnapshotAndSwitch"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const kept = yield* ploop.snapshotAndSwitch({ disk, id: a })
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [kept, a], [top, a]], "the tree")
      yield* Check.equal(SnapshotId.isReserved(kept), false, "whether the identifier is reserved")
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/goes-back-and-forth",
    title: "MUST restore what was kept, and keep what it leaves, in both directions",
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
      yield* Check.equal(yield* snapshots.contents(made), { "state": "worked on" }, "the disk after going forward")
      yield* Check.equal(
        yield* snapshots.contents(made, { snapshot: c }),
        { "state": "tried" },
        "the snapshot that was kept last"
      )
    })
  }),
  Case.make({
    id: "snapshotAndSwitch/refuses-an-unknown-snapshot",
    title: "MUST take no snapshot when the target snapshot does not exist",
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
    title: "MUST take no snapshot when the target is the top delta",
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
    title: "MUST take no snapshot when the target snapshot is temporary",
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
    title: "MUST refuse the identifier of an existing snapshot for the old top delta, and change nothing",
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
    title: "MUST refuse an identifier for the old top delta that is reserved or not a UUID",
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
    title: "MUST undo the snapshot when the switch after it fails, and restore the tree and the data",
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
      yield* Check.equal(yield* snapshots.occupied(old), [2], "the blocks in the top delta")
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
