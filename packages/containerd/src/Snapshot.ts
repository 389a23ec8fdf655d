/**
 * A snapshot, as containerd means it: the file system of a layer or of a
 * container, and how it is mounted.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

/**
 * What may be done with a snapshot: an active one is written to, a view is only
 * read, and on a committed one others are built.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Kind = Schema.Literal("active", "view", "committed")

/**
 * @since 0.2.0
 * @category models
 */
export type Kind = typeof Kind.Type

/**
 * The labels of a snapshot, by their keys.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Labels = Schema.Record({ key: Schema.String, value: Schema.String })

/**
 * @since 0.2.0
 * @category models
 */
export type Labels = typeof Labels.Type

/**
 * The label of a new snapshot without a parent that sets the size of its disk, as in
 * `10G`. containerd passes labels with this prefix on to the snapshotter.
 *
 * @since 0.2.0
 * @category constants
 */
export const sizeLabel = "containerd.io/snapshot/ploop.size"

/**
 * A snapshot.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Info = Schema.Struct({
  name: Schema.String,
  parent: Schema.optional(Schema.String),
  kind: Kind,
  createdAt: Schema.BigInt,
  updatedAt: Schema.BigInt,
  labels: Labels
})

/**
 * A snapshot.
 *
 * @since 0.2.0
 * @category models
 */
export interface Info extends Schema.Schema.Type<typeof Info> {
  /** The key of an active snapshot or a view, the name of a committed one. */
  readonly name: string
  /** The name of the committed snapshot that it is built on; absent when there is none. */
  readonly parent?: string | undefined
  /** What may be done with it. */
  readonly kind: Kind
  /** When it was created, in nanoseconds since 1970. A commit creates a snapshot. */
  readonly createdAt: bigint
  /** When its labels were changed last, or when it was created, in nanoseconds since 1970. */
  readonly updatedAt: bigint
  /** Its labels. */
  readonly labels: Labels
}

/**
 * What a client mounts to have the files of a snapshot.
 *
 * @since 0.2.0
 * @category models
 */
export interface Mount {
  /** The type of the file system. */
  readonly type: string
  /** The device. */
  readonly source: string
  /** The options of the mount, as in `["ro"]`. */
  readonly options: ReadonlyArray<string>
}

/**
 * What a snapshot takes on the host, without what it shares with others.
 *
 * @since 0.2.0
 * @category models
 */
export interface Usage {
  /** Bytes on the host's file system. */
  readonly size: bigint
  /** Inodes on the host's file system. */
  readonly inodes: bigint
}
