/**
 * What the operations answer: plain values, each with a schema.
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
 * A disk that has just been made: its name, its base image, and the version of
 * its format (none if it is raw).
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
 * @since 0.1.0
 * @category models
 */
export type Created = typeof Created.Type

/**
 * What a check found:
 *
 * - `clean`: nothing to mend;
 * - `repaired`: something was wrong, and is not any more;
 * - `broken`: something is wrong, and was left so.
 *
 * `findings` are the tool's own lines.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Checked = Schema.Struct({
  outcome: Schema.Literal("clean", "repaired", "broken"),
  findings: Schema.Array(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Checked = typeof Checked.Type

/**
 * An attached device: the whole device, its partition (none on a disk without a
 * partition table), and the component name that sets it apart, if it has one.
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
 * @since 0.1.0
 * @category models
 */
export type Attachment = typeof Attachment.Type

/**
 * A mount: the attached device, where its file system is (if it was asked for),
 * the snapshot it shows (absent for the top delta), and whether it refuses
 * writes.
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
 * @since 0.1.0
 * @category models
 */
export type Mounted = typeof Mounted.Type

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
 * @since 0.1.0
 * @category models
 */
export type TemporarySnapshot = typeof TemporarySnapshot.Type

/**
 * The snapshot and its file are gone. When the top delta itself was deleted,
 * `becameTop` is the snapshot whose place it took: that identifier is gone too.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Deleted = Schema.TaggedStruct("Deleted", { id: SnapshotId, becameTop: Schema.optional(SnapshotId) })

/**
 * The snapshot had one child, which now lives in the snapshot's file with the
 * data of both; the snapshot's identifier is gone.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MergedIntoChild = Schema.TaggedStruct("MergedIntoChild", { id: SnapshotId, child: SnapshotId })

/**
 * The snapshot has several children and is still there. It cannot be switched
 * to any more, and goes away by itself once it has one child.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MarkedTemporary = Schema.TaggedStruct("MarkedTemporary", {
  id: SnapshotId,
  children: Schema.Array(SnapshotId)
})

/**
 * What became of a snapshot that was to be deleted.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotDeleted = Schema.Union(Deleted, MergedIntoChild, MarkedTemporary)

/**
 * @since 0.1.0
 * @category models
 */
export type SnapshotDeleted = typeof SnapshotDeleted.Type

/**
 * What a merge did: the identifier that survives, the file it lives in now, and
 * the identifiers that are gone.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Merged = Schema.Struct({ survivor: SnapshotId, image: HostPath, gone: Schema.Array(SnapshotId) })

/**
 * @since 0.1.0
 * @category models
 */
export type Merged = typeof Merged.Type

/**
 * The size of the disk as its device or its top delta has it (the descriptor
 * can say another), its cluster size, and the version of its format (none if it
 * is raw).
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
 * @since 0.1.0
 * @category models
 */
export type ImageInfo = typeof ImageInfo.Type

/**
 * The file system inside a disk.
 *
 * - `size`, `free`: in bytes; `free` includes what is reserved for root;
 * - `inodes`, `freeInodes`: counts;
 * - `blockSize`: of the file system; absent where it cannot be known;
 * - `source`: `mounted` is the state of now, `cached` that of the last umount
 *   by descriptor, `temporary-mount` that of a mount made for the answer.
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
 * @since 0.1.0
 * @category models
 */
export type FileSystemInfo = typeof FileSystemInfo.Type

/**
 * A running device: its base image (also when it shows a snapshot), where its
 * file system is mounted, and its component name.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RunningDevice = Schema.Struct({
  device: DevicePath,
  image: HostPath,
  target: Schema.optional(HostPath),
  component: Schema.optional(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type RunningDevice = typeof RunningDevice.Type

/**
 * The tool behind a backend: where it is, and its generation.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Tool = Schema.Struct({ path: Schema.String, generation: Generation })

/**
 * @since 0.1.0
 * @category models
 */
export type Tool = typeof Tool.Type

/**
 * One thing that ploop needs of a host: whether it is there, for which
 * operations it is needed, and what to do when it is not. `unknown` means that
 * it could not be looked at.
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
 * @since 0.1.0
 * @category models
 */
export type Prerequisite = typeof Prerequisite.Type

/**
 * What the kernel is busy with on behalf of the balloon.
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
 * @since 0.1.0
 * @category models
 */
export type Maintenance = typeof Maintenance.Type

/**
 * The hidden file that takes space from the file system, and the kernel's state
 * of maintenance (absent on generation 9, which has none).
 *
 * @since 0.1.0
 * @category schemas
 */
export const Balloon = Schema.Struct({
  size: ByteSize.ByteSizeFromSelf,
  maintenance: Schema.optional(Maintenance)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Balloon = typeof Balloon.Type

/**
 * The size of the balloon before and after a change, and how much of the image
 * file was given back to the host.
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
 * @since 0.1.0
 * @category models
 */
export type BalloonChanged = typeof BalloonChanged.Type

/**
 * How much of the image file was given back to the host, and how many clusters
 * were moved for it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Discarded = Schema.Struct({
  truncated: ByteSize.ByteSizeFromSelf,
  relocated: Schema.NonNegativeInt
})

/**
 * @since 0.1.0
 * @category models
 */
export type Discarded = typeof Discarded.Type

/**
 * What a discard could gain, in whole MiB as the tool counts: the balloon, the
 * data in the file system, the disk without the balloon, and its image file. `data` is absent when
 * the tool's own figure has overflowed, which happens when the balloon is larger
 * than the used space.
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
 * @since 0.1.0
 * @category models
 */
export type DiscardStatus = typeof DiscardStatus.Type

/**
 * Counters of a running device, by the driver's names for them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeviceStatistics = Schema.Record({ key: Schema.String, value: Schema.BigIntFromSelf })

/**
 * @since 0.1.0
 * @category models
 */
export type DeviceStatistics = typeof DeviceStatistics.Type
