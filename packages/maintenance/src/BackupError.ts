/**
 * What can go wrong with a backup, beside the errors of the operations themselves.
 *
 * @since 0.2.0
 */
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
