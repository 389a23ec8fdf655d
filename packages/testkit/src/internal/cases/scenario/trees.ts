import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a, b, c, d } = Conformance.ids

const source = Case.manual("snapshot, snapshot-switch")

const numbered = (index: number): SnapshotId.SnapshotId =>
  SnapshotId.make(`abcdef00-0000-4000-8000-${index.toString().padStart(12, "0")}`)

/** A model of the tree: every snapshot and its parent. */
type Model = ReadonlyMap<SnapshotId.SnapshotId, SnapshotId.SnapshotId | undefined>

const isLike = (made: Conformance.TestDisk, model: Model, when: string) =>
  Effect.gen(function*() {
    const found = new Map(yield* Conformance.parents(made.disk))
    const sorted = (tree: Model) => [...tree].sort(([one], [other]) => one < other ? -1 : 1)
    yield* Check.equal(sorted(found), sorted(model), `the tree ${when}`)
    yield* disks.hasNoStrayImages(made)
  })

export const trees: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/tree-by-tree",
    title: "MUST have the expected tree and image files after each of twenty snapshots, switches and deletions",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const model = new Map<SnapshotId.SnapshotId, SnapshotId.SnapshotId | undefined>([[SnapshotId.top, undefined]])
      for (let index = 0; index < 20; index++) {
        const id = numbered(index)
        yield* ploop.createSnapshot({ disk, id })
        model.set(id, model.get(SnapshotId.top))
        model.set(SnapshotId.top, id)
        yield* isLike(made, model, `after snapshot ${index}`)
        if (index % 4 !== 3) continue
        const back = numbered(index - 2)
        yield* ploop.switchSnapshot({ disk, id: back })
        model.set(SnapshotId.top, back)
        yield* isLike(made, model, `after the switch from ${index}`)
        // The end of the old branch has no children now.
        yield* ploop.deleteSnapshot({ disk, id })
        model.delete(id)
        yield* isLike(made, model, `after the deletion of ${index}`)
      }
      yield* Check.equal(yield* ploop.check({ disk }), { outcome: "clean", findings: [] }, "the check")
    })
  }),
  Case.make({
    id: "scenario/chain-of-twenty",
    title: "MUST show the files of each of twenty snapshots after a switch to it",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const states: Array<FileTree.FileTree> = []
      yield* disks.inside(disk, (target) =>
        Effect.gen(function*() {
          for (let index = 0; index < 20; index++) {
            yield* FileTree.write(target, { last: `${index}`, [`file ${index}`]: "x".repeat(index * 100) })
            yield* ploop.createSnapshot({ disk, id: numbered(index) })
            states.push(yield* FileTree.read(target))
          }
          yield* FileTree.write(target, { last: "discarded" })
        }))
      for (const index of [19, 0, 7, 13, 1, 18]) {
        yield* ploop.switchSnapshot({ disk, id: numbered(index) })
        yield* disks.holds(disk, states[index]!, `the files of snapshot ${index}`)
      }
    })
  }),
  Case.make({
    id: "scenario/branches",
    title: "MUST keep branches apart: each shows its own files, and a write to one does not change another",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const snapshot = (motd: string, id: SnapshotId.SnapshotId) =>
        Effect.zipRight(disks.write(disk, { motd, [motd]: motd }), ploop.createSnapshot({ disk, id }))
      const shows = (id: SnapshotId.SnapshotId, tree: FileTree.FileTree) =>
        Effect.zipRight(ploop.switchSnapshot({ disk, id }), disks.holds(disk, tree, `the files of ${id}`))
      yield* snapshot("trunk", a)
      yield* snapshot("left", b)
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* snapshot("right", c)
      yield* ploop.switchSnapshot({ disk, id: b })
      yield* snapshot("leaf", d)
      yield* shows(c, { motd: "right", trunk: "trunk", right: "right" })
      yield* shows(d, { motd: "leaf", trunk: "trunk", left: "left", leaf: "leaf" })
      yield* shows(a, { motd: "trunk", trunk: "trunk" })
      yield* disks.write(disk, { motd: "discarded" })
      yield* shows(b, { motd: "left", trunk: "trunk", left: "left" })
      yield* ploop.deleteSnapshot({ disk, id: c })
      yield* shows(d, { motd: "leaf", trunk: "trunk", left: "left", leaf: "leaf" })
    })
  }),
  Case.make({
    id: "scenario/collapse",
    title: "MUST show the same files after a chain of eight snapshots is merged into one image",
    source: Case.manual("snapshot-merge -A"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      const tree = yield* disks.inside(disk, (target) =>
        Effect.gen(function*() {
          for (let index = 0; index < 8; index++) {
            yield* FileTree.write(target, { last: `${index}`, [`file ${index}`]: "x".repeat(index * 1000) })
            yield* ploop.createSnapshot({ disk, id: numbered(index) })
          }
          return yield* FileTree.read(target)
        }))
      yield* ploop.mergeSnapshots({ disk, all: true })
      yield* Check.equal(yield* Conformance.parents(disk), [[SnapshotId.top, undefined]], "the tree")
      yield* disks.hasNoStrayImages(made)
      yield* disks.holds(disk, tree, "the files")
    })
  })
]
