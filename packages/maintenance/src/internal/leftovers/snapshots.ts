import type { Disk } from "@effect-ploop/core/Disk"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Action from "../../Action.js"
import { deletion } from "../actions/deletion.js"
import { all, type Found, kept, step } from "./found.js"

/** What is known about the disk when its snapshots are judged. */
export interface Known {
  readonly disk: Disk
  readonly tree: SnapshotTree.SnapshotTree
  /** The devices of the disk, and the snapshot that each shows. */
  readonly attached: ReadonlyArray<Result.AttachedDevice>
  readonly running: ReadonlyArray<Result.RunningDevice>
  /** Whether devices of temporary snapshots may be stopped. */
  readonly mayStop: boolean
  /** Whether an in-use flag stays, with which the tool merges nothing. */
  readonly blocked: boolean
}

/** The devices that show a snapshot, or may: of some nobody knows what they show. */
const showing = ({ attached }: Known, { id }: SnapshotTree.Node) =>
  attached.filter(({ component, snapshot }) => snapshot === id || (snapshot === undefined && component !== undefined))

/** Why a temporary snapshot has to stay. */
const obstacle = (known: Known, node: SnapshotTree.Node): string | undefined => {
  const { blocked, mayStop, tree } = known
  const [user] = showing(known, node)
  const children = SnapshotTree.children(tree, node.id).length
  if (user !== undefined && (!mayStop || user.snapshot === undefined)) {
    return `it is temporary, and ${user.device} ${user.snapshot === undefined ? "may show" : "shows"} it`
  }
  if (children > 1) return `it is temporary, and ${children} others are built on it`
  return blocked ? "it is temporary, but it cannot be merged while an in-use flag is set" : undefined
}

/** The device as a plan names it, with what it has to be when it is stopped. */
const stop = ({ running }: Known, { device }: Result.AttachedDevice): Found => {
  const shown = running.find((each) => each.device === device)
  if (shown === undefined) return all([])
  const { component, image, target } = shown
  return step(
    new Action.StopDevice({
      device,
      image,
      ...(component !== undefined && { component }),
      ...(target !== undefined && { target })
    }),
    "It shows a temporary snapshot, and nobody works with that any more."
  )
}

/** A temporary snapshot exists for a device. Without one, nobody is left who would merge it. */
export const judge = (known: Known): Found =>
  all(
    known.tree.nodes.filter(({ temporary }) => temporary).map((node) => {
      const { id, parent } = node
      const reason = obstacle(known, node)
      if (reason !== undefined) return kept(id, reason)
      const child = SnapshotTree.children(known.tree, id)[0]?.id
      const users = showing(known, node)
      return all([
        ...users.map((user) => stop(known, user)),
        step(
          deletion(known.disk, { id, parent, child }),
          users.length === 0
            ? "It is temporary, and no device shows it."
            : "It is temporary, and its device is stopped."
        )
      ])
    })
  )
