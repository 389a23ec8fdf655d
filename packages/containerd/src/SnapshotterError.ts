/**
 * Why a call of the snapshotter failed.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import { ArgumentInvalid, DiskDamaged, HostUnready, StorageFailed, StorageFull } from "./StorageError.js"

const tag = (name: string) => `@effect-ploop/containerd/SnapshotterError/${name}`

/**
 * There is no snapshot with this key. Nothing was changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class SnapshotNotFound extends Schema.TaggedError<SnapshotNotFound>(tag("SnapshotNotFound"))(
  "SnapshotNotFound",
  { key: Schema.String }
) {
  override get message(): string {
    return `snapshot ${JSON.stringify(this.key)} does not exist`
  }
}

/**
 * The key is in use. Nothing was changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class SnapshotExists extends Schema.TaggedError<SnapshotExists>(tag("SnapshotExists"))(
  "SnapshotExists",
  { key: Schema.String }
) {
  override get message(): string {
    return `snapshot ${JSON.stringify(this.key)} exists`
  }
}

/**
 * The parent of a new snapshot is not committed. Nothing was changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class ParentNotCommitted extends Schema.TaggedError<ParentNotCommitted>(tag("ParentNotCommitted"))(
  "ParentNotCommitted",
  { parent: Schema.String }
) {
  override get message(): string {
    return `parent ${JSON.stringify(this.parent)} is not a committed snapshot`
  }
}

/**
 * The call is for snapshots of another kind. Nothing was changed.
 *
 * - `needs`: the kinds that it is for.
 *
 * @since 0.2.0
 * @category errors
 */
export class KindWrong extends Schema.TaggedError<KindWrong>(tag("KindWrong"))(
  "KindWrong",
  { key: Schema.String, needs: Schema.String }
) {
  override get message(): string {
    return `snapshot ${JSON.stringify(this.key)} is not ${this.needs}`
  }
}

/**
 * A snapshot cannot be removed now: others are built on it, it is mounted, or its
 * device or its files could not be taken down. It is still there, and the removal
 * can be repeated.
 *
 * - `reason`: which of these it is.
 *
 * @since 0.2.0
 * @category errors
 */
export class NotRemovable extends Schema.TaggedError<NotRemovable>(tag("NotRemovable"))(
  "NotRemovable",
  { key: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `cannot remove snapshot ${JSON.stringify(this.key)}: ${this.reason}`
  }
}

/**
 * @since 0.2.0
 * @category schemas
 */
export const SnapshotterError = Schema.Union(
  ArgumentInvalid,
  SnapshotNotFound,
  SnapshotExists,
  ParentNotCommitted,
  KindWrong,
  NotRemovable,
  StorageFull,
  HostUnready,
  DiskDamaged,
  StorageFailed
)

/**
 * @since 0.2.0
 * @category errors
 */
export type SnapshotterError = typeof SnapshotterError.Type
