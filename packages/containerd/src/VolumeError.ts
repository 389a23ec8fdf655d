/**
 * Why a call of the volume driver failed.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import { ArgumentInvalid, StorageError } from "./StorageError.js"

const tag = (name: string) => `@effect-ploop/containerd/VolumeError/${name}`

/**
 * There is no volume with this name. Nothing was changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class VolumeNotFound extends Schema.TaggedError<VolumeNotFound>(tag("VolumeNotFound"))(
  "VolumeNotFound",
  { name: Schema.String }
) {
  override get message(): string {
    return `volume ${JSON.stringify(this.name)} does not exist`
  }
}

/**
 * The volume that a new one is cloned from has no such snapshot. Nothing was changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class VolumeSnapshotNotFound extends Schema.TaggedError<VolumeSnapshotNotFound>(tag("VolumeSnapshotNotFound"))(
  "VolumeSnapshotNotFound",
  { name: Schema.String, snapshot: Schema.String }
) {
  override get message(): string {
    return `volume ${JSON.stringify(this.name)} has no snapshot ${JSON.stringify(this.snapshot)}`
  }
}

/**
 * The name is in use, by a volume with other options. Nothing was changed.
 *
 * - `reason`: what it was created with.
 *
 * @since 0.2.0
 * @category errors
 */
export class VolumeExists extends Schema.TaggedError<VolumeExists>(tag("VolumeExists"))(
  "VolumeExists",
  { name: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `volume ${JSON.stringify(this.name)} exists with other options: ${this.reason}`
  }
}

/**
 * The volume is in use. It is as it was, and the call can be repeated.
 *
 * - `reason`: by what.
 *
 * @since 0.2.0
 * @category errors
 */
export class VolumeInUse extends Schema.TaggedError<VolumeInUse>(tag("VolumeInUse"))(
  "VolumeInUse",
  { name: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `volume ${JSON.stringify(this.name)} is in use: ${this.reason}`
  }
}

/**
 * @since 0.2.0
 * @category schemas
 */
export const VolumeError = Schema.Union(
  ArgumentInvalid,
  VolumeNotFound,
  VolumeSnapshotNotFound,
  VolumeExists,
  VolumeInUse,
  StorageError
)

/**
 * @since 0.2.0
 * @category errors
 */
export type VolumeError = typeof VolumeError.Type
