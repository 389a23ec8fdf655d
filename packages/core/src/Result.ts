/**
 * What the operations return: plain values, each with a schema.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"
import { ClusterSize } from "./ClusterSize.js"
import { DevicePath, PartitionPath } from "./DevicePath.js"
import { Disk } from "./Disk.js"
import { FormatVersion } from "./FormatVersion.js"
import { Generation } from "./Generation.js"
import { HostPath } from "./HostPath.js"
import { SnapshotId } from "./SnapshotId.js"

/**
 * A new disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Created = Schema.Struct({
  disk: Disk,
  image: HostPath,
  version: Schema.optional(FormatVersion)
})

/**
 * A new disk.
 *
 * @since 0.1.0
 * @category models
 */
export interface Created extends Schema.Schema.Type<typeof Created> {
  /** The disk, by the path of its new descriptor. */
  readonly disk: Disk
  /** The base image. */
  readonly image: HostPath
  /** The version of the image format; absent for a raw image. */
  readonly version?: FormatVersion | undefined
}

/**
 * A disk in a file of another format.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Exported = Schema.Struct({
  file: HostPath,
  size: ByteSize.ByteSizeFromSelf
})

/**
 * A disk in a file of another format.
 *
 * @since 0.2.0
 * @category models
 */
export interface Exported extends Schema.Schema.Type<typeof Exported> {
  /** The new file. */
  readonly file: HostPath
  /** The size of the disk in it, in bytes. The file takes less space: it has holes where nothing was written. */
  readonly size: ByteSize.ByteSize
}

/**
 * A new disk that was made of an image of another format.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Imported = Schema.Struct({
  disk: Disk,
  image: HostPath,
  version: FormatVersion,
  size: ByteSize.ByteSizeFromSelf
})

/**
 * A new disk that was made of an image of another format.
 *
 * @since 0.2.0
 * @category models
 */
export interface Imported extends Schema.Schema.Type<typeof Imported> {
  /** The disk, by the path of its new descriptor. */
  readonly disk: Disk
  /** The base image. */
  readonly image: HostPath
  /** The version of the image format. */
  readonly version: FormatVersion
  /** The size of the disk, in bytes: that of the image which was read, rounded up to whole clusters. */
  readonly size: ByteSize.ByteSize
}

/**
 * The files that a removal has removed, and those that it kept.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Removed = Schema.Struct({
  removed: Schema.Array(HostPath),
  kept: Schema.Array(HostPath)
})

/**
 * The files that a removal has removed, and those that it kept.
 *
 * @since 0.2.0
 * @category models
 */
export interface Removed extends Schema.Schema.Type<typeof Removed> {
  /** The files that were removed, in that order: the descriptor is the last. */
  readonly removed: ReadonlyArray<HostPath>
  /**
   * The files that stay: images outside the directory of the descriptor, the targets of images that are
   * symbolic links, and what else is in the directory.
   */
  readonly kept: ReadonlyArray<HostPath>
}

/**
 * A new clone of a disk.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Cloned = Schema.Struct({
  disk: Disk,
  images: Schema.Array(HostPath)
})

/**
 * A new clone of a disk.
 *
 * @since 0.2.0
 * @category models
 */
export interface Cloned extends Schema.Schema.Type<typeof Cloned> {
  /** The clone, by the path of its new descriptor. */
  readonly disk: Disk
  /**
   * Its images, the base first. The last one is its top delta; the others are hard links to the images of
   * the disk that was cloned, or copies of them.
   */
  readonly images: ReadonlyArray<HostPath>
}

/**
 * A volume of generations 7 and 9.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Volume = Schema.Struct({
  directory: HostPath,
  disk: Disk,
  readOnly: Schema.Boolean,
  parent: Schema.optional(HostPath),
  snapshot: Schema.optional(SnapshotId),
  children: Schema.Array(HostPath),
  deltaSize: ByteSize.ByteSize
})

/**
 * A volume of generations 7 and 9.
 *
 * @since 0.2.0
 * @category models
 */
