/**
 * What the operations take: a schema for each, which checks the options of a
 * caller before anything is touched and gives a backend clean values.
 *
 * The type named after a schema is what a backend receives; `…Options` is what
 * a caller may write.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"
import { ClusterSize } from "./ClusterSize.js"
import { DevicePath } from "./DevicePath.js"
import { Disk } from "./Disk.js"
import { FileSystemType } from "./FileSystemType.js"
import * as FormatVersion from "./FormatVersion.js"
import { HostPath } from "./HostPath.js"
import { ImageFormat } from "./ImageFormat.js"
import { NewSnapshotId, SnapshotId } from "./SnapshotId.js"

type ExactlyOne<Options, Keys extends keyof Options> =
  & Omit<Options, Keys>
  & { [Key in Keys]: Required<Pick<Options, Key>> & { readonly [Other in Exclude<Keys, Key>]?: undefined } }[Keys]

const given = (options: object, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.filter((key) => key in options && options[key as keyof typeof options] !== undefined)

const exactlyOne = (...keys: readonly [string, string, ...Array<string>]) => (options: object) => {
  const found = given(options, keys)
  return found.length === 1 ? undefined : {
    path: [found[1] ?? keys[0]],
    message: found.length === 0
      ? `must be given: exactly one of ${keys.join(", ")}`
      : `cannot be given together with ${found[0]}: give exactly one of ${keys.join(", ")}`
  }
}

const notTogether = (key: string, ...others: ReadonlyArray<string>) => (options: object) => {
  const found = given(options, others)
  return given(options, [key]).length === 0 || found.length === 0 ? undefined : {
    path: [key],
    message: `cannot be given together with ${found[0]}`
  }
}

const needs = (key: string, other: string) => (options: object) =>
  given(options, [key]).length === 0 || given(options, [other]).length === 1 ? undefined : {
    path: [key],
    message: `needs ${other} to be given as well`
  }

const component = Schema.String.pipe(
  Schema.filter((name) =>
    /^[\w.:@+-]{1,60}$/.test(name) ||
    "must be 1 to 60 letters, digits or any of . : @ + - _"
  )
)

/** The tool puts a `~` before the component of a temporary snapshot. */
const attached = Schema.String.pipe(
  Schema.filter((name) => /^~?[\w.:@+-]{1,60}$/.test(name) || "must be the component name of a mount")
)

const positive = ByteSize.ByteSize.pipe(
  Schema.filter((size) => size > 0n || "must be larger than zero"),
  Schema.filter((size) => size % ByteSize.sectorSize === 0n || "must be a multiple of 512 bytes, the size of a sector"),
  Schema.filter((size) => size <= FormatVersion.maximumSize(2) || "must be smaller than 4 PiB")
)

const sectors = ByteSize.ByteSize.pipe(
  Schema.filter((size) => size % ByteSize.sectorSize === 0n || "must be a multiple of 512 bytes, the size of a sector"),
  Schema.filter((size) => size <= FormatVersion.maximumSize(2) || "must be smaller than 4 PiB")
)

const plain = Schema.String.pipe(
  Schema.filter((text) => text !== "" && !text.includes("\0") || "must not be empty or contain a NUL byte")
)

const level = Schema.Int.pipe(
  Schema.filter((value) => value >= 0 && value <= 127 || "must be a whole number from 0 (the base delta) to 127")
)

/**
 * - `image`: the file to make; its directory gets the descriptor, so one
 *   directory holds one disk;
 * - `size`: rounded up to whole clusters by the tool;
 * - `format`: `expanded` unless said otherwise;
 * - `version`: 2 unless the kernel driver does not know it;
 * - `clusterSize`: 1 MiB unless said otherwise;
 * - `fileSystem`: made inside, `ext4` unless said otherwise; `none` needs no
 *   kernel driver;
 * - `fileSystemBlockSize`: 1, 2 or 4 KiB;
 * - `lazy`: whether the kernel finishes making the file system later, in the
 *   background (`true` unless said otherwise).
 *
 * @since 0.1.0
 * @category schemas
 */
