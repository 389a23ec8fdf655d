/**
 * The snapshots of a disk as a tree: each is built on its parent, and the top
 * delta, which is written to, is a leaf.
 *
 * @example
 * import { Ploop, SnapshotTree } from "@effect-ploop/core"
 * import { Console, Effect } from "effect"
 *
 * const show = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const tree = yield* ploop.listSnapshots({ disk: "/vz/101/DiskDescriptor.xml" })
 *   yield* Console.log(SnapshotTree.render(tree))
 * })
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DiskDescriptor from "./DiskDescriptor.js"
import { unchecked } from "./internal/unchecked.js"
import * as PrintableText from "./PrintableText.js"
import * as SnapshotId from "./SnapshotId.js"

/**
 * A snapshot or the top delta: its identifier, the identifier of its parent
 * (absent for the base), its file as the descriptor has it, and whether it is
 * temporary.
 *
 * @since 0.1.0
 * @category models
 */
export class Node extends Schema.Class<Node>("@effect-ploop/core/SnapshotTree/Node")({
  id: SnapshotId.SnapshotIdFromSelf,
  parent: Schema.optional(SnapshotId.SnapshotIdFromSelf),
  file: Schema.String,
  temporary: Schema.Boolean
}) {}

/**
 * The nodes in the order of the descriptor, which is that of their creation.
 *
 * @since 0.1.0
 * @category models
 */
export class SnapshotTree extends Schema.Class<SnapshotTree>("@effect-ploop/core/SnapshotTree/SnapshotTree")({
  nodes: Schema.Array(Node)
}) {}

const broken = (value: string, rule: string) =>
  Either.left(new DiskDescriptor.DescriptorSyntaxError({ element: "Snapshots", value, rule }))

/** A snapshot whose parents lead back to it; each parent is followed once. */
const ownAncestor = (
  snapshots: ReadonlyMap<SnapshotId.SnapshotId, DiskDescriptor.Snapshot>
): SnapshotId.SnapshotId | undefined => {
  const grounded = new Set<SnapshotId.SnapshotId>([SnapshotId.none])
  for (const start of snapshots.keys()) {
    const path = new Set<SnapshotId.SnapshotId>()
    for (let id = start; !grounded.has(id); id = snapshots.get(id)?.parent ?? SnapshotId.none) {
      if (path.has(id)) return id
      path.add(id)
    }
    for (const id of path) grounded.add(id)
  }
  return undefined
}

/** The descriptor has been checked: to check its parts again takes most of the time of a large tree. */
const nodeOf = (image: DiskDescriptor.Image, snapshot: DiskDescriptor.Snapshot): Node =>
  unchecked(
    Node,
    snapshot.parent === SnapshotId.none
      ? { id: image.id, file: image.file, temporary: snapshot.temporary }
      : { id: image.id, file: image.file, temporary: snapshot.temporary, parent: snapshot.parent }
  )

/**
 * The tree in a descriptor. It fails when a snapshot has no image, an image no
 * snapshot, a parent is missing, or the chain of the top delta does not end at
 * a base.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromDescriptor = (
  descriptor: DiskDescriptor.DiskDescriptor
): Either.Either<SnapshotTree, DiskDescriptor.DescriptorSyntaxError> => {
  const snapshots = new Map(descriptor.snapshots.map((snapshot) => [snapshot.id, snapshot]))
  if (snapshots.size !== descriptor.snapshots.length) return broken("GUID", "must name each snapshot once")
  if (new Set(descriptor.images.map(({ id }) => id)).size !== descriptor.images.length) {
    return broken("GUID", "must name each image once")
  }
  const nodes: Array<Node> = []
  for (const image of descriptor.images) {
    const snapshot = snapshots.get(image.id)
    if (snapshot === undefined) return broken(image.id, "must be listed, because an image has it")
    if (snapshot.parent !== SnapshotId.none && !snapshots.has(snapshot.parent)) {
      return broken(snapshot.parent, "must be listed, because a snapshot has it for a parent")
    }
    nodes.push(nodeOf(image, snapshot))
  }
  const looping = ownAncestor(snapshots)
  if (looping !== undefined) return broken(looping, "must not be its own ancestor")
  if (!snapshots.has(SnapshotId.top)) {
    return broken(SnapshotId.top, "must be listed: it is the top delta")
  }
  return Either.right(unchecked(SnapshotTree, { nodes }))
}

interface Index {
  readonly byId: ReadonlyMap<SnapshotId.SnapshotId, Node>
  readonly children: ReadonlyMap<SnapshotId.SnapshotId | undefined, ReadonlyArray<Node>>
}

/** Up to this number of nodes, a search takes less time than an index of them. */
const few = 16

const indexes = new WeakMap<SnapshotTree, Index>()

/** Made once for each tree: a chain may have thousands of nodes. */
const indexOf = (tree: SnapshotTree): Index => {
  const known = indexes.get(tree)
  if (known !== undefined) return known
  const byId = new Map<SnapshotId.SnapshotId, Node>()
  const children = new Map<SnapshotId.SnapshotId | undefined, Array<Node>>()
  for (const node of tree.nodes) {
    if (!byId.has(node.id)) byId.set(node.id, node)
    const siblings = children.get(node.parent)
    if (siblings === undefined) children.set(node.parent, [node])
    else siblings.push(node)
  }
  const index = { byId, children }
  indexes.set(tree, index)
  return index
}

