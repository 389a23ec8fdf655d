/**
 * What an operation did to the snapshots of a disk: the difference between the
 * tree before it and the tree after it.
 *
 * @since 0.2.0
 */
import * as Option from "effect/Option"
import type * as Result from "./Result.js"
import * as SnapshotId from "./SnapshotId.js"
import * as SnapshotTree from "./SnapshotTree.js"

const ids = (nodes: ReadonlyArray<SnapshotTree.Node>): ReadonlyArray<SnapshotId.SnapshotId> =>
  nodes.map((node) => node.id)

/**
 * The identifiers that are in the first tree and not in the second, in the order
 * of the first.
 *
 * @since 0.2.0
 * @category queries
 */
export const gone = (
  before: SnapshotTree.SnapshotTree,
  after: SnapshotTree.SnapshotTree
): ReadonlyArray<SnapshotId.SnapshotId> =>
  ids(SnapshotTree.nodes(before)).filter((id) => Option.isNone(SnapshotTree.get(after, id)))

/**
 * What happened to a snapshot that was deleted:
 *
 * - the top delta: its parent took its place;
 * - a snapshot that is still there: it was marked as temporary;
 * - a snapshot that had a child: it was merged into the child;
 * - any other snapshot: it is gone.
 *
 * @since 0.2.0
 * @category queries
 */
export const deleted = (
  before: SnapshotTree.SnapshotTree,
  after: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): Result.SnapshotDeleted => {
  if (id === SnapshotId.top) {
    const parent = SnapshotTree.parent(before, id)
    return { _tag: "Deleted", id, ...(Option.isSome(parent) && { becameTop: parent.value.id }) }
  }
  if (Option.isSome(SnapshotTree.get(after, id))) {
    return { _tag: "MarkedTemporary", id, children: ids(SnapshotTree.children(after, id)) }
  }
  const child = SnapshotTree.children(before, id)[0]
  return child === undefined ? { _tag: "Deleted", id } : { _tag: "MergedIntoChild", id, child: child.id }
}

/**
 * The snapshots whose images the deletion of a snapshot merges into the images below
 * them: its only child, and the only child of each temporary snapshot. A
 * snapshot with several children is marked as temporary, and its own image is not merged.
 *
 * @since 0.2.0
 * @category queries
 */
export const mergedByDeletion = (
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): ReadonlyArray<SnapshotTree.Node> => {
  const isLeaf = SnapshotTree.children(tree, id).length === 0
  const merged = SnapshotTree.nodes(tree).filter((node) => node.temporary || node.id === id).flatMap((node) => {
    const children = SnapshotTree.children(tree, node.id).filter((child) => !isLeaf || child.id !== id)
    return children.length === 1 ? children : []
  })
  return [...new Set(merged)]
}

/**
 * The result of a deletion that has nothing to do: the snapshot is temporary
 * already, and several children still need it. The tool fails without a message
 * there, or succeeds and changes nothing.
 *
 * @since 0.2.0
 * @category queries
 */
export const alreadyMarked = (
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): Option.Option<Result.SnapshotDeleted> => {
  const children = SnapshotTree.children(tree, id)
  return children.length > 1 && Option.exists(SnapshotTree.get(tree, id), (node) => node.temporary)
    ? Option.some({ _tag: "MarkedTemporary", id, children: ids(children) })
    : Option.none()
}
