/**
 * Why a call of the snapshotter, or of the volume driver, failed: the causes that
 * both have.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

const tag = (name: string) => `@effect-ploop/containerd/StorageError/${name}`

/**
 * An argument of a call breaks a rule. Nothing was changed.
 *
 * - `argument`: its name;
 * - `value`: what it is; absent when it is missing, or has another shape;
 * - `rule`: what it must be.
 *
 * @since 0.2.0
 * @category errors
 */
export class ArgumentInvalid extends Schema.TaggedError<ArgumentInvalid>(tag("ArgumentInvalid"))(
  "ArgumentInvalid",
  { argument: Schema.String, value: Schema.optional(Schema.String), rule: Schema.String }
) {
  override get message(): string {
    return this.value === undefined
      ? `${this.argument} ${this.rule}`
      : `${this.argument} is ${JSON.stringify(this.value)}, but it ${this.rule}`
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
    return `the file system of the disks is full: ${this.reason}`
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
 * The disk of a snapshot or a volume, or of what it is built on, is not as it was left:
 * somebody has removed or changed a file of it.
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
export const StorageError = Schema.Union(StorageFull, HostUnready, DiskDamaged, StorageFailed)

/**
 * @since 0.2.0
 * @category errors
 */
export type StorageError = typeof StorageError.Type
