import { Ploop } from "@effect-ploop/core/Ploop"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import { Done, type Handler, Outdated, Pending, type Status } from "./handler.js"

const treeOf = (disk: string) => Effect.flatMap(Ploop, (ploop) => ploop.listSnapshots({ disk }))

const built = (parent: SnapshotId | undefined, children: ReadonlyArray<SnapshotId>): string =>
  `${parent === undefined ? "no parent" : `the parent ${parent}`} and ${
    children.length === 0 ? "no children" : `the children ${children.join(", ")}`
  }`

export const createSnapshot: Handler<Action.CreateSnapshot> = {
  status: ({ disk, id }) =>
    Effect.map(treeOf(disk), (tree) => Option.isSome(SnapshotTree.get(tree, id)) ? Done() : Pending()),
  run: ({ disk, id }) => Effect.flatMap(Ploop, (ploop) => ploop.createSnapshot({ disk, id })),
  undo: ({ disk, id }) => Effect.flatMap(Ploop, (ploop) => ploop.deleteSnapshot({ disk, id }))
}

export const deleteSnapshot: Handler<Action.DeleteSnapshot> = {
  status: ({ child, disk, id, parent }) =>
    Effect.map(treeOf(disk), (tree) =>
      Option.match(SnapshotTree.get(tree, id), {
        onNone: (): Status => Done(),
        onSome: (node) => {
          const planned = built(parent, child === undefined ? [] : [child])
          const found = built(node.parent, SnapshotTree.children(tree, id).map((below) => below.id))
          return planned === found ? Pending() : Outdated({ planned, found })
        }
      })),
  run: ({ disk, id }) => Effect.flatMap(Ploop, (ploop) => ploop.deleteSnapshot({ disk, id })),
  loads: ({ disk }) => [disk]
}

export const switchSnapshot: Handler<Action.SwitchSnapshot> = {
  status: ({ disk, id, keepAs }) =>
    Effect.map(treeOf(disk), (tree): Status => {
      if (Option.isNone(SnapshotTree.get(tree, id))) {
        return Outdated({ planned: `the snapshot ${id}`, found: "no such snapshot" })
      }
      if (Option.isNone(SnapshotTree.get(tree, keepAs))) {
        return Pending()
      }
      return SnapshotTree.top(tree).parent === id
        ? Done()
        : Outdated({ planned: `the snapshot ${keepAs} beside the top delta`, found: "it below the top delta" })
    }),
  run: ({ disk, id, keepAs }) => Effect.flatMap(Ploop, (ploop) => ploop.snapshotAndSwitch({ disk, id, keepAs })),
  undo: ({ disk, keepAs }) => Effect.flatMap(Ploop, (ploop) => ploop.switchAndDelete({ disk, id: keepAs }))
}
