import * as Ploop from "@effect-ploop/core/Ploop"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { Case } from "../../../../Case.js"
import * as Check from "../../../../Check.js"
import * as Conformance from "../../../../Conformance.js"
import * as FileTree from "../../../../FileTree.js"
import * as snapshots from "../../snapshotUtils.js"
import { remedy } from "./remedy.js"

const { a, b, c, d, unknown } = Conformance.ids
const { texts } = Remedy

const chained = (...ids: ReadonlyArray<SnapshotId.SnapshotId>) =>
  Effect.all({ ploop: Ploop.Ploop, made: snapshots.chained(ids) })

export const ofSnapshots: ReadonlyArray<Case> = [
  remedy("snapshot-not-found", {
    when: "there is no such snapshot",
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a)
      return {
        call: ploop.switchSnapshot({ disk, id: unknown }),
        fails: "SnapshotNotFound",
        remedy: texts["snapshot-not-found"](),
        then: Effect.flatMap(
          ploop.listSnapshots({ disk }),
          ({ nodes }) => ploop.switchSnapshot({ disk, id: nodes[0]!.id })
        ),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("snapshot-exists", {
    when: "the identifier is taken",
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a)
      return {
        call: ploop.createSnapshot({ disk, id: a }),
        fails: "SnapshotExists",
        remedy: texts["snapshot-exists"](),
        then: ploop.createSnapshot({ disk })
      }
    })
  }),
  remedy("snapshot-limit", {
    when: "a chain has as many snapshots as it can",
    run: Effect.gen(function*() {
      const { made: { disk, image }, ploop } = yield* chained(a)
      yield* snapshots.occupy(image, 0)
      yield* Effect.repeatN(ploop.createSnapshot({ disk }), 124)
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "SnapshotLimitReached",
        remedy: texts["snapshot-limit"](),
        follow: ploop.mergeSnapshots({ disk }),
        kept: snapshots.occupied(image)
      }
    })
  }),
  remedy("snapshot-has-children-switch", {
    when: "the disk is to be switched to a snapshot with other children, and the snapshot deleted",
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.branched()
      const ploop = yield* Ploop.Ploop
      return {
        call: ploop.switchAndDelete({ disk, id: a }),
        fails: "SnapshotHasChildren",
        remedy: texts["snapshot-has-children-switch"](),
        then: ploop.switchSnapshot({ disk, id: a }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.map(([id]) => id).sort())
      }
    })
  }),
  remedy("snapshot-has-children-merge", {
    when: "a merge would go through a snapshot with other children",
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.branched()
      const ploop = yield* Ploop.Ploop
      yield* ploop.createSnapshot({ disk, id: c })
      yield* ploop.createSnapshot({ disk, id: d })
      return {
        call: ploop.mergeSnapshots({ disk, all: true }),
        fails: "SnapshotHasChildren",
        remedy: texts["snapshot-has-children-merge"](),
        then: ploop.mergeSnapshots({ disk, downTo: c }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.filter(([id]) => id === a || id === b))
      }
    })
  }),
  remedy("snapshot-is-base", {
    when: "a base is to be merged into its parent",
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a, b)
      return {
        call: ploop.mergeSnapshots({ disk, snapshot: a }),
        fails: "SnapshotIsBase",
        remedy: texts["snapshot-is-base"](),
        then: ploop.mergeSnapshots({ disk, snapshot: b })
      }
    })
  }),
  remedy("snapshot-is-temporary", {
    when: "the disk is to be switched to a temporary snapshot",
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.marked()
      const ploop = yield* Ploop.Ploop
      return {
        call: ploop.switchSnapshot({ disk, id: a }),
        fails: "SnapshotIsTemporary",
        remedy: texts["snapshot-is-temporary"](),
        then: ploop.switchSnapshot({ disk, id: b })
      }
    })
  }),
  remedy("snapshot-is-current", {
    when: "the disk is to be switched to its top delta",
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a, b)
      return {
        call: ploop.switchSnapshot({ disk, id: SnapshotId.top }),
        fails: "SnapshotIsCurrent",
        remedy: texts["snapshot-is-current"](),
        then: ploop.switchSnapshot({ disk, id: b }),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("snapshot-not-ancestor", {
    when: "the ends of a merge are in the wrong order",
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a, b, c)
      return {
        call: ploop.mergeSnapshots({ disk, snapshot: b, downTo: c }),
        fails: "SnapshotNotAncestor",
        remedy: texts["snapshot-not-ancestor"](),
        then: ploop.mergeSnapshots({ disk, snapshot: c, downTo: b })
      }
    })
  }),
  remedy("shared-temporary", {
    when: "a temporary snapshot with several children is in the way of another snapshot",
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.marked()
      const ploop = yield* Ploop.Ploop
      return {
        call: ploop.createSnapshot({ disk, id: c }),
        fails: "Unsupported",
        remedy: texts["shared-temporary"](),
        follow: Ploop.mountScoped({ disk }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.filter(([id]) => id === a || id === b))
      }
    })
  }),
  remedy("delete-top-by-switch", {
    when: "the tool would lose the parent of other snapshots with the top delta",
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.branched()
      const ploop = yield* Ploop.Ploop
      // The entry of the top delta comes first, so that the tool forgets those behind it.
      yield* snapshots.rewrite(disk, (text) => {
        const [top = ""] =
          new RegExp(`<Shot>\\s*<GUID>\\${SnapshotId.top.slice(0, -1)}\\}[\\s\\S]*?</Shot>`).exec(text) ?? []
        return text.replace(top, "").replace("<Shot>", `${top}<Shot>`)
      })
      return {
        call: ploop.deleteSnapshot({ disk, id: SnapshotId.top }),
        fails: "Unsupported",
        remedy: texts["delete-top-by-switch"](),
        then: ploop.switchSnapshot({ disk, id: a }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.map(([id]) => id).sort())
      }
    })
  }),
  remedy("snapshot-in-use", {
    when: "a device shows the snapshot that is to be deleted",
    needs: ["snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a, b)
      yield* ploop.mount({ disk })
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk })))
      const { device } = yield* Ploop.mountScoped({ disk, snapshot: a, component: "backup", readOnly: true })
      return {
        call: ploop.deleteSnapshot({ disk, id: a }),
        fails: "SnapshotInUse",
        remedy: texts["snapshot-in-use"](),
        follow: ploop.umount({ device })
      }
    })
  }),
  remedy("temporary-device", {
    when: "a device shows a temporary snapshot, which the tool would merge",
    needs: ["temporarySnapshot"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a)
      yield* Ploop.mountScoped({ disk })
      const { device } = yield* Ploop.temporarySnapshotScoped({ disk, component: "backup" })
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "Unsupported",
        remedy: texts["temporary-device"]({ devices: [device] }),
        follow: ploop.umount({ device }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.filter(([id]) => id === a))
      }
    })
  }),
  remedy("merge-read-only", {
    when: "the top delta of a read-only device would be merged",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const ploop = yield* Ploop.Ploop
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      const target = yield* Conformance.directory("mnt")
      yield* Ploop.withMount({ disk, target }, () => FileTree.write(target, { motd: "in the top delta" }))
      const { device } = yield* ploop.mount({ disk, target, readOnly: true })
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk })))
      return {
        call: ploop.deleteSnapshot({ disk, id: b }),
        fails: "Unsupported",
        remedy: texts["merge-read-only"]({ device }),
        follow: ploop.umount({ device }),
        then: Effect.zipRight(
          ploop.deleteSnapshot({ disk, id: b }),
          Ploop.withMount(
            { disk, target, readOnly: true },
            () =>
              Effect.flatMap(
                FileTree.read(target),
                ({ motd }) => Check.equal(motd, "in the top delta", "a file of the top delta")
              )
          )
        )
      }
    })
  }),
  remedy("snapshot-is-top", {
    when: "the top delta of a running disk is to be deleted",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a)
      yield* Ploop.mountScoped({ disk })
      return {
        call: ploop.deleteSnapshot({ disk, id: SnapshotId.top }),
        fails: "SnapshotIsTop",
        remedy: texts["snapshot-is-top"](),
        follow: ploop.umount({ disk })
      }
    })
  }),
  remedy("snapshot-has-children-mount", {
    when: "a snapshot with children is to be mounted for writing",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* chained(a, b)
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk })))
      return {
        call: ploop.mount({ disk, snapshot: a, readOnly: false }),
        fails: "SnapshotHasChildren",
        remedy: texts["snapshot-has-children-mount"](),
        then: ploop.mount({ disk, snapshot: a, readOnly: true })
      }
    })
  }),
  remedy("merge-in-place", {
    when: "this generation cannot merge a chain into a new file",
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { made: { disk, image }, ploop } = yield* chained(a, b, c)
      yield* snapshots.occupy(image, 0)
      const into = yield* Conformance.path("merged.hdd")
      return {
        call: ploop.mergeSnapshots({ disk, all: true, into }),
        fails: "Unsupported",
        remedy: texts["merge-in-place"](),
        then: ploop.mergeSnapshots({ disk, all: true }),
        kept: Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(into))
      }
    })
  })
]
