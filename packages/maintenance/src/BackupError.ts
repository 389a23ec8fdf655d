/**
 * What can go wrong with a backup, beside the errors of the operations themselves.
 *
 * @since 0.2.0
 */
import * as PloopError from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"

/**
 * A directory that is not a whole backup, or backups that do not fit together.
 *
 * - `path`: the directory or the file;
 * - `reason`: what is wrong with it.
 *
 * @since 0.2.0
 * @category errors
 */
export class BackupInvalid
  extends Schema.TaggedError<BackupInvalid>("@effect-ploop/maintenance/BackupError/BackupInvalid")(
    "BackupInvalid",
    { path: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

/**
 * A file that does not have the content that it was saved with.
 *
 * - `path`: the file;
 * - `expected`: the digest in the manifest;
 * - `found`: the digest of the file.
 *
 * @since 0.2.0
 * @category errors
 */
export class BackupDamaged
  extends Schema.TaggedError<BackupDamaged>("@effect-ploop/maintenance/BackupError/BackupDamaged")(
    "BackupDamaged",
    { path: Schema.String, expected: Schema.String, found: Schema.String }
  )
{
  override get message(): string {
    return `${this.path} has the digest ${this.found}, but it was saved with ${this.expected}: use another backup`
  }
}

/**
 * The snapshot of a backup is still on the disk, because it could not be deleted.
 * If the backup had failed already, the cause has that failure first.
 *
 * - `disk`: the disk;
 * - `snapshot`: the snapshot that is left;
 * - `error`: why it could not be deleted.
 *
 * @since 0.2.0
 * @category errors
 */
export class SnapshotLeft
  extends Schema.TaggedError<SnapshotLeft>("@effect-ploop/maintenance/BackupError/SnapshotLeft")(
    "SnapshotLeft",
    { disk: Schema.String, snapshot: SnapshotId.SnapshotId, error: PloopError.PloopError }
  )
{
  override get message(): string {
    return `the snapshot ${this.snapshot} of a backup is left on ${this.disk}: ${this.error.message}`
  }
}

/**
 * Files of an incomplete backup or an incomplete restored disk are still there. A file
 * is left if it could not be removed, or if another file has taken its name. The cause
 * has the first failure before this one.
 *
 * - `directory`: the incomplete directory;
 * - `left`: the files that are still there.
 *
 * @since 0.2.0
 * @category errors
 */
export class FilesLeft extends Schema.TaggedError<FilesLeft>("@effect-ploop/maintenance/BackupError/FilesLeft")(
  "FilesLeft",
  { directory: Schema.String, left: Schema.Array(Schema.String) }
) {
  override get message(): string {
    return `${this.directory} is not complete, and these files are left of it: ${this.left.join(", ")}`
  }
}

/**
 * Any error of a backup.
 *
 * @since 0.2.0
 * @category schemas
 */
export const BackupError = Schema.Union(BackupInvalid, BackupDamaged, SnapshotLeft, FilesLeft)

/**
 * @since 0.2.0
 * @category errors
 */
export type BackupError = typeof BackupError.Type
