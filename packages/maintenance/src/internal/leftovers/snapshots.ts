import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { Disk } from "@effect-ploop/core/Disk"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Action from "../../Action.js"
import { deletion } from "../actions/deletion.js"
import { order } from "../retention/order.js"
import { all, type Found, kept, nothing, step } from "./found.js"

/** What is known about the disk when its snapshots are judged. */
export interface Known {
  readonly disk: Disk
  readonly tree: SnapshotTree.SnapshotTree
  /** What the images take, as far as it is known. */
  readonly sizes: ReadonlyMap<SnapshotId, bigint>
  /** The devices of the disk, and the snapshot that each shows; undefined when nobody knows. */
  readonly attached: ReadonlyArray<Result.AttachedDevice> | undefined
  readonly running: ReadonlyArray<Result.RunningDevice>
  /** Whether devices of temporary snapshots may be stopped. */
  readonly mayStop: boolean
  /** Whether an in-use flag stays, with which the tool merges nothing. */
  readonly blocked: boolean
}

/** The devices that show a snapshot, or may: of some nobody knows what they show. */
const showing = ({ attached, running }: Known, { id }: SnapshotTree.Node) =>
  attached === undefined
    ? running.filter(({ component }) => component !== undefined).map(({ device }) => ({ device, snapshot: undefined }))
    : attached.filter(({ component, snapshot }) =>
      snapshot === id || (snapshot === undefined && component !== undefined)
    )

/** Why a temporary snapshot has to stay. */
const obstacle = (known: Known, node: SnapshotTree.Node): string | undefined => {
  const { blocked, mayStop, tree } = known
  const users = showing(known, node)
  const children = SnapshotTree.children(tree, node.id).length
  const unknown = users.find(({ snapshot }) => snapshot === undefined)
  if (unknown !== undefined) return `it is temporary, and ${unknown.device} may show it`
  if (users[0] !== undefined && !mayStop) return `it is temporary, and ${users[0].device} shows it`
  if (children > 1) return `it is temporary, and ${children} others are built on it`
  return blocked ? "it is temporary, but it cannot be merged while an in-use flag is set" : undefined
}

/** The device as a plan names it, with what it has to be when it is stopped. */
const stop = ({ disk, running }: Known, device: DevicePath, snapshot: SnapshotId): Found =>
  all(
    running.filter((each) => each.device === device).map(({ component, image, target }) =>
      step(
        new Action.StopDevice({
          device,
          image,
          disk,
          snapshot,
          ...(component !== undefined && { component }),
          ...(target !== undefined && { target })
        }),
        "It shows a temporary snapshot, and the caller says that nobody works with it."
      )
    )
  )

/** The deletions of some snapshots, in the order that copies the least. Each is planned for the tree after those before it. */
const remove = (known: Known, nodes: ReadonlyArray<SnapshotTree.Node>): Found =>
  all(
    order(known.tree, new Set(nodes.map(({ id }) => id)), known.sizes).deletions.map((deleted) => {
      const node = nodes.find(({ id }) => id === deleted.id)
      const users = node === undefined ? [] : showing(known, node)
      return all([
        ...users.map(({ device }) => stop(known, device, deleted.id)),
        step(
          deletion(known.disk, deleted),
          users.length === 0
            ? "It is temporary, and no device shows it."
            : "It is temporary, and its device is stopped.",
          deleted.frees,
          deleted.moves
        )
      ])
    })
  )

/**
 * A temporary snapshot exists for a device. Without one, nobody is left who would merge it. Of those whose devices are
 * stopped for it, a plan takes one: its deletion changes what the others are built on.
 */
export const judge = (known: Known): Found => {
  const temporary = known.tree.nodes.filter(({ temporary }) => temporary)
  const free = temporary.filter((node) => obstacle(known, node) === undefined)
  const taken = free.find((node) => showing(known, node).length > 0)
  return all([
    remove(known, taken === undefined ? free : [taken]),
    ...temporary.map((node) => {
      const reason = obstacle(known, node)
      if (reason !== undefined) return kept(node.id, reason)
      return taken === undefined || taken === node
        ? nothing
        : kept(node.id, `it is temporary, and ${taken.id} has to be deleted first: make another plan then`)
    })
  ])
}