export const Create = Schema.Struct({
  image: HostPath,
  size: positive,
  format: Schema.optional(ImageFormat),
  version: Schema.optional(FormatVersion.FormatVersion),
  clusterSize: Schema.optional(ClusterSize),
  fileSystem: Schema.optional(Schema.Union(Schema.Literal("none"), FileSystemType)),
  fileSystemBlockSize: Schema.optional(
    ByteSize.ByteSize.pipe(
      Schema.filter((size) => [1024n, 2048n, 4096n].includes(size) || "must be 1K, 2K or 4K")
    )
  ),
  lazy: Schema.optional(Schema.Boolean)
}).pipe(
  Schema.filter((options) => {
    if (options.image.endsWith("/")) return { path: ["image"], message: "must name a file, not a directory" }
    if (options.image.endsWith(".xml")) {
      return { path: ["image"], message: "must not end in .xml: the tool would take the image for a descriptor" }
    }
    if (options.fileSystem === "none") {
      const left = given(options, ["fileSystemBlockSize", "lazy"])[0]
      if (left !== undefined) return { path: [left], message: "cannot be given when fileSystem is none" }
    }
    const maximum = FormatVersion.maximumSize(options.version ?? 2)
    return options.size <= maximum || {
      path: ["size"],
      message: `must not be larger than ${ByteSize.toText(maximum)}, the limit of format version ${
        options.version ?? 2
      }`
    }
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Create = typeof Create.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CreateOptions = typeof Create.Encoded

/**
 * - `image`: the base image, which has lost its descriptor;
 * - `directory`: where to write the descriptor, the image's own directory unless
 *   said otherwise;
 * - `format`: `raw` or `expanded` (the default; it covers preallocated ones);
 * - `clusterSize`: for raw images, whose header does not tell it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RestoreDescriptor = Schema.Struct({
  image: HostPath,
  directory: Schema.optional(HostPath),
  format: Schema.optional(Schema.Literal("expanded", "raw")),
  clusterSize: Schema.optional(ClusterSize)
}).pipe(
  Schema.filter((options) =>
    options.clusterSize === undefined || options.format === "raw" ||
    { path: ["clusterSize"], message: "can be given for a raw image only: others say it in their header" }
  )
)

/**
 * @since 0.1.0
 * @category models
 */
export type RestoreDescriptor = typeof RestoreDescriptor.Type

/**
 * @since 0.1.0
 * @category models
 */
export type RestoreDescriptorOptions = typeof RestoreDescriptor.Encoded

const ConvertStruct = Schema.Struct({
  disk: Disk,
  format: Schema.optional(ImageFormat),
  version: Schema.optional(FormatVersion.FormatVersion)
})

/**
 * Exactly one of `format`, which converts the base image only, and `version`,
 * which converts every image.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Convert = ConvertStruct.pipe(Schema.filter(exactlyOne("format", "version")))

/**
 * @since 0.1.0
 * @category models
 */
export type Convert = typeof Convert.Type

/**
 * @since 0.1.0
 * @category models
 */
export type ConvertOptions = ExactlyOne<typeof ConvertStruct.Encoded, "format" | "version">

const CheckStruct = Schema.Struct({
  disk: Schema.optional(Disk),
  image: Schema.optional(HostPath),
  snapshot: Schema.optional(SnapshotId),
  force: Schema.optional(Schema.Boolean),
  hardForce: Schema.optional(Schema.Boolean),
  duplicates: Schema.optional(Schema.Boolean),
  readOnly: Schema.optional(Schema.Boolean),
  silent: Schema.optional(Schema.Boolean),
  dropInUse: Schema.optional(Schema.Boolean),
  repairSparse: Schema.optional(Schema.Boolean),
  raw: Schema.optional(Schema.Boolean),
  clusterSize: Schema.optional(ClusterSize)
})

/**
 * Exactly one of `disk` (every image from the top, or from `snapshot`, to the
 * base) and `image` (a single file), and the switches of the tool:
 *
 * - `force`: check also what is marked clean;
 * - `hardForce`: repair at any price, which can lose data;
 * - `duplicates`: look for clusters that are used twice;
 * - `readOnly`: repair nothing;
 * - `silent`: no progress in the tool's output;
 * - `dropInUse`: clear the mark of an image that was not closed cleanly;
 * - `repairSparse`: fill the holes of an image file on the host;
 * - `raw` with `clusterSize`: the image is a raw one.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Check = CheckStruct.pipe(
  Schema.filter(exactlyOne("disk", "image")),
  Schema.filter(notTogether("snapshot", "image")),
  Schema.filter(notTogether("raw", "disk")),
  Schema.filter(needs("raw", "clusterSize")),
  Schema.filter(needs("clusterSize", "raw"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type Check = typeof Check.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CheckOptions = ExactlyOne<typeof CheckStruct.Encoded, "disk" | "image">

const ReplaceStruct = Schema.Struct({
  disk: Disk,
  snapshot: Schema.optional(SnapshotId),
  level: Schema.optional(level),
  file: Schema.optional(HostPath),
  with: HostPath,
  keepName: Schema.optional(Schema.Boolean)
})

/**
 * - exactly one of `snapshot`, `level` (0 is the base; only while mounted) and
 *   `file` says which image is replaced;
 * - `with`: the new image file, a copy of the old one;
 * - `keepName`: the new file takes the place and name of the old one; otherwise
 *   the descriptor points to the new file and the old one stays.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Replace = ReplaceStruct.pipe(Schema.filter(exactlyOne("snapshot", "level", "file")))

/**
 * @since 0.1.0
 * @category models
 */
export type Replace = typeof Replace.Type

/**
 * @since 0.1.0
 * @category models
 */
export type ReplaceOptions = ExactlyOne<typeof ReplaceStruct.Encoded, "snapshot" | "level" | "file">

/**
 * - `snapshot`: what to mount, the top delta unless said otherwise; `base` is
 *   the lowest delta, whatever its identifier;
 * - `target`: where to mount the file system; without it only the device is
 *   made. It must be there already;
 * - `readOnly`: a snapshot is mounted read-only unless this is `false` and the
 *   snapshot has no child; the top delta is mounted read-write unless `true`;
 * - `fsck`: check the file system first, and mend what is safe to mend;
 * - `device`: the device to use instead of a free one;
 * - `fileSystem`: the file system to mount, `ext4` unless said otherwise;
 * - `data`: options that the file system itself knows, as in `["discard", "commit=30"]`;
 *   those of the mount, such as `noatime`, the kernel refuses here;
 * - `component`: a name that lets further devices of the same disk exist beside
 *   the unnamed one. It is meant for reading: the tool takes a disk that runs
 *   under a component only for an idle one, and snapshots it, merges its images
 *   and deletes them below a device that still writes to them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Mount = Schema.Struct({
  disk: Disk,
  snapshot: Schema.optional(Schema.Union(Schema.Literal("base"), SnapshotId)),
  target: Schema.optional(HostPath),
  readOnly: Schema.optional(Schema.Boolean),
  fsck: Schema.optional(Schema.Boolean),
  device: Schema.optional(DevicePath),
  fileSystem: Schema.optional(Schema.Union(FileSystemType, Schema.Literal("xfs"))),
  data: Schema.optional(
    Schema.Array(
      Schema.String.pipe(
        Schema.filter((option) => /^[^,\s\0]+$/.test(option) || "must be one mount option, without commas or blanks")
      )
    )
  ),
  component: Schema.optional(component)
}).pipe(
  Schema.filter(needs("data", "target"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type Mount = typeof Mount.Type

/**
 * @since 0.1.0
 * @category models
 */
export type MountOptions = typeof Mount.Encoded

const UmountStruct = Schema.Struct({
  disk: Schema.optional(Disk),
  device: Schema.optional(DevicePath),
  target: Schema.optional(HostPath),
  image: Schema.optional(HostPath),
  component: Schema.optional(attached)
})

/**
 * Exactly one of `disk`, `device`, `target` (the mount point) and `image` (a
 * delta file); `component` names which device of the disk or image.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Umount = UmountStruct.pipe(
  Schema.filter(exactlyOne("disk", "device", "target", "image")),
  Schema.filter(notTogether("component", "device", "target"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type Umount = typeof Umount.Type

/**
 * @since 0.1.0
 * @category models
 */
export type UmountOptions = ExactlyOne<typeof UmountStruct.Encoded, "disk" | "device" | "target" | "image">

/**
 * - `size`: the new size of the disk. Shrinking makes the file system smaller,
 *   or inflates the balloon when online; the disk itself keeps its size;
 * - `mode`: `online` needs the disk mounted, `offline` needs it not to be;
 *   `auto`, the default, takes it as it is.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Resize = Schema.Struct({
  disk: Disk,
  size: positive,
  mode: Schema.optional(Schema.Literal("auto", "online", "offline"))
})

/**
 * @since 0.1.0
 * @category models
 */
export type Resize = typeof Resize.Type

/**
 * @since 0.1.0
 * @category models
 */
export type ResizeOptions = typeof Resize.Encoded

/**
 * `id`: the identifier of the new snapshot; a random one unless given.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CreateSnapshot = Schema.Struct({ disk: Disk, id: Schema.optional(NewSnapshotId) })

/**
 * @since 0.1.0
 * @category models
 */
export type CreateSnapshot = typeof CreateSnapshot.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CreateSnapshotOptions = typeof CreateSnapshot.Encoded

/**
 * - `id`: the identifier of the snapshot; a random one unless given;
 * - `component`: the name of the device that is attached at it; the tool puts a
 *   `~` in front;
 * - `target`: where to mount its file system, read-only.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CreateTemporarySnapshot = Schema.Struct({
  disk: Disk,
  id: Schema.optional(NewSnapshotId),
  component,
  target: Schema.optional(HostPath)
})

/**
 * @since 0.1.0
 * @category models
 */
export type CreateTemporarySnapshot = typeof CreateTemporarySnapshot.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CreateTemporarySnapshotOptions = typeof CreateTemporarySnapshot.Encoded

/**
 * A snapshot of a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OfSnapshot = Schema.Struct({ disk: Disk, id: SnapshotId })

/**
 * @since 0.1.0
 * @category models
 */
export type OfSnapshot = typeof OfSnapshot.Type

/**
 * @since 0.1.0
 * @category models
 */
export type OfSnapshotOptions = typeof OfSnapshot.Encoded

/**
 * - `id`: the snapshot to switch to;
 * - `keepAs`: the identifier under which the old top is kept; a random one
 *   unless given.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotAndSwitch = Schema.Struct({ disk: Disk, id: SnapshotId, keepAs: Schema.optional(NewSnapshotId) })

/**
 * @since 0.1.0
 * @category models
 */
export type SnapshotAndSwitch = typeof SnapshotAndSwitch.Type

/**
 * @since 0.1.0
 * @category models
 */
export type SnapshotAndSwitchOptions = typeof SnapshotAndSwitch.Encoded

const MergeSnapshotsStruct = Schema.Struct({
  disk: Disk,
  snapshot: Schema.optional(SnapshotId),
  downTo: Schema.optional(SnapshotId),
  all: Schema.optional(Schema.Literal(true)),
  into: Schema.optional(HostPath)
})

/**
 * - `snapshot`: is merged into its parent, whose identifier is lost; the top
 *   delta unless given;
 * - `downTo`: an ancestor of `snapshot`; the whole range is merged into it;
 * - `all`: everything from the top to the base is merged into the base;
 * - `into`: a new file for the result, where the generation can do it without
 *   harm.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MergeSnapshots = MergeSnapshotsStruct.pipe(
  Schema.filter(notTogether("all", "snapshot", "downTo"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type MergeSnapshots = typeof MergeSnapshots.Type

/**
 * @since 0.1.0
 * @category models
 */
export type MergeSnapshotsOptions = typeof MergeSnapshots.Encoded

/**
 * @since 0.1.0
 * @category schemas
 */
export const OfDisk = Schema.Struct({ disk: Disk })

/**
 * @since 0.1.0
 * @category models
 */
export type OfDisk = typeof OfDisk.Type

/**
 * @since 0.1.0
 * @category models
 */
export type OfDiskOptions = typeof OfDisk.Encoded

/**
 * `mayMount`: agrees to a temporary mount, read-write, when the answer cannot be
 * had otherwise. Such a mount replays the journal, and on generation 7 converts
 * images of version 1.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileSystemInfo = Schema.Struct({ disk: Disk, mayMount: Schema.optional(Schema.Boolean) })

/**
 * @since 0.1.0
 * @category models
 */
export type FileSystemInfo = typeof FileSystemInfo.Type

/**
 * @since 0.1.0
 * @category models
 */
export type FileSystemInfoOptions = typeof FileSystemInfo.Encoded

/**
 * `component`: which device of the disk; the unnamed one unless given.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeviceOf = Schema.Struct({ disk: Disk, component: Schema.optional(attached) })

/**
 * @since 0.1.0
 * @category models
 */
export type DeviceOf = typeof DeviceOf.Type

/**
 * @since 0.1.0
 * @category models
 */
export type DeviceOfOptions = typeof DeviceOf.Encoded

const running = {
  disk: Schema.optional(Disk),
  device: Schema.optional(DevicePath),
  target: Schema.optional(HostPath)
}

const RunningStruct = Schema.Struct(running)

/**
 * A mounted disk, named by exactly one of `disk`, `device` and `target` (its
 * mount point).
 *
 * @since 0.1.0
 * @category schemas
 */
export const Running = RunningStruct.pipe(Schema.filter(exactlyOne("disk", "device", "target")))

/**
 * @since 0.1.0
 * @category models
 */
export type Running = typeof Running.Type

/**
 * @since 0.1.0
 * @category models
 */
export type RunningOptions = ExactlyOne<typeof RunningStruct.Encoded, "disk" | "device" | "target">

const BalloonChangeStruct = Schema.Struct({ ...running, size: sectors })

/**
 * `size`: the new size of the balloon; zero deflates it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BalloonChange = BalloonChangeStruct.pipe(Schema.filter(exactlyOne("disk", "device", "target")))

/**
 * @since 0.1.0
 * @category models
 */
export type BalloonChange = typeof BalloonChange.Type

/**
 * @since 0.1.0
 * @category models
 */
export type BalloonChangeOptions = ExactlyOne<typeof BalloonChangeStruct.Encoded, "disk" | "device" | "target">

const DiscardStruct = Schema.Struct({
  ...running,
  automount: Schema.optional(Schema.Boolean),
  defrag: Schema.optional(Schema.Boolean),
  toFree: Schema.optional(positive),
  minBlock: Schema.optional(positive)
})

/**
 * - `automount`: mount the disk for the time of the operation if it is not;
 * - `defrag`: move data together first; as for `automount`, the disk has to be
 *   named by `disk`;
 * - `toFree`: stop when this much has been given back to the host;
 * - `minBlock`: leave free extents alone that are smaller than this.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Discard = DiscardStruct.pipe(
  Schema.filter(exactlyOne("disk", "device", "target")),
  Schema.filter(notTogether("automount", "device", "target")),
  // The tool would forget about it.
  Schema.filter(notTogether("defrag", "device", "target"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type Discard = typeof Discard.Type

/**
 * @since 0.1.0
 * @category models
 */
export type DiscardOptions = ExactlyOne<typeof DiscardStruct.Encoded, "disk" | "device" | "target">

/**
 * @since 0.1.0
 * @category schemas
 */
export const OfDevice = Schema.Struct({ device: DevicePath })

/**
 * @since 0.1.0
 * @category models
 */
export type OfDevice = typeof OfDevice.Type

/**
 * @since 0.1.0
 * @category models
 */
export type OfDeviceOptions = typeof OfDevice.Encoded

/**
 * - `device`: the running device whose top delta is copied, and whose file system
 *   is mounted;
 * - `freezeCommand`: a command line that the tool hands to a shell when nothing
 *   may be written any more, for the last pass.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CopySend = Schema.Struct({ device: DevicePath, freezeCommand: Schema.optional(plain) })

/**
 * @since 0.1.0
 * @category models
 */
export type CopySend = typeof CopySend.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CopySendOptions = typeof CopySend.Encoded

/**
 * `image`: the file to write. It must not exist.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CopyReceive = Schema.Struct({ image: HostPath })

/**
 * @since 0.1.0
 * @category models
 */
export type CopyReceive = typeof CopyReceive.Type

/**
 * @since 0.1.0
 * @category models
 */
export type CopyReceiveOptions = typeof CopyReceive.Encoded

/**
 * `level`: how far above the base delta, which is 0.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeleteDelta = Schema.Struct({ device: DevicePath, level })

/**
 * @since 0.1.0
 * @category models
 */
export type DeleteDelta = typeof DeleteDelta.Type

/**
 * @since 0.1.0
 * @category models
 */
export type DeleteDeltaOptions = typeof DeleteDelta.Encoded

const GrowStruct = Schema.Struct({
  disk: Schema.optional(Disk),
  device: Schema.optional(DevicePath),
  image: Schema.optional(HostPath),
  raw: Schema.optional(Schema.Boolean),
  size: positive
})

/**
 * Exactly one of `disk`, `device` and `image` (`raw` if it is); `size` must be a
 * multiple of the cluster size, and not smaller than now.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Grow = GrowStruct.pipe(
  Schema.filter(exactlyOne("disk", "device", "image")),
  Schema.filter(needs("raw", "image"))
)

/**
 * @since 0.1.0
 * @category models
 */
export type Grow = typeof Grow.Type

/**
 * @since 0.1.0
 * @category models
 */
export type GrowOptions = ExactlyOne<typeof GrowStruct.Encoded, "disk" | "device" | "image">
