/**
 * The errors that each operation can have, derived from the table of operations.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Operation from "./Operation.js"
import * as PloopError from "./PloopError.js"

/**
 * The errors of an operation.
 *
 * @since 0.2.0
 * @category errors
 */
export type Of<Name extends Operation.Name> = PloopError.OfTag<Operation.ErrorTagOf<Name>>

/**
 * The schema of the errors of an operation: each decodes to its class.
 *
 * @since 0.2.0
 * @category schemas
 */
export const schemaOf = <Name extends Operation.Name>(name: Name): Schema.Schema<Of<Name>, PloopError.Encoded> => {
  const tags: ReadonlyArray<PloopError.Tag> = Operation.table[name].errors
  // The members are the classes with the tags of the row.
  return Schema.Union(...tags.map((tag): Schema.Schema.AnyNoContext => PloopError.classes[tag])) as Schema.Schema<
    Of<Name>,
    PloopError.Encoded
  >
}

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateError = Of<"create">

/**
 * @since 0.1.0
 * @category errors
 */
export type RestoreDescriptorError = Of<"restoreDescriptor">

/**
 * @since 0.2.0
 * @category errors
 */
export type RemoveError = Of<"remove">

/**
 * @since 0.2.0
 * @category errors
 */
export type CloneError = Of<"clone">

/**
 * @since 0.2.0
 * @category errors
 */
export type ExportImageError = Of<"exportImage">

/**
 * @since 0.2.0
 * @category errors
 */
export type ImportImageError = Of<"importImage">

/**
 * @since 0.1.0
 * @category errors
 */
export type ConvertError = Of<"convert">

/**
 * @since 0.2.0
 * @category errors
 */
export type EncryptError = Of<"encrypt">

/**
 * @since 0.1.0
 * @category errors
 */
export type CheckError = Of<"check">

/**
 * @since 0.1.0
 * @category errors
 */
export type ReplaceError = Of<"replace">

/**
 * @since 0.1.0
 * @category errors
 */
export type MountError = Of<"mount">

/**
 * @since 0.1.0
 * @category errors
 */
export type UmountError = Of<"umount">

/**
 * @since 0.1.0
 * @category errors
 */
export type ResizeError = Of<"resize">

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateSnapshotError = Of<"createSnapshot">

/**
 * @since 0.1.0
 * @category errors
 */
export type CreateTemporarySnapshotError = Of<"createTemporarySnapshot">

/**
 * @since 0.1.0
 * @category errors
 */
export type SwitchSnapshotError = Of<"switchSnapshot">

/**
 * @since 0.1.0
 * @category errors
 */
export type SnapshotAndSwitchError = Of<"snapshotAndSwitch">

/**
 * @since 0.1.0
 * @category errors
 */
export type SwitchAndDeleteError = Of<"switchAndDelete">

/**
 * @since 0.1.0
 * @category errors
 */
export type DeleteSnapshotError = Of<"deleteSnapshot">

/**
 * @since 0.1.0
 * @category errors
 */
export type MergeSnapshotsError = Of<"mergeSnapshots">

/**
 * @since 0.1.0
 * @category errors
 */
export type ListSnapshotsError = Of<"listSnapshots">

/**
 * @since 0.2.0
 * @category errors
 */
export type SnapshotSizesError = Of<"snapshotSizes">

/**
 * @since 0.2.0
 * @category errors
 */
export type DropTrackingError = Of<"dropTracking">

/**
 * @since 0.1.0
 * @category errors
 */
export type ImageInfoError = Of<"imageInfo">

/**
 * @since 0.1.0
 * @category errors
 */
export type FileSystemInfoError = Of<"fileSystemInfo">

/**
 * @since 0.2.0
 * @category errors
 */
export type SizeLimitsError = Of<"sizeLimits">

/**
 * @since 0.1.0
 * @category errors
 */
export type DeviceOfError = Of<"deviceOf">

/**
 * @since 0.2.0
 * @category errors
 */
export type AttachmentsError = Of<"attachments">

/**
 * @since 0.1.0
 * @category errors
 */
export type IsMountedError = Of<"isMounted">

/**
 * @since 0.1.0
 * @category errors
 */
export type ListDevicesError = Of<"listDevices">

/**
 * @since 0.1.0
 * @category errors
 */
export type TopDeltaError = Of<"topDelta">

/**
 * @since 0.1.0
 * @category errors
 */
export type ToolError = Of<"tool">

/**
 * @since 0.1.0
 * @category errors
 */
export type PrerequisitesError = Of<"prerequisites">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonStatusError = Of<"balloonStatus">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonClearError = Of<"balloonClear">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonChangeError = Of<"balloonChange">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonCompleteError = Of<"balloonComplete">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonCheckError = Of<"balloonCheck">

/**
 * @since 0.1.0
 * @category errors
 */
export type BalloonRepairError = Of<"balloonRepair">

/**
 * @since 0.1.0
 * @category errors
 */
export type DiscardError = Of<"discard">

/**
 * @since 0.1.0
 * @category errors
 */
export type DiscardStatusError = Of<"discardStatus">

/**
 * @since 0.1.0
 * @category errors
 */
export type DeviceStatisticsError = Of<"deviceStatistics">

/**
 * @since 0.1.0
 * @category errors
 */
export type CopySendError = Of<"copySend">

/**
 * @since 0.1.0
 * @category errors
 */
export type CopyReceiveError = Of<"copyReceive">

/**
 * @since 0.2.0
 * @category errors
 */
export type CopyToError = Of<"copyTo">

/**
 * @since 0.2.0
 * @category errors
 */
export type CopyFromError = Of<"copyFrom">

/**
 * @since 0.1.0
 * @category errors
 */
export type StartError = Of<"start">

/**
 * @since 0.1.0
 * @category errors
 */
export type StopError = Of<"stop">

/**
 * @since 0.1.0
 * @category errors
 */
export type ClearError = Of<"clear">

/**
 * @since 0.1.0
 * @category errors
 */
export type DeleteDeltaError = Of<"deleteDelta">

/**
 * @since 0.1.0
 * @category errors
 */
export type GrowError = Of<"grow">

/**
 * @since 0.2.0
 * @category errors
 */
export type MergeDeltaError = Of<"mergeDelta">

/**
 * @since 0.1.0
 * @category errors
 */
export type NextDeviceError = Of<"nextDevice">

/**
 * @since 0.2.0
 * @category errors
 */
export type CreateVolumeError = Of<"createVolume">

/**
 * @since 0.2.0
 * @category errors
 */
export type SnapshotVolumeError = Of<"snapshotVolume">

/**
 * @since 0.2.0
 * @category errors
 */
export type CloneVolumeError = Of<"cloneVolume">

/**
 * @since 0.2.0
 * @category errors
 */
export type SwitchVolumeError = Of<"switchVolume">

/**
 * @since 0.2.0
 * @category errors
 */
export type DeleteVolumeError = Of<"deleteVolume">

/**
 * @since 0.2.0
 * @category errors
 */
export type VolumeInfoError = Of<"volumeInfo">

/**
 * @since 0.2.0
 * @category errors
 */
export type VolumeTreeError = Of<"volumeTree">
