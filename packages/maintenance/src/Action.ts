/**
 * What a step of a plan does. Each action names what it was planned for, so that
 * an application can tell whether that is still there, unchanged.
 *
 * @since 0.2.0
 */
import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as Disk from "@effect-ploop/core/Disk"
import * as HostPath from "@effect-ploop/core/HostPath"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"

/**
 * Takes a snapshot with an identifier that was chosen before.
 *
 * - `disk`: the disk;
 * - `id`: the identifier of the new snapshot.
 *
 * @since 0.2.0
 * @category models
 */
export class CreateSnapshot
  extends Schema.TaggedClass<CreateSnapshot>("@effect-ploop/maintenance/Action/CreateSnapshot")("CreateSnapshot", {
    disk: Disk.Disk,
    id: SnapshotId.SnapshotId
  })
{}

/**
 * Deletes a snapshot.
 *
 * - `disk`: the disk;
 * - `id`: the snapshot;
 * - `parent`: its parent; absent for a base;
 * - `child`: the only one that is built on it; absent when nothing is.
 *
 * @since 0.2.0
 * @category models
 */
export class DeleteSnapshot
  extends Schema.TaggedClass<DeleteSnapshot>("@effect-ploop/maintenance/Action/DeleteSnapshot")("DeleteSnapshot", {
    disk: Disk.Disk,
    id: SnapshotId.SnapshotId,
    parent: Schema.optional(SnapshotId.SnapshotId),
    child: Schema.optional(SnapshotId.SnapshotId)
  })
{}

/**
 * Goes back to a snapshot, and keeps what was written since under an identifier
 * that was chosen before.
 *
 * - `disk`: the disk;
 * - `id`: the snapshot to go back to;
 * - `keepAs`: the identifier under which the present content is kept.
 *
 * @since 0.2.0
 * @category models
 */
export class SwitchSnapshot
  extends Schema.TaggedClass<SwitchSnapshot>("@effect-ploop/maintenance/Action/SwitchSnapshot")("SwitchSnapshot", {
    disk: Disk.Disk,
    id: SnapshotId.SnapshotId,
    keepAs: SnapshotId.SnapshotId
  })
{}

/**
 * Clears the in-use flag of an image that no device uses, by a check of it.
 *
 * - `disk`: the disk;
 * - `image`: the image.
 *
 * @since 0.2.0
 * @category models
 */
export class ClearInUseFlag
  extends Schema.TaggedClass<ClearInUseFlag>("@effect-ploop/maintenance/Action/ClearInUseFlag")("ClearInUseFlag", {
    disk: Disk.Disk,
    image: HostPath.HostPath
  })
{}

/**
 * Stops a device.
 *
 * - `device`: the device;
 * - `image`: the base image of its disk;
 * - `component`: its component name; absent for an unnamed device;
 * - `target`: its mount point; absent when it is not mounted;
 * - `removed`: whether its image was removed; absent when it is there;
 * - `disk` and `snapshot`: the disk and the snapshot of it that the device shows; absent when it is not stopped for that.
 *
 * @since 0.2.0
 * @category models
 */
export class StopDevice
  extends Schema.TaggedClass<StopDevice>("@effect-ploop/maintenance/Action/StopDevice")("StopDevice", {
    device: DevicePath.DevicePath,
    image: HostPath.HostPath,
    component: Schema.optional(Schema.String),
    target: Schema.optional(HostPath.HostPath),
    removed: Schema.optional(Schema.Boolean),
    disk: Schema.optional(Disk.Disk),
    snapshot: Schema.optional(SnapshotId.SnapshotId)
  })
{}

/**
 * Which file it is, by what cannot change while it is the same one.
 *
 * - `device`, `inode`: its identity on the host;
 * - `size`: its size, in bytes;
 * - `modified`: when it was modified, in milliseconds since 1970; absent where the file system keeps no time.
 *
 * @since 0.2.0
 * @category models
 */
export class Identity extends Schema.Class<Identity>("@effect-ploop/maintenance/Action/Identity")({
  device: Schema.Number,
  inode: Schema.Number,
  size: Schema.BigInt,
  modified: Schema.optional(Schema.Number)
}) {}

/**
 * Removes a file, or an empty directory.
 *
 * - `path`: its path;
 * - `kind`: which of the two it is;
 * - `identity`: which file it was when the plan was made.
 *
 * @since 0.2.0
 * @category models
 */
