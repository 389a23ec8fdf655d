/**
 * The files of a clone: which images it has of the disk that is cloned, by which
 * names, and its descriptor. A backend links or copies, and writes them.
 *
 * @example
 * import { DiskClone, SnapshotTree } from "@effect-ploop/core"
 * import type { DiskDescriptor, SnapshotId } from "@effect-ploop/core"
 *
 * const names = (tree: SnapshotTree.SnapshotTree, snapshot: SnapshotId.SnapshotId) =>
 *   DiskClone.links([...SnapshotTree.chain(tree, snapshot)].reverse())
 *
 * @since 0.2.0
 */
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ByteSize } from "./ByteSize.js"
import { Disk } from "./Disk.js"
import * as DiskDescriptor from "./DiskDescriptor.js"
import type { Generation } from "./Generation.js"
import * as GenerationTraits from "./GenerationTraits.js"
import * as SnapshotId from "./SnapshotId.js"
import type { Node } from "./SnapshotTree.js"

/**
 * The name of the file beside the descriptor of a clone that says which images are
 * not its own: it may be removed while another disk has them.
 *
 * @since 0.2.0
 * @category constants
 */
export const recordName = ".ploop-clone.json"

/**
 * The content of that file: the disk and the snapshot that were cloned, and the
 * names of the shared images in the directory of the clone.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Record = Schema.parseJson(
  Schema.Struct({
    disk: Disk,
    snapshot: SnapshotId.SnapshotIdFromSelf,
    images: Schema.Array(Schema.String)
  }),
  { space: 2 }
)

/**
 * @since 0.2.0
 * @category models
 */
export type Record = typeof Record.Type

const encode = Schema.encodeSync(Record)

/**
 * The text of the file.
 *
 * @since 0.2.0
 * @category conversions
 */
export const formatRecord = (record: Record): string => `${encode(record)}\n`

const decode = Schema.decodeUnknownEither(Record)

/**
 * Reads the text of the file; none when it is not such a text.
 *
 * @since 0.2.0
 * @category conversions
 */
export const parseRecord = (text: string): Option.Option<Record> => Either.getRight(decode(text))

/**
 * An image that a clone shares or copies: its file in the descriptor of the disk that is
 * cloned, and its name in the directory of the clone.
 *
 * @since 0.2.0
 * @category models
 */
export interface Link {
  /** The file, as the descriptor of the disk names it. */
  readonly file: string
  /** The snapshot that it belongs to. */
  readonly id: SnapshotId.SnapshotId
  /** The name in the directory of the clone. */
  readonly name: string
}

const suffix = /\.\{[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\}$/i

const stemOf = ([base]: ReadonlyArray<Pick<Node, "file">>): string =>
  (base?.file ?? "").replace(/^.*\//s, "").replace(suffix, "")

/**
 * The images of the snapshot. The base keeps its name, and each other image has the
 * identifier of its snapshot in its name, so that no two have the same.
 *
 * - `chain`: the snapshots from the base to the one that is cloned
 *
 * @since 0.2.0
 * @category constructors
 */
export const links = (chain: ReadonlyArray<Node>): ReadonlyArray<Link> =>
  chain.map(({ file, id }, index) => ({
    file,
    id,
    name: index === 0 ? stemOf(chain) : `${stemOf(chain)}.${id}`
  }))

/**
 * The name of the clone's own top delta.
 *
 * - `unique`: a random identifier
 *
 * @since 0.2.0
 * @category constructors
 */
export const topName = (chain: ReadonlyArray<Node>, unique: SnapshotId.SnapshotId): string =>
  `${stemOf(chain)}.${unique}`

/**
 * What the descriptor of a clone is made from.
 *
 * @since 0.2.0
 * @category models
 */
export interface Plan {
  /** The descriptor of the disk that is cloned. */
  readonly source: DiskDescriptor.DiskDescriptor
  /** The snapshots from the base to the one that is cloned. */
  readonly chain: ReadonlyArray<Node>
  /** The name of the top delta; undefined when the last image of the chain is the top delta. */
  readonly top: string | undefined
  /** The size of the disk at that snapshot. */
  readonly size: ByteSize
  /** The generation that will read it. */
  readonly generation: Generation
}

/**
 * The descriptor of a clone. The snapshots keep their identifiers. A limit of the
 * size of deltas and the name of a key stay; the volume that the disk is a part of
 * does not.
 *
 * @since 0.2.0
 * @category constructors
 */
export const descriptor = ({ chain, generation, size, source, top }: Plan): DiskDescriptor.DiskDescriptor => {
  const shared = links(chain)
  const raw = source.images.some(({ type }) => type === "Plain")
  const parents = [SnapshotId.none, ...shared.map(({ id }) => id)]
  const last = shared.at(-1)
  const all = top === undefined && last !== undefined
    ? [...shared.slice(0, -1), { ...last, id: SnapshotId.top }]
    : [...shared, { id: SnapshotId.top, name: top ?? "" }]
  return new DiskDescriptor.DiskDescriptor({
    rootElement: GenerationTraits.rootElement[generation],
    diskSize: size,
    ...DiskDescriptor.geometry(size),
    clusterSize: source.clusterSize,
    preallocated: source.preallocated,
    ...(source.maxDeltaSize !== undefined && { maxDeltaSize: source.maxDeltaSize }),
    ...(source.keyId !== undefined && { keyId: source.keyId }),
    images: all.map(({ id, name }) => ({ id, type: raw ? "Plain" : "Compressed", file: name })),
    snapshots: all.map(({ id }, index) => ({ id, parent: parents[index] ?? SnapshotId.none, temporary: false }))
  })
}
