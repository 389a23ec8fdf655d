import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"

/** A deletion, what it was planned for, and its cost in bytes. */
export interface Deletion {
  readonly id: SnapshotId.SnapshotId
  readonly parent: SnapshotId.SnapshotId | undefined
  readonly child: SnapshotId.SnapshotId | undefined
  readonly moves: bigint
  readonly frees: bigint
}

interface Planned {
  readonly deletions: ReadonlyArray<Deletion>
  readonly after: SnapshotTree.SnapshotTree
}

/** The tree once a snapshot with at most one child is deleted: the child has its file and its parent. */
const without = (tree: SnapshotTree.SnapshotTree, gone: SnapshotTree.Node): SnapshotTree.SnapshotTree =>
  new SnapshotTree.SnapshotTree({
    nodes: tree.nodes.filter(({ id }) => id !== gone.id).map((node) =>
      node.parent === gone.id
        ? new SnapshotTree.Node({
          id: node.id,
          temporary: node.temporary,
          file: gone.file,
          ...(gone.parent !== undefined && { parent: gone.parent })
        })
        : node
    )
  })

const deletionOf = (
  tree: SnapshotTree.SnapshotTree,
  { id, parent }: SnapshotTree.Node,
  sizes: ReadonlyMap<SnapshotId.SnapshotId, bigint>
): Deletion => {
  const child = SnapshotTree.children(tree, id)[0]?.id
  const own = sizes.get(id) ?? 0n
  const above = child === undefined ? 0n : sizes.get(child) ?? 0n
  return {
    id,
    parent,
    child,
    moves: above,
    frees: child === undefined ? own : own < above ? own : above
  }
}

/**
 * The next one to delete. A leaf first: it costs nothing, and its parent may become one.
 * Then the lowest: a merge copies the delta above, which the merges above would make larger.
 */
const next = (tree: SnapshotTree.SnapshotTree, doomed: ReadonlySet<SnapshotId.SnapshotId>) => {
  const left = tree.nodes.filter(({ id }) => doomed.has(id))
  const childrenOf = (node: SnapshotTree.Node) => SnapshotTree.children(tree, node.id).length
  const depth = (node: SnapshotTree.Node) => SnapshotTree.chain(tree, node.id).length
  return left.find((node) => childrenOf(node) === 0) ??
    left.filter((node) => childrenOf(node) === 1).sort((one, other) => depth(one) - depth(other))[0]
}

/** The order that copies the least. What has several children at the end of it cannot be deleted. */
export const order = (
  tree: SnapshotTree.SnapshotTree,
  doomed: ReadonlySet<SnapshotId.SnapshotId>,
  sizes: ReadonlyMap<SnapshotId.SnapshotId, bigint>
): Planned => {
  const deletions: Array<Deletion> = []
  let after = tree
  for (let node = next(after, doomed); node !== undefined; node = next(after, doomed)) {
    deletions.push(deletionOf(after, node, sizes))
    after = without(after, node)
  }
  return { deletions, after }
}