export class Remove extends Schema.TaggedClass<Remove>("@effect-ploop/maintenance/Action/Remove")("Remove", {
  path: HostPath.HostPath,
  kind: Schema.Literal("file", "directory"),
  identity: Identity
}) {}

/**
 * Gives space that the file system in a disk does not use back to the host.
 *
 * - `disk`: the disk;
 * - `automount`: whether it is mounted for that when it is not;
 * - `defrag`: whether data is moved together first.
 *
 * @since 0.2.0
 * @category models
 */
export class Discard extends Schema.TaggedClass<Discard>("@effect-ploop/maintenance/Action/Discard")("Discard", {
  disk: Disk.Disk,
  automount: Schema.Boolean,
  defrag: Schema.Boolean
}) {}

/**
 * Saves a backup of a disk from a snapshot whose identifier was chosen before.
 *
 * - `disk`: the disk;
 * - `to`: the directory that receives the backup;
 * - `snapshot`: the identifier of its snapshot;
 * - `after`: the directory of the backup that it continues; absent for a full one;
 * - `keepSnapshot`: whether the snapshot stays on the disk;
 * - `drops`: the snapshot of an earlier backup, which is deleted once this one is complete; absent when there is none.
 *
 * @since 0.2.0
 * @category models
 */
export class SaveBackup
  extends Schema.TaggedClass<SaveBackup>("@effect-ploop/maintenance/Action/SaveBackup")("SaveBackup", {
    disk: Disk.Disk,
    to: HostPath.HostPath,
    snapshot: SnapshotId.SnapshotId,
    after: Schema.optional(HostPath.HostPath),
    keepSnapshot: Schema.Boolean,
    drops: Schema.optional(SnapshotId.SnapshotId)
  })
{}

/**
 * Makes a disk of backups.
 *
 * - `from`: the directories of a full backup and of those that continue it;
 * - `to`: the directory that receives the disk;
 * - `id`: what sets the directory apart while it is not complete.
 *
 * @since 0.2.0
 * @category models
 */
export class RestoreBackup
  extends Schema.TaggedClass<RestoreBackup>("@effect-ploop/maintenance/Action/RestoreBackup")("RestoreBackup", {
    from: Schema.Array(HostPath.HostPath),
    to: HostPath.HostPath,
    id: SnapshotId.SnapshotId
  })
{}

/**
 * Any action.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Action = Schema.Union(
  CreateSnapshot,
  DeleteSnapshot,
  SwitchSnapshot,
  ClearInUseFlag,
  StopDevice,
  Remove,
  Discard,
  SaveBackup,
  RestoreBackup
)

/**
 * @since 0.2.0
 * @category models
 */
export type Action = typeof Action.Type

/**
 * What an action is about: a disk, a device or a file.
 *
 * @since 0.2.0
 * @category queries
 */
export const subject = (action: Action): string => {
  switch (action._tag) {
    case "StopDevice":
      return action.device
    case "Remove":
      return action.path
    case "RestoreBackup":
      return action.to
    default:
      return action.disk
  }
}

/**
 * What an action does, as a sentence without its reason.
 *
 * @since 0.2.0
 * @category rendering
 */
export const render = (action: Action): string => {
  switch (action._tag) {
    case "CreateSnapshot":
      return `take the snapshot ${action.id}`
    case "DeleteSnapshot":
      return `delete the snapshot ${action.id}`
    case "SwitchSnapshot":
      return `go back to the snapshot ${action.id} and keep the present content as ${action.keepAs}`
    case "ClearInUseFlag":
      return `clear the in-use flag of ${action.image}`
    case "StopDevice":
      return action.target === undefined
        ? `stop ${action.device}`
        : `unmount ${action.target} and stop ${action.device}`
    case "Remove":
      return `remove the ${action.kind} ${action.path}`
    case "SaveBackup":
      return `save ${action.after === undefined ? "all" : `what has changed since ${action.after}`} in ${action.to}`
    case "RestoreBackup":
      return `make a disk in ${action.to} of ${action.from.join(", ")}`
    case "Discard":
      return `${action.defrag ? "move data together and " : ""}discard unused space${
        action.automount ? ", mounted for that if it is not" : ""
      }`
  }
}
