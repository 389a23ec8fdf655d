import type { Disk } from "@effect-ploop/core/Disk"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import { deletion } from "../actions/deletion.js"
import { all, type Found, kept, step } from "./found.js"

/** What is known about the disk when its snapshots are judged. */
export interface Known {
  readonly disk: Disk
  readonly tree: SnapshotTree.SnapshotTree
  readonly running: ReadonlyArray<Result.RunningDevice>
  /** Whether an in-use flag stays, with which the tool merges nothing. */
  readonly blocked: boolean
}

/** Why a temporary snapshot has to stay. */
const obstacle = ({ blocked, running, tree }: Known, { id }: SnapshotTree.Node): string | undefined => {
  const user = running.find(({ component }) => component !== undefined)
  const children = SnapshotTree.children(tree, id).length
  if (user !== undefined) return `it is temporary, and ${user.device} may show it`
  if (children > 1) return `it is temporary, and ${children} others are built on it`
  return blocked ? "it is temporary, but it cannot be merged while an in-use flag is set" : undefined
}

/** A temporary snapshot exists for a device. Without one, nobody is left who would merge it. */
export const judge = (known: Known): Found =>
  all(
    known.tree.nodes.filter(({ temporary }) => temporary).map((node) => {
      const { id, parent } = node
      const reason = obstacle(known, node)
      if (reason !== undefined) return kept(id, reason)
      const child = SnapshotTree.children(known.tree, id)[0]?.id
      return step(deletion(known.disk, { id, parent, child }), "It is temporary, and no device shows it.")
    })
  )