export interface Volume extends Schema.Schema.Type<typeof Volume> {
  /** Its directory. */
  readonly directory: HostPath
  /** Its disk, by the path of the descriptor. */
  readonly disk: Disk
  /** Whether it is a snapshot, which nothing is written to. */
  readonly readOnly: boolean
  /** The directory of its parent; absent when it has none. */
  readonly parent?: HostPath | undefined
  /** The snapshot of the parent that it begins with; absent when it has none. */
  readonly snapshot?: SnapshotId | undefined
  /** The directories of its children, in the order of their paths. */
  readonly children: ReadonlyArray<HostPath>
  /** The length of the file of its top delta, in bytes. */
  readonly deltaSize: ByteSize.ByteSize
}

/**
 * A volume and its descendants.
 *
 * @since 0.2.0
 * @category models
 */
export interface VolumeTree {
  /** The directory of the volume. */
  readonly directory: HostPath
  /** Whether it is a snapshot, which nothing is written to. */
  readonly readOnly: boolean
  /** Its children, in the order of their paths. */
  readonly children: ReadonlyArray<VolumeTree>
}

/**
 * What {@link VolumeTree} is encoded to.
 *
 * @since 0.2.0
 * @category models
 */
export interface VolumeTreeEncoded {
  /** The directory of the volume. */
  readonly directory: string
  /** Whether it is a snapshot. */
  readonly readOnly: boolean
  /** Its children. */
  readonly children: ReadonlyArray<VolumeTreeEncoded>
}

/**
 * A volume and its descendants.
 *
 * @since 0.2.0
 * @category schemas
 */
export const VolumeTree: Schema.Schema<VolumeTree, VolumeTreeEncoded> = Schema.Struct({
  directory: HostPath,
  readOnly: Schema.Boolean,
  children: Schema.Array(Schema.suspend((): Schema.Schema<VolumeTree, VolumeTreeEncoded> => VolumeTree))
})

/**
 * What a check found.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Checked = Schema.Struct({
  outcome: Schema.Literal("clean", "repaired", "broken"),
  findings: Schema.Array(Schema.String)
})

/**
 * What a check found.
 *
 * @since 0.1.0
 * @category models
 */
export interface Checked extends Schema.Schema.Type<typeof Checked> {
  /**
   * `clean`: nothing to repair. `repaired`: something was wrong and no longer is. `broken`:
   * something is wrong and was left so.
   */
  readonly outcome: "clean" | "repaired" | "broken"
  /** The lines of the tool's output about what it found. */
  readonly findings: ReadonlyArray<string>
}

/**
 * An attached device.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Attachment = Schema.Struct({
  device: DevicePath,
  partition: Schema.optional(PartitionPath),
  component: Schema.optional(Schema.String)
})

/**
 * An attached device.
 *
 * @since 0.1.0
 * @category models
 */
export interface Attachment extends Schema.Schema.Type<typeof Attachment> {
  /** The whole device. */
  readonly device: DevicePath
  /** Its partition; absent on a disk without a partition table. */
  readonly partition?: PartitionPath | undefined
  /** The component name that sets the device apart; absent for the unnamed device. */
  readonly component?: string | undefined
}

/**
 * A device of a disk, with what it shows and where it is mounted.
 *
 * @since 0.2.0
 * @category schemas
 */
export const AttachedDevice = Schema.Struct({
  ...Attachment.fields,
  snapshot: Schema.optional(SnapshotId),
  readOnly: Schema.Boolean,
  targets: Schema.Array(HostPath),
  images: Schema.Array(HostPath),
  deleted: Schema.Array(HostPath)
})

/**
 * A device of a disk, with what it shows and where it is mounted.
 *
 * @since 0.2.0
 * @category models
 */
