/**
 * The errors that each operation of the service can have: a schema for each,
 * and the type of the same name.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as PloopError from "./PloopError.js"

const tool = [
  PloopError.InvalidArgument,
  PloopError.Unsupported,
  PloopError.ToolNotFound,
  PloopError.ToolNotExecutable,
  PloopError.ToolAborted,
  PloopError.TimedOut,
  PloopError.UnexpectedOutput,
  PloopError.PermissionDenied,
  PloopError.PrerequisiteMissing,
  PloopError.OutOfMemory,
  PloopError.InputOutputFailed,
  PloopError.Unclassified
] as const

const device = [...tool, PloopError.DeviceNotFound, PloopError.DeviceFailed] as const

const disk = [...tool, PloopError.DiskNotFound, PloopError.DescriptorInvalid] as const

const image = [
  ...disk,
  PloopError.Locked,
  PloopError.ImageNotFound,
  PloopError.ImageCorrupt,
  PloopError.ImageDirty,
  PloopError.NoSpace,
  PloopError.DeviceFailed
] as const

const running = [...image, PloopError.NotMounted, PloopError.DeviceNotFound] as const

/**
 * @since 0.1.0
 * @category errors
 */
export const CreateError = Schema.Union(
  ...image,
  PloopError.AlreadyExists,
  PloopError.FileSystemMakeFailed,
  PloopError.FileSystemCorrupt,
  PloopError.MountFailed,
  PloopError.SizeRefused
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateError = typeof CreateError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const RestoreDescriptorError = Schema.Union(
  ...image,
  PloopError.AlreadyExists
)

/**
 * @since 0.1.0
 * @category errors
 */
export type RestoreDescriptorError = typeof RestoreDescriptorError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ConvertError = Schema.Union(
  ...image,
  PloopError.ImageInUse
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ConvertError = typeof ConvertError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const CheckError = Schema.Union(
  ...image,
  PloopError.ImageInUse,
  PloopError.SnapshotNotFound
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CheckError = typeof CheckError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ReplaceError = Schema.Union(
  ...image,
  PloopError.ImageMismatch,
  PloopError.SnapshotNotFound,
  PloopError.NotMounted,
  PloopError.ImageInUse,
  PloopError.RolledBack
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ReplaceError = typeof ReplaceError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const MountError = Schema.Union(
  ...image,
  PloopError.AlreadyMounted,
  PloopError.MountPointInvalid,
  PloopError.MountFailed,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotHasChildren,
  PloopError.FileSystemUnsupported,
  PloopError.FileSystemCorrupt,
  PloopError.DeviceNotFound,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type MountError = typeof MountError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const UmountError = Schema.Union(
  ...image,
  PloopError.NotMounted,
  PloopError.Busy,
  PloopError.UmountFailed,
  PloopError.DeviceNotFound
)

/**
 * @since 0.1.0
 * @category errors
 */
export type UmountError = typeof UmountError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ResizeError = Schema.Union(
  ...image,
  PloopError.NotMounted,
  PloopError.AlreadyMounted,
  PloopError.MountFailed,
  PloopError.SizeRefused,
  PloopError.FileSystemResizeFailed,
  PloopError.FileSystemCorrupt,
  PloopError.FileSystemUnsupported,
  PloopError.UmountFailed,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ResizeError = typeof ResizeError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const CreateSnapshotError = Schema.Union(
  ...image,
  PloopError.SnapshotExists,
  PloopError.SnapshotLimitReached
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateSnapshotError = typeof CreateSnapshotError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const CreateTemporarySnapshotError = Schema.Union(
  ...image,
  PloopError.SnapshotExists,
  PloopError.SnapshotLimitReached,
  PloopError.AlreadyMounted,
  PloopError.MountPointInvalid,
  PloopError.MountFailed,
  PloopError.FileSystemUnsupported
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateTemporarySnapshotError = typeof CreateTemporarySnapshotError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const SwitchSnapshotError = Schema.Union(
  ...image,
  PloopError.ImageInUse,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotIsCurrent,
  PloopError.SnapshotIsTemporary,
  PloopError.SnapshotHasChildren
)

/**
 * @since 0.1.0
 * @category errors
 */
export type SwitchSnapshotError = typeof SwitchSnapshotError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const SnapshotAndSwitchError = Schema.Union(
  ...image,
  PloopError.ImageInUse,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotIsCurrent,
  PloopError.SnapshotIsTemporary,
  PloopError.SnapshotHasChildren,
  PloopError.SnapshotExists,
  PloopError.SnapshotLimitReached
)

/**
 * @since 0.1.0
 * @category errors
 */
export type SnapshotAndSwitchError = typeof SnapshotAndSwitchError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const SwitchAndDeleteError = Schema.Union(
  ...image,
  PloopError.ImageInUse,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotIsCurrent,
  PloopError.SnapshotIsTemporary,
  PloopError.SnapshotHasChildren,
  PloopError.SnapshotInUse,
  PloopError.SnapshotIsBase
)

/**
 * @since 0.1.0
 * @category errors
 */
export type SwitchAndDeleteError = typeof SwitchAndDeleteError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DeleteSnapshotError = Schema.Union(
  ...image,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotIsBase,
  PloopError.SnapshotIsTop,
  PloopError.SnapshotIsTemporary,
  PloopError.SnapshotInUse,
  PloopError.SnapshotHasChildren,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DeleteSnapshotError = typeof DeleteSnapshotError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const MergeSnapshotsError = Schema.Union(
  ...image,
  PloopError.SnapshotNotFound,
  PloopError.SnapshotIsBase,
  PloopError.SnapshotHasChildren,
  PloopError.SnapshotNotAncestor,
  PloopError.SnapshotInUse,
  PloopError.AlreadyExists,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type MergeSnapshotsError = typeof MergeSnapshotsError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ListSnapshotsError = Schema.Union(
  ...disk
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ListSnapshotsError = typeof ListSnapshotsError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ImageInfoError = Schema.Union(
  ...image,
  PloopError.ImageInUse
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ImageInfoError = typeof ImageInfoError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const FileSystemInfoError = Schema.Union(
  ...image,
  PloopError.ConsentRequired,
  PloopError.NotMounted,
  PloopError.AlreadyMounted,
  PloopError.MountFailed,
  PloopError.UmountFailed,
  PloopError.FileSystemUnsupported,
  PloopError.FileSystemCorrupt,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type FileSystemInfoError = typeof FileSystemInfoError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DeviceOfError = Schema.Union(
  ...image
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DeviceOfError = typeof DeviceOfError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const IsMountedError = Schema.Union(
  ...image
)

/**
 * @since 0.1.0
 * @category errors
 */
export type IsMountedError = typeof IsMountedError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ListDevicesError = Schema.Union(
  ...tool,
  PloopError.DeviceFailed
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ListDevicesError = typeof ListDevicesError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const TopDeltaError = Schema.Union(
  ...disk
)

/**
 * @since 0.1.0
 * @category errors
 */
export type TopDeltaError = typeof TopDeltaError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ToolError = Schema.Union(
  ...tool
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ToolError = typeof ToolError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const PrerequisitesError = Schema.Union(
  ...tool
)

/**
 * @since 0.1.0
 * @category errors
 */
export type PrerequisitesError = typeof PrerequisitesError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonStatusError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonStatusError = typeof BalloonStatusError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonClearError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonClearError = typeof BalloonClearError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonChangeError = Schema.Union(
  ...running,
  PloopError.SizeRefused
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonChangeError = typeof BalloonChangeError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonCompleteError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonCompleteError = typeof BalloonCompleteError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonCheckError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonCheckError = typeof BalloonCheckError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const BalloonRepairError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonRepairError = typeof BalloonRepairError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DiscardError = Schema.Union(
  ...running,
  PloopError.AlreadyMounted,
  PloopError.MountFailed,
  PloopError.UmountFailed,
  PloopError.FileSystemUnsupported
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DiscardError = typeof DiscardError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DiscardStatusError = Schema.Union(
  ...running
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DiscardStatusError = typeof DiscardStatusError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DeviceStatisticsError = Schema.Union(
  ...device
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DeviceStatisticsError = typeof DeviceStatisticsError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const CopySendError = Schema.Union(
  ...device,
  PloopError.NotMounted,
  PloopError.ImageDirty,
  PloopError.NoSpace,
  PloopError.CopyProtocolBroken,
  PloopError.ImageNotFound
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CopySendError = typeof CopySendError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const CopyReceiveError = Schema.Union(
  ...tool,
  PloopError.AlreadyExists,
  PloopError.NoSpace,
  PloopError.CopyProtocolBroken,
  PloopError.ImageNotFound
)

/**
 * @since 0.1.0
 * @category errors
 */
export type CopyReceiveError = typeof CopyReceiveError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const StartError = Schema.Union(
  ...device
)

/**
 * @since 0.1.0
 * @category errors
 */
export type StartError = typeof StartError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const StopError = Schema.Union(
  ...device,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type StopError = typeof StopError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const ClearError = Schema.Union(
  ...device,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type ClearError = typeof ClearError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const DeleteDeltaError = Schema.Union(
  ...device,
  PloopError.Busy
)

/**
 * @since 0.1.0
 * @category errors
 */
export type DeleteDeltaError = typeof DeleteDeltaError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const GrowError = Schema.Union(
  ...image,
  PloopError.SizeRefused,
  PloopError.DeviceNotFound,
  PloopError.MountFailed,
  PloopError.NotMounted
)

/**
 * @since 0.1.0
 * @category errors
 */
export type GrowError = typeof GrowError.Type

/**
 * @since 0.1.0
 * @category errors
 */
export const NextDeviceError = Schema.Union(
  ...tool,
  PloopError.DeviceFailed
)

/**
 * @since 0.1.0
 * @category errors
 */
export type NextDeviceError = typeof NextDeviceError.Type
