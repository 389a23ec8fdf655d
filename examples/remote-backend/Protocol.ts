/**
 * What crosses between the two ends, for each operation: the schemas of core, and
 * nothing that knows what is in them.
 *
 * A request is a series of MessagePack values: a {@link Call}, then, for
 * `copyReceive`, the bytes of the image and {@link end}. The answer is the bytes
 * of the image, for `copySend`, and then the exit: the result, or the error that
 * the operation had on the host.
 */
import {
  DevicePath,
  Disk,
  HostPath,
  OperationError,
  Request,
  Result,
  SnapshotId,
  SnapshotTree
} from "@effect-ploop/core"
import { MsgPack } from "@effect/platform"
import { Record, Schema, Stream } from "effect"

type AnySchema = Schema.Schema.AnyNoContext

const message = <Options extends AnySchema, Success extends AnySchema, Failure extends AnySchema>(
  options: Options,
  success: Success,
  failure: Failure
) => ({ options, exit: Schema.Exit({ success, failure, defect: Schema.Defect }) })

const Nothing = Schema.Struct({})
const Lines = Schema.Array(Schema.String)

export const messages = {
  create: message(Request.Create, Result.Created, OperationError.CreateError),
  restoreDescriptor: message(Request.RestoreDescriptor, Disk.Disk, OperationError.RestoreDescriptorError),
  convert: message(Request.Convert, Schema.Void, OperationError.ConvertError),
  check: message(Request.Check, Result.Checked, OperationError.CheckError),
  replace: message(Request.Replace, Schema.Void, OperationError.ReplaceError),
  mount: message(Request.Mount, Result.Mounted, OperationError.MountError),
  umount: message(Request.Umount, Schema.Void, OperationError.UmountError),
  resize: message(Request.Resize, Schema.Void, OperationError.ResizeError),
  createSnapshot: message(Request.CreateSnapshot, SnapshotId.SnapshotId, OperationError.CreateSnapshotError),
  createTemporarySnapshot: message(
    Request.CreateTemporarySnapshot,
    Result.TemporarySnapshot,
    OperationError.CreateTemporarySnapshotError
  ),
  switchSnapshot: message(Request.OfSnapshot, Schema.Void, OperationError.SwitchSnapshotError),
  snapshotAndSwitch: message(Request.SnapshotAndSwitch, SnapshotId.SnapshotId, OperationError.SnapshotAndSwitchError),
  switchAndDelete: message(Request.OfSnapshot, Schema.Void, OperationError.SwitchAndDeleteError),
  deleteSnapshot: message(Request.OfSnapshot, Result.SnapshotDeleted, OperationError.DeleteSnapshotError),
  mergeSnapshots: message(Request.MergeSnapshots, Result.Merged, OperationError.MergeSnapshotsError),
  listSnapshots: message(Request.OfDisk, SnapshotTree.SnapshotTree, OperationError.ListSnapshotsError),
  imageInfo: message(Request.OfDisk, Result.ImageInfo, OperationError.ImageInfoError),
  fileSystemInfo: message(Request.FileSystemInfo, Result.FileSystemInfo, OperationError.FileSystemInfoError),
  deviceOf: message(Request.DeviceOf, Schema.Option(Result.Attachment), OperationError.DeviceOfError),
  isMounted: message(Request.OfDisk, Schema.Boolean, OperationError.IsMountedError),
  listDevices: message(Nothing, Schema.Array(Result.RunningDevice), OperationError.ListDevicesError),
  topDelta: message(Request.OfDisk, HostPath.HostPath, OperationError.TopDeltaError),
  tool: message(Nothing, Result.Tool, OperationError.ToolError),
  prerequisites: message(Nothing, Schema.Array(Result.Prerequisite), OperationError.PrerequisitesError),
  balloonStatus: message(Request.Running, Result.Balloon, OperationError.BalloonStatusError),
  balloonClear: message(Request.Running, Result.Maintenance, OperationError.BalloonClearError),
  balloonChange: message(Request.BalloonChange, Result.BalloonChanged, OperationError.BalloonChangeError),
  balloonComplete: message(Request.Running, Lines, OperationError.BalloonCompleteError),
  balloonCheck: message(Request.Running, Lines, OperationError.BalloonCheckError),
  balloonRepair: message(Request.Running, Lines, OperationError.BalloonRepairError),
  discard: message(Request.Discard, Result.Discarded, OperationError.DiscardError),
  discardStatus: message(Request.Running, Result.DiscardStatus, OperationError.DiscardStatusError),
  deviceStatistics: message(Request.OfDevice, Result.DeviceStatistics, OperationError.DeviceStatisticsError),
  copySend: message(Request.CopySend, Schema.Void, OperationError.CopySendError),
  copyReceive: message(Request.CopyReceive, Schema.Void, OperationError.CopyReceiveError),
  start: message(Request.OfDevice, Schema.Void, OperationError.StartError),
  stop: message(Request.OfDevice, Schema.Void, OperationError.StopError),
  clear: message(Request.OfDevice, Schema.Void, OperationError.ClearError),
  deleteDelta: message(Request.DeleteDelta, Schema.Void, OperationError.DeleteDeltaError),
  grow: message(Request.Grow, Schema.Void, OperationError.GrowError),
  nextDevice: message(Nothing, DevicePath.DevicePath, OperationError.NextDeviceError)
}

export type Messages = typeof messages

export type Operation = keyof Messages

/** The message of an operation, whichever it is. */
export const messageOf = (operation: Operation): { readonly options: AnySchema; readonly exit: AnySchema } =>
  messages[operation]

export const Call = Schema.Struct({
  operation: Schema.Literal(...Record.keys(messages)),
  options: Schema.Unknown
})

export type Call = typeof Call.Type

/** The last value of an upload. One that ends without it was given up. */
export const end = "end"

export const pack = <E>(values: Stream.Stream<unknown, E>): Stream.Stream<Uint8Array, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(values, MsgPack.pack<E>())

export const unpack = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<unknown, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(bytes, MsgPack.unpack<E>())