export interface AttachedDevice extends Attachment, Schema.Schema.Type<typeof AttachedDevice> {
  /**
   * The snapshot that the device shows, or `SnapshotId.top` for the top delta. Absent when the descriptor no
   * longer names the highest image of the device.
   */
  readonly snapshot?: SnapshotId | undefined
  /** Whether the device refuses writes. */
  readonly readOnly: boolean
  /** The mount points of its file system; empty when it is not mounted. */
  readonly targets: ReadonlyArray<HostPath>
  /** The images of the device, the base first. */
  readonly images: ReadonlyArray<HostPath>
  /**
   * Those of its images that were removed while the device runs, by the paths that they had. Their data is lost with
   * the device.
   */
  readonly deleted: ReadonlyArray<HostPath>
}

/**
 * A mount.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Mounted = Schema.Struct({
  ...Attachment.fields,
  disk: Disk,
  target: Schema.optional(HostPath),
  snapshot: Schema.optional(SnapshotId),
  readOnly: Schema.Boolean
})

/**
 * A mount.
 *
 * @since 0.1.0
 * @category models
 */
export interface Mounted extends Attachment, Schema.Schema.Type<typeof Mounted> {
  /** The disk, by the path of its descriptor. */
  readonly disk: Disk
  /** The mount point; absent when no file system was mounted. */
  readonly target?: HostPath | undefined
  /** The snapshot that the device shows; absent for the top delta. */
  readonly snapshot?: SnapshotId | undefined
  /** Whether the device refuses writes. */
  readonly readOnly: boolean
}

/**
 * A temporary snapshot and the read-only device that is attached at it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TemporarySnapshot = Schema.Struct({
  ...Attachment.fields,
  disk: Disk,
  id: SnapshotId,
  target: Schema.optional(HostPath)
})

/**
 * A temporary snapshot and the read-only device that is attached at it.
 *
 * @since 0.1.0
 * @category models
 */
export interface TemporarySnapshot extends Attachment, Schema.Schema.Type<typeof TemporarySnapshot> {
  /** The disk, by the path of its descriptor. */
  readonly disk: Disk
  /** The snapshot. */
  readonly id: SnapshotId
  /** The mount point; absent when no file system was mounted. */
  readonly target?: HostPath | undefined
}

/**
 * The snapshot and its file are gone.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Deleted = Schema.TaggedStruct("Deleted", {
  id: SnapshotId,
  becameTop: Schema.optional(SnapshotId)
})

/**
 * The snapshot and its file are gone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deleted extends Schema.Schema.Type<typeof Deleted> {
  /** Which of the outcomes it is. */
  readonly _tag: "Deleted"
  /** The snapshot that was deleted. */
  readonly id: SnapshotId
  /** After a deletion of the top delta: the snapshot that took its place. That identifier is gone too. */
  readonly becameTop?: SnapshotId | undefined
}

/**
 * The snapshot had one child, whose image is now the file of the snapshot, with the data of both.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MergedIntoChild = Schema.TaggedStruct("MergedIntoChild", {
  id: SnapshotId,
  child: SnapshotId
})

/**
 * The snapshot had one child, whose image is now the file of the snapshot, with the data of both.
 *
 * @since 0.1.0
 * @category models
 */
export interface MergedIntoChild extends Schema.Schema.Type<typeof MergedIntoChild> {
  /** Which of the outcomes it is. */
  readonly _tag: "MergedIntoChild"
  /** The snapshot that was deleted. Its identifier is gone. */
  readonly id: SnapshotId
  /** The child, which keeps its identifier. */
  readonly child: SnapshotId
}

/**
 * The snapshot has several children and is still there. No switch to it is possible any more; it is
 * merged automatically once it has one child.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MarkedTemporary = Schema.TaggedStruct("MarkedTemporary", {
  id: SnapshotId,
  children: Schema.Array(SnapshotId)
})

/**
 * The snapshot has several children and is still there. No switch to it is possible any more; it is
 * merged automatically once it has one child.
 *
 * @since 0.1.0
 * @category models
 */
export interface MarkedTemporary extends Schema.Schema.Type<typeof MarkedTemporary> {
  /** Which of the outcomes it is. */
  readonly _tag: "MarkedTemporary"
  /** The snapshot that was marked as temporary. */
  readonly id: SnapshotId
  /** Its children. */
  readonly children: ReadonlyArray<SnapshotId>
}

