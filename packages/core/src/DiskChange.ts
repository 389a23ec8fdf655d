/**
 * A difference between two points of a disk, in its files or in its blocks, as
 * `DiskChanges` finds it.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"

/**
 * The type of a file.
 *
 * @since 0.2.0
 * @category schemas
 */
export const FileType = Schema.Literal(
  "File",
  "Directory",
  "SymbolicLink",
  "BlockDevice",
  "CharacterDevice",
  "FIFO",
  "Socket",
  "Unknown"
)

/**
 * @since 0.2.0
 * @category models
 */
export type FileType = typeof FileType.Type

/**
 * What differs in a file that both points have:
 *
 * - `content`: the bytes of a regular file;
 * - `mode`: the permissions;
 * - `owner`: the user or the group;
 * - `modified`: the time of the last modification; not compared for directories and symbolic links;
 * - `target`: the target of a symbolic link;
 * - `device`: the numbers of a device file.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Aspect = Schema.Literal("content", "mode", "owner", "modified", "target", "device")

/**
 * @since 0.2.0
 * @category models
 */
export type Aspect = typeof Aspect.Type

const file = {
  /** The path in the file system of the disk, from its root, as in `/etc/motd`. */
  path: Schema.String,
  /** The type of the file. */
  type: FileType
}

/**
 * A file that only the later point has. The files in a directory that was added follow one by one.
 *
 * @since 0.2.0
 * @category models
 */
export class Added extends Schema.TaggedClass<Added>("@effect-ploop/core/DiskChange/Added")("Added", file) {}

/**
 * A file that only the earlier point has. The files in a directory that was removed follow one by one.
 *
 * @since 0.2.0
 * @category models
 */
export class Removed extends Schema.TaggedClass<Removed>("@effect-ploop/core/DiskChange/Removed")("Removed", file) {}

/**
 * A file that both points have by this path, and that differs.
 *
 * - `aspects`: what differs; one at least
 *
 * @since 0.2.0
 * @category models
 */
export class Changed extends Schema.TaggedClass<Changed>("@effect-ploop/core/DiskChange/Changed")("Changed", {
  ...file,
  aspects: Schema.NonEmptyArray(Aspect)
}) {}

/**
 * A file that has another path in the later point: its inode number, its type and the time when it was made are the
 * same. What is in a directory that was renamed is compared with what was in it, and not reported otherwise.
 *
 * - `previous`: the path in the earlier point
 * - `aspects`: what differs besides; often nothing
 *
 * @since 0.2.0
 * @category models
 */
export class Renamed extends Schema.TaggedClass<Renamed>("@effect-ploop/core/DiskChange/Renamed")("Renamed", {
  ...file,
  previous: Schema.String,
  aspects: Schema.Array(Aspect)
}) {}

/**
 * A difference between two points of a disk.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Change = Schema.Union(Added, Removed, Changed, Renamed)

/**
 * @since 0.2.0
 * @category models
 */
export type Change = typeof Change.Type

/**
 * A part of a disk.
 *
 * - `offset`: where it begins, in bytes from the start of the disk
 * - `length`: in bytes
 *
 * @since 0.2.0
 * @category models
 */
export class Extent extends Schema.Class<Extent>("@effect-ploop/core/DiskChange/Extent")({
  offset: ByteSize.ByteSizeFromSelf,
  length: ByteSize.ByteSizeFromSelf
}) {}
