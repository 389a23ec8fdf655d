/**
 * Why a call of the snapshotter failed.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

const tag = (name: string) => `@effect-ploop/containerd/SnapshotterError/${name}`

/**
 * An argument of a call breaks a rule. Nothing was changed.
 *
 * - `argument`: its name;
 * - `value`: what it is;
 * - `rule`: what it must be.
 *
 * @since 0.2.0
 * @category errors
 */
export class ArgumentInvalid extends Schema.TaggedError<ArgumentInvalid>(tag("ArgumentInvalid"))(
  "ArgumentInvalid",
  { argument: Schema.String, value: Schema.String, rule: Schema.String }
) {
  override get message(): string {
    return `${this.argument} is ${JSON.stringify(this.value)}, but it ${this.rule}`
  }
}

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
 * The file system of the host is full. What the call had begun was removed again.
 *
 * @since 0.2.0
 * @category errors
 */
export class StorageFull extends Schema.TaggedError<StorageFull>(tag("StorageFull"))(
  "StorageFull",
  { reason: Schema.String }
) {
  override get message(): string {
    return `the file system of the snapshots is full: ${this.reason}`
  }
}

/**
 * The host lacks something that ploop needs, such as its kernel driver.
 *
 * @since 0.2.0
 * @category errors
 */
export class HostUnready extends Schema.TaggedError<HostUnready>(tag("HostUnready"))(
  "HostUnready",
  { reason: Schema.String }
) {
  override get message(): string {
    return `ploop cannot work on this host: ${this.reason}`
  }
}

/**
 * The disk of a snapshot, or of its parent, is not as it was left: somebody has removed
 * or changed a file of it.
 *
 * - `step`: what was being done.
 *
 * @since 0.2.0
 * @category errors
 */
export class DiskDamaged extends Schema.TaggedError<DiskDamaged>(tag("DiskDamaged"))(
  "DiskDamaged",
  { step: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `could not ${this.step}, because a disk is damaged: ${this.reason}`
  }
}

/**
 * ploop or the host's file system failed in another way.
 *
 * - `step`: what was being done.
 *
 * @since 0.2.0
 * @category errors
 */
export class StorageFailed extends Schema.TaggedError<StorageFailed>(tag("StorageFailed"))(
  "StorageFailed",
  { step: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `could not ${this.step}: ${this.reason}`
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