/**
 * The outcome of a deletion.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotDeleted = Schema.Union(Deleted, MergedIntoChild, MarkedTemporary)

/**
 * The outcome of a deletion.
 *
 * @since 0.1.0
 * @category models
 */
export type SnapshotDeleted = Deleted | MergedIntoChild | MarkedTemporary

/**
 * The result of a merge.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Merged = Schema.Struct({
  survivor: SnapshotId,
  image: HostPath,
  gone: Schema.Array(SnapshotId)
})

/**
 * The result of a merge.
 *
 * @since 0.1.0
 * @category models
 */
export interface Merged extends Schema.Schema.Type<typeof Merged> {
  /** The identifier that has the merged data. */
  readonly survivor: SnapshotId
  /** The image file of the survivor. */
  readonly image: HostPath
  /** The identifiers that no longer exist. */
  readonly gone: ReadonlyArray<SnapshotId>
}

/**
 * The space on the host that the image of a snapshot takes.
 *
 * @since 0.2.0
 * @category schemas
 */
export const SnapshotSize = Schema.Struct({
  id: SnapshotId,
  image: HostPath,
  size: ByteSize.ByteSizeFromSelf,
  moved: ByteSize.ByteSizeFromSelf
})

/**
 * The space on the host that the image of a snapshot takes.
 *
 * @since 0.2.0
 * @category models
 */
export interface SnapshotSize extends Schema.Schema.Type<typeof SnapshotSize> {
  /** The snapshot; `SnapshotId.top` for the top delta. */
  readonly id: SnapshotId
  /** Its image. */
  readonly image: HostPath
  /** The blocks of the host that the image takes, in bytes. A hole takes none. */
  readonly size: ByteSize.ByteSize
  /**
   * The size of the images that a deletion of the snapshot would merge into others, in bytes: the most that
   * it would copy. Zero for a deletion that merges nothing.
   */
  readonly moved: ByteSize.ByteSize
}

/**
 * The size and the format of a disk, as its device or its top delta has them. The descriptor can state
 * another size.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ImageInfo = Schema.Struct({
  size: ByteSize.ByteSizeFromSelf,
  clusterSize: ClusterSize,
  version: Schema.optional(FormatVersion)
})

/**
 * The size and the format of a disk, as its device or its top delta has them. The descriptor can state
 * another size.
 *
 * @since 0.1.0
 * @category models
 */
export interface ImageInfo extends Schema.Schema.Type<typeof ImageInfo> {
  /** The size of the disk, in bytes. */
  readonly size: ByteSize.ByteSize
  /** The cluster size, in bytes. */
  readonly clusterSize: ClusterSize
  /** The version of the image format; absent for a raw disk. */
  readonly version?: FormatVersion | undefined
}

/**
 * The file system in a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileSystemInfo = Schema.Struct({
  size: ByteSize.ByteSizeFromSelf,
  free: ByteSize.ByteSizeFromSelf,
  inodes: Schema.NonNegativeBigIntFromSelf,
  freeInodes: Schema.NonNegativeBigIntFromSelf,
  blockSize: Schema.optional(ByteSize.ByteSizeFromSelf),
  source: Schema.Literal("mounted", "cached", "temporary-mount")
})

/**
 * The file system in a disk.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileSystemInfo extends Schema.Schema.Type<typeof FileSystemInfo> {
  /** The size of the file system, in bytes. */
  readonly size: ByteSize.ByteSize
  /** The free space, in bytes, including what is reserved for root. */
  readonly free: ByteSize.ByteSize
  /** The number of inodes. */
  readonly inodes: bigint
  /** The number of free inodes. */
  readonly freeInodes: bigint
  /** The block size of the file system, in bytes; absent where it is not known. */
  readonly blockSize?: ByteSize.ByteSize | undefined
  /**
   * Where the numbers are from. `mounted`: the present state. `cached`: the state at the last unmount
   * by descriptor. `temporary-mount`: a mount that was made for this query.
   */
  readonly source: "mounted" | "cached" | "temporary-mount"
}

