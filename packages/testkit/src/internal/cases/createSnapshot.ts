import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"

const { a } = Conformance.ids

export const createSnapshot: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createSnapshot/answers-the-given-id",
    title: "MUST answer the identifier that it was given, and put it between the parent and the top delta",
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.equal(yield* ploop.createSnapshot({ disk, id: a }), a, "the answer")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [SnapshotId.top, a]], "the tree")
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-a-second-of-the-same-id",
    title: "MUST refuse an identifier that a snapshot of the disk has already, and change nothing",
    source: Case.source("lib/di.c ploop_di_add_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* Conformance.parents(disk)
      yield* Check.fails(ploop.createSnapshot({ disk, id: a }), "SnapshotExists", { id: a })
      yield* Check.equal(yield* Conformance.parents(disk), before, "the tree")
    })
  }),
  Case.make({
    id: "createSnapshot/online-keeps-what-was-written-before",
    title: "MUST keep what was written before, apart from what is written after, on a mounted disk",
    source: Case.manual("snapshot"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "etc/motd": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { "etc/motd": "after" })
      const old = yield* Conformance.mounted(disk, { snapshot: a, component: "old", at: "old" })
      yield* Check.equal(yield* FileTree.read(old.target), { "etc/": "", "etc/motd": "before" }, "the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "etc/": "", "etc/motd": "after" }, "the disk")
    })
  })
]
