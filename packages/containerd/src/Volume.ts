/**
 * A volume: a file system for containers that outlives them.
 *
 * @since 0.2.0
 */
import { ByteSizeFromSelf } from "@effect-ploop/core/ByteSize"
import type * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"

/**
 * A volume.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Info = Schema.Struct({
  name: Schema.String,
  size: ByteSizeFromSelf,
  from: Schema.optional(Schema.String),
  readOnly: Schema.Boolean,
  createdAt: Schema.DateTimeUtcFromSelf,
  users: Schema.Array(Schema.String),
  mountpoint: Schema.optional(Schema.String),
  directory: Schema.String
})

/**
 * A volume.
 *
 * @since 0.2.0
 * @category models
 */
export interface Info extends Schema.Schema.Type<typeof Info> {
  /** Its name. That of a snapshot is `VOLUME@SNAPSHOT`. */
  readonly name: string
  /** The size of its disk, in bytes. */
  readonly size: ByteSize.ByteSize
  /** What its disk was cloned from: `VOLUME`, or `VOLUME@SNAPSHOT`; absent when it began empty. */
  readonly from?: string | undefined
  /** Whether it can only be read, as snapshots. */
  readonly readOnly: boolean
  /** When it was created. */
  readonly createdAt: DateTime.Utc
  /** The identifiers of its mounts, each of which a container has. */
  readonly users: ReadonlyArray<string>
  /** The directory with its files; absent while nobody has it mounted. */
  readonly mountpoint?: string | undefined
  /** The directory of its disk. */
  readonly directory: string
}

/**
 * A new volume.
 *
 * @since 0.2.0
 * @category models
 */
export interface CreateOptions {
  /**
   * Its name: up to 200 characters, without slashes. `VOLUME@SNAPSHOT` takes a snapshot of a volume, which
   * can only be read; it has no other option.
   */
  readonly name: string
  /**
   * The size of its disk, from `300M` to `15T`. Default: that of the driver. A clone has the size of what it
   * is cloned from, and cannot have another one.
   */
  readonly size?: ByteSize.ByteSizeInput | undefined
  /**
   * The volume that it starts as a copy of: `VOLUME` as it is now, or `VOLUME@SNAPSHOT`, where the snapshot is
   * one of this driver, or the identifier of a snapshot of the disk that `ploop snapshot` has taken. Default:
   * none, and it begins empty.
   */
  readonly from?: string | undefined
}

/**
 * One use of a volume.
 *
 * @since 0.2.0
 * @category models
 */
export interface UseOptions {
  /** The name of the volume. */
  readonly name: string
  /** The identifier of the use, which its end has too. Docker makes one for each mount. */
  readonly id: string
}