/**
 * The sizes that a disk can have.
 *
 * @since 0.2.0
 * @category schemas
 */
export const SizeLimits = Schema.Struct({
  size: ByteSize.ByteSizeFromSelf,
  minimum: Schema.optional(ByteSize.ByteSizeFromSelf),
  maximum: ByteSize.ByteSizeFromSelf,
  maximumGrow: ByteSize.ByteSizeFromSelf
})

/**
 * The sizes that a disk can have.
 *
 * @since 0.2.0
 * @category models
 */
export interface SizeLimits extends Schema.Schema.Type<typeof SizeLimits> {
  /** The present size, in bytes: that of the device, or of the top delta while none runs. */
  readonly size: ByteSize.ByteSize
  /**
   * A size to which `resize` shrinks the disk in its present state, in bytes. For a disk that is not running it is
   * the least one: a cluster less is refused. For a mounted disk the least one is at most 17 MiB smaller, because
   * ext4 keeps up to 16 MiB for itself. Absent where no file system is mounted or could be inspected, and for an idle XFS.
   */
  readonly minimum?: ByteSize.ByteSize | undefined
  /** The largest size that `resize` accepts, in bytes. */
  readonly maximum: ByteSize.ByteSize
  /** The largest size that `grow` accepts, in bytes: it leaves the file system as it is. */
  readonly maximumGrow: ByteSize.ByteSize
}

/**
 * A running device.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RunningDevice = Schema.Struct({
  device: DevicePath,
  image: HostPath,
  deleted: Schema.optional(Schema.Boolean),
  target: Schema.optional(HostPath),
  component: Schema.optional(Schema.String)
})

/**
 * A running device.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunningDevice extends Schema.Schema.Type<typeof RunningDevice> {
  /** The device. */
  readonly device: DevicePath
  /** The base image of its disk, also when it shows a snapshot. */
  readonly image: HostPath
  /**
   * Whether that image was removed while the device runs: `image` is the path that it had, and the data is lost with
   * the device. Absent when the image is there.
   *
   * @since 0.2.0
   */
  readonly deleted?: boolean | undefined
  /** The mount point of its file system; absent when it is not mounted. */
  readonly target?: HostPath | undefined
  /** The component name; absent for the unnamed device. */
  readonly component?: string | undefined
}

/**
 * The tool behind a backend.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Tool = Schema.Struct({
  path: Schema.String,
  generation: Generation
})

/**
 * The tool behind a backend.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tool extends Schema.Schema.Type<typeof Tool> {
  /** The tool, as it was configured: a path, or a name that is looked up in `PATH`. */
  readonly path: string
  /** Its generation. */
  readonly generation: Generation
}

/**
 * One thing that ploop needs of a host.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Prerequisite = Schema.Struct({
  name: Schema.String,
  status: Schema.Literal("present", "missing", "unknown"),
  neededFor: Schema.String,
  remedy: Schema.String
})

/**
 * One thing that ploop needs of a host.
 *
 * @since 0.1.0
 * @category models
 */
export interface Prerequisite extends Schema.Schema.Type<typeof Prerequisite> {
  /** What it is. */
  readonly name: string
  /** Whether the host has it. `unknown`: it could not be inspected. */
  readonly status: "present" | "missing" | "unknown"
  /** The operations that need it. */
  readonly neededFor: string
  /** What a person can do when it is missing. */
  readonly remedy: string
}

/**
 * The maintenance that the kernel does for the balloon.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Maintenance = Schema.Literal(
  "OFF",
  "BALLOON",
  "FBLOADED",
  "TRACK",
  "RELOC",
  "MERGE",
  "GROW",
  "DISCARD"
)

/**
 * The maintenance that the kernel does for the balloon.
 *
 * @since 0.1.0
 * @category models
 */