const find = (tree: SnapshotTree, id: SnapshotId.SnapshotId): Node | undefined =>
  tree.nodes.length > few ? indexOf(tree).byId.get(id) : tree.nodes.find((node) => node.id === id)

/** The nodes on this one; those that are on none when undefined. */
const below = (tree: SnapshotTree, id: SnapshotId.SnapshotId | undefined): ReadonlyArray<Node> =>
  tree.nodes.length > few ? indexOf(tree).children.get(id) ?? [] : tree.nodes.filter((node) => node.parent === id)

/**
 * Every node, in the order of the descriptor.
 *
 * @since 0.1.0
 * @category queries
 */
export const nodes = (tree: SnapshotTree): ReadonlyArray<Node> => tree.nodes

/**
 * The node with this identifier.
 *
 * @since 0.1.0
 * @category queries
 */
export const get: {
  (id: SnapshotId.SnapshotId): (tree: SnapshotTree) => Option.Option<Node>
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): Option.Option<Node>
} = dual(
  2,
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): Option.Option<Node> => Option.fromNullable(find(tree, id))
)

/**
 * The node that is written to.
 *
 * @since 0.1.0
 * @category queries
 */
export const top = (tree: SnapshotTree): Node => Option.getOrThrow(get(tree, SnapshotId.top))

/**
 * The node that this one is built on.
 *
 * @since 0.1.0
 * @category queries
 */
export const parent: {
  (id: SnapshotId.SnapshotId): (tree: SnapshotTree) => Option.Option<Node>
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): Option.Option<Node>
} = dual(
  2,
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): Option.Option<Node> =>
    Option.flatMap(get(tree, id), (node) => node.parent === undefined ? Option.none() : get(tree, node.parent))
)

/**
 * The nodes that are built on this one directly.
 *
 * @since 0.1.0
 * @category queries
 */
export const children: {
  (id: SnapshotId.SnapshotId): (tree: SnapshotTree) => ReadonlyArray<Node>
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): ReadonlyArray<Node>
} = dual(
  2,
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): ReadonlyArray<Node> => below(tree, id)
)

/**
 * From this node down to the base, both included; empty when there is no such
 * node.
 *
 * @since 0.1.0
 * @category queries
 */
export const chain: {
  (id: SnapshotId.SnapshotId): (tree: SnapshotTree) => ReadonlyArray<Node>
  (tree: SnapshotTree, id: SnapshotId.SnapshotId): ReadonlyArray<Node>
} = dual(2, (tree: SnapshotTree, id: SnapshotId.SnapshotId): ReadonlyArray<Node> => {
  const found: Array<Node> = []
  for (let next = find(tree, id); next !== undefined;) {
    found.push(next)
    next = next.parent === undefined ? undefined : find(tree, next.parent)
  }
  return found
})

/**
 * The lowest delta below the top, which everything on its chain is built on.
 *
 * @since 0.1.0
 * @category queries
 */
export const base = (tree: SnapshotTree): Node => chain(tree, SnapshotId.top).at(-1) ?? top(tree)

/**
 * Whether the first is below the second.
 *
 * @since 0.1.0
 * @category queries
 */
export const isAncestor: {
  (ancestor: SnapshotId.SnapshotId, id: SnapshotId.SnapshotId): (tree: SnapshotTree) => boolean
  (tree: SnapshotTree, ancestor: SnapshotId.SnapshotId, id: SnapshotId.SnapshotId): boolean
} = dual(
  3,
  (tree: SnapshotTree, ancestor: SnapshotId.SnapshotId, id: SnapshotId.SnapshotId): boolean =>
    ancestor !== id && chain(tree, id).some((node) => node.id === ancestor)
)

/**
 * @since 0.1.0
 * @category models
 */
export interface RenderOptions {
  /** Lines of box-drawing characters; `true` unless given. */
  readonly unicode?: boolean | undefined
  /** What stands beside a node; the identifier, the file and what is special about it unless given. */
  readonly label?: ((node: Node) => string) | undefined
}

const defaultLabel = (node: Node): string => {
  const file = PrintableText.escape(node.file.slice(node.file.lastIndexOf("/") + 1))
  const name = node.id === SnapshotId.top ? "top, written to now" : node.id
  return `${name}  ${file}${node.temporary ? "  (temporary)" : ""}`
}

/** A node that is still to be rendered: what stands before it, and before what is below it. */
interface Step {
  readonly at: Node
  readonly head: string
  readonly rest: string
}

/**
 * The tree for people, base first. A chain goes straight down; only branches
 * are indented.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (tree: SnapshotTree, options?: RenderOptions): string => {
  const unicode = options?.unicode ?? true
  const [node, fork, last, line] = unicode ? ["●", "├─", "└─", "│ "] : ["*", "|-", "`-", "| "]
  const label = options?.label ?? defaultLabel
  const lines: Array<string> = []
  const left = below(tree, undefined).map((at): Step => ({ at, head: "", rest: "" })).reverse()
  for (let step = left.pop(); step !== undefined; step = left.pop()) {
    const { at, head, rest } = step
    lines.push(`${head}${node} ${label(at)}`)
    const above = below(tree, at.id)
    if (above.length === 1) {
      lines.push(`${rest}${line.trimEnd()}`)
      left.push({ at: above[0]!, head: rest, rest })
    } else {
      for (let index = above.length - 1; index >= 0; index--) {
        const end = index === above.length - 1
        left.push({ at: above[index]!, head: `${rest}${end ? last : fork}`, rest: `${rest}${end ? "  " : line}` })
      }
    }
  }
  return lines.join("\n")
}