export type Maintenance = typeof Maintenance.Type

/**
 * The balloon: a hidden file that takes space from the file system.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Balloon = Schema.Struct({
  size: ByteSize.ByteSizeFromSelf,
  maintenance: Schema.optional(Maintenance)
})

/**
 * The balloon: a hidden file that takes space from the file system.
 *
 * @since 0.1.0
 * @category models
 */
export interface Balloon extends Schema.Schema.Type<typeof Balloon> {
  /** The size of the balloon, in bytes. */
  readonly size: ByteSize.ByteSize
  /** The state of its maintenance; absent on generation 9, which has none. */
  readonly maintenance?: Maintenance | undefined
}

/**
 * A change of the balloon.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BalloonChanged = Schema.Struct({
  before: ByteSize.ByteSizeFromSelf,
  after: ByteSize.ByteSizeFromSelf,
  truncated: ByteSize.ByteSizeFromSelf
})

/**
 * A change of the balloon.
 *
 * @since 0.1.0
 * @category models
 */
export interface BalloonChanged extends Schema.Schema.Type<typeof BalloonChanged> {
  /** The size of the balloon before the change, in bytes. */
  readonly before: ByteSize.ByteSize
  /** The size of the balloon after the change, in bytes. */
  readonly after: ByteSize.ByteSize
  /** How much of the image file was given back to the host, in bytes. */
  readonly truncated: ByteSize.ByteSize
}

/**
 * The result of a discard.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Discarded = Schema.Struct({
  truncated: ByteSize.ByteSizeFromSelf,
  relocated: Schema.NonNegativeInt
})

/**
 * The result of a discard.
 *
 * @since 0.1.0
 * @category models
 */
export interface Discarded extends Schema.Schema.Type<typeof Discarded> {
  /** How much of the image file was given back to the host, in bytes. */
  readonly truncated: ByteSize.ByteSize
  /** How many clusters were moved for it. */
  readonly relocated: number
}

/**
 * A round of a copy.
 *
 * @since 0.2.0
 * @category schemas
 */
export const CopyRound = Schema.Struct({
  number: Schema.Positive.pipe(Schema.int()),
  bytes: ByteSize.ByteSizeFromSelf
})

/**
 * A round of a copy. The first one is all that the disk has, each other one what was
 * written while the round before went on.
 *
 * @since 0.2.0
 * @category models
 */
export interface CopyRound extends Schema.Schema.Type<typeof CopyRound> {
  /** The number of the round, from 1. */
  readonly number: number
  /** How many bytes of data went over in it. */
  readonly bytes: ByteSize.ByteSize
}

/**
 * What a discard could gain, in whole MiB as the tool counts.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DiscardStatus = Schema.Struct({
  balloon: ByteSize.ByteSizeFromSelf,
  data: Schema.optional(ByteSize.ByteSizeFromSelf),
  disk: ByteSize.ByteSizeFromSelf,
  image: ByteSize.ByteSizeFromSelf
})

/**
 * What a discard could gain, in whole MiB as the tool counts.
 *
 * @since 0.1.0
 * @category models
 */
export interface DiscardStatus extends Schema.Schema.Type<typeof DiscardStatus> {
  /** The size of the balloon, in bytes. */
  readonly balloon: ByteSize.ByteSize
  /**
   * The data in the file system, in bytes; absent when the tool's figure has overflowed, which happens
   * when the balloon is larger than the used space.
   */
  readonly data?: ByteSize.ByteSize | undefined
  /** The size of the disk without the balloon, in bytes. */
  readonly disk: ByteSize.ByteSize
  /** The size of the image file, in bytes. */
  readonly image: ByteSize.ByteSize
}

/**
 * Counters of a running device, by the driver's names for them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeviceStatistics = Schema.Record({ key: Schema.String, value: Schema.BigIntFromSelf })

/**
 * Counters of a running device, by the driver's names for them.
 *
 * @since 0.1.0
 * @category models
 */
export type DeviceStatistics = typeof DeviceStatistics.Type
