/**
 * What an operation must refuse before it touches anything, and the error that
 * it refuses with.
 *
 * Each function is pure: it takes the request, the generation, the descriptor
 * and the few facts that a backend has observed, such as whether a device is
 * running. It succeeds when nothing speaks against the operation, or fails with
 * the error that the backend must return. An `Either` is an `Effect`, so a
 * backend can yield it in `Effect.gen` as well as in `Either.gen`.
 *
 * What only some generations refuse is decided by a row of `GenerationTraits`.
 *
 * @example
 * import { Refusal } from "@effect-ploop/core"
 * import type { Generation, Request } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const check = (generation: Generation.Generation, request: Request.Check) =>
 *   Effect.gen(function*() {
 *     const about = { operation: "check", subject: request.disk ?? request.image ?? "" } as const
 *     yield* Refusal.check(about, generation, request)
 *     // Nothing speaks against it: run the tool.
 *   })
 *
 * @since 0.2.0
 */
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { ByteSize } from "./ByteSize.js"
import type { ClusterSize } from "./ClusterSize.js"
import type { DescriptorSyntaxError, DiskDescriptor, Volume } from "./DiskDescriptor.js"
import type { FormatVersion } from "./FormatVersion.js"
import type { Generation } from "./Generation.js"
import type { ImageStart } from "./ImageExamination.js"
import * as qcow2 from "./internal/qcow2.js"
import * as attaching from "./internal/refusal/attach.js"
import * as cloning from "./internal/refusal/clone.js"
import * as descriptors from "./internal/refusal/descriptors.js"
import * as encryption from "./internal/refusal/encryption.js"
import * as exchange from "./internal/refusal/exchange.js"
import * as images from "./internal/refusal/images.js"
import * as limits from "./internal/refusal/limits.js"
import * as merge from "./internal/refusal/merge.js"
import * as mergeables from "./internal/refusal/mergeable.js"
import type {
  About,
  AttachedImages,
  BareImage,
  ClonedImage,
  CloneTarget,
  DeletedVolume,
  Described,
  FoundVolume,
  ImportedFile,
  MeasuredFileSystem,
  MergedImage,
  MergeRange,
  MountedDelta,
  ObservedFileSystem,
  RemovableDisk,
  Removal,
  SharedImage,
  SizedDisk
} from "./internal/refusal/model.js"
import * as mounts from "./internal/refusal/mounts.js"
import * as paths from "./internal/refusal/paths.js"
import * as queries from "./internal/refusal/queries.js"
import * as removal from "./internal/refusal/removal.js"
import * as running from "./internal/refusal/running.js"
import * as sharing from "./internal/refusal/sharing.js"
import * as snapshots from "./internal/refusal/snapshots.js"
import * as volumeRules from "./internal/refusal/volumes.js"
import type { Name } from "./Operation.js"
import type * as PloopError from "./PloopError.js"
import type * as Request from "./Request.js"
import type * as Result from "./Result.js"
import type { SnapshotId } from "./SnapshotId.js"
import type { Node, SnapshotTree } from "./SnapshotTree.js"

export type {
  About,
  AttachedImages,
  BareImage,
  ClonedImage,
  CloneTarget,
  DeletedVolume,
  Described,
  FoundVolume,
  ImportedFile,
  MeasuredFileSystem,
  MergedImage,
  MergeRange,
  MountedDelta,
  ObservedFileSystem,
  RemovableDisk,
  RemovableImage,
  Removal,
  SharedImage,
  SizedDisk
} from "./internal/refusal/model.js"

// Descriptors

/**
 * The error for the bytes of a file that is not a descriptor. A disk that is split
 * into several storages is Unsupported: a new descriptor for one of its images
 * would hold a part of the disk only.
 *
 * - `bytes`: what is in the file
 * - `error`: why `DiskDescriptor.parseBytes` refused it
 *
 * @since 0.2.0
 * @category descriptors
 */
export const unreadableDescriptor: (
  about: About,
  bytes: Uint8Array,
  error: DescriptorSyntaxError
) => PloopError.DescriptorInvalid | PloopError.Unsupported = descriptors.unreadable

/**
 * Refuses to let the tool mount a disk, or write its descriptor again, when the
 * tool would misread, damage or lose something: images that share a file, paths that
 * this generation would resolve to other files, several bases, cluster sizes that differ from the images, an encryption that this
 * generation does not know, a geometry that it divides by, and whatever else in
 * the text it would not write again. Operations that do neither are not refused.
 *
 * An image that is cut off is refused where the tool would rewrite it, or use it as the base of a new one.
 *
 * - `images`: the starts of the images that have a header, by their `file` in the descriptor
 *
 * @since 0.2.0
 * @category descriptors
 */
export const descriptor: (
  about: About,
  generation: Generation,
  disk: Described,
  images: ReadonlyMap<string, ImageStart>
) => Either.Either<void, PloopError.DescriptorInvalid | PloopError.ImageCorrupt | PloopError.Unsupported> =
  descriptors.descriptor

/**
 * Whether {@link descriptor} can refuse this operation.
 *
 * @since 0.2.0
 * @category descriptors
 */
export const isJudgedByDescriptor: (operation: Name) => boolean = descriptors.isJudged

// Files, devices and directories

/**
 * Refuses a descriptor that the tool would take for an image because of its name.
 *
 * @since 0.2.0
 * @category paths
 */
export const descriptorName: (
  about: About,
  generation: Generation,
  path: string
) => Either.Either<void, PloopError.Unsupported> = paths.descriptorName

/**
 * Refuses to make a file that exists. Generation 1.15 removes such a file and
 * then fails; a copy overwrites it.
 *
 * @since 0.2.0
 * @category paths
 */
export const existingFile: (
  about: About,
  path: string,
  exists: boolean
) => Either.Either<void, PloopError.AlreadyExists> = paths.existingFile

/**
 * Refuses to make a file in a directory that does not exist.
 *
 * @since 0.2.0
 * @category paths
 */
export const missingDirectory: (
  about: About,
  directory: string,
  isThere: boolean
) => Either.Either<void, PloopError.DirectoryNotFound> = paths.missingDirectory

/**
 * Refuses to make a descriptor for an image without a sector. The tool crashes for it.
 *
 * - `image`: the path of the image
 * - `size`: the size in its header, or the length of a raw one, in bytes
 *
 * @since 0.2.0
 * @category paths
 */
export const emptyImage: (
  about: About,
  image: string,
  size: bigint
) => Either.Either<void, PloopError.ImageCorrupt> = paths.emptyImage

/**
 * Refuses to make a descriptor for one image of a disk that has others: for a base
 * whose deltas are still there, and for a delta.
 *
 * - `image`: the path of the image
 * - `beside`: the names of the files in its directory
 *
 * @since 0.2.0
 * @category paths
 */
export const orphanedDeltas: (
  about: About,
  image: string,
  beside: ReadonlyArray<string>
) => Either.Either<void, PloopError.Unsupported> = paths.orphanedDeltas

/**
 * Refuses to use an image file that does not exist.
 *
 * @since 0.2.0
 * @category paths
 */
export const missingImage: (
  about: About,
  image: string,
  exists: boolean
) => Either.Either<void, PloopError.ImageNotFound> = paths.missingImage

/**
 * Refuses to unmount a device that does not exist. Generation 9 crashes on it,
 * the others fail in different ways.
 *
 * @since 0.2.0
 * @category paths
 */
export const missingDevice: (
  about: About,
  exists: boolean
) => Either.Either<void, PloopError.DeviceNotFound> = paths.missingDevice

/**
 * Refuses a mount point that is not an existing directory. Generation 9 inspects
 * it only after it has attached the device, and leaves the device behind.
 *
 * @since 0.2.0
 * @category paths
 */
export const missingMountPoint: (
  about: About,
  target: string,
  isDirectory: boolean
) => Either.Either<void, PloopError.MountPointInvalid> = paths.missingMountPoint

// Running disks

/**
 * Refuses to change images that a device uses.
 *
 * - `device`: the device that runs the disk, if one does
 *
 * @since 0.2.0
 * @category running
 */
export const runningDisk: (
  about: About,
  device: string | undefined
) => Either.Either<void, PloopError.ImageInUse> = running.runningDisk

/**
 * Refuses to attach a disk again by the same name, or to treat it as idle.
 *
 * - `device`: the device that runs the disk by that name, if one does
 *
 * @since 0.2.0
 * @category running
 */
export const attachedDisk: (
  about: About,
  device: string | undefined
) => Either.Either<void, PloopError.AlreadyMounted> = running.attachedDisk

/**
 * Refuses a second device that writes to a disk, and to change the top delta while
 * a device writes to it that the tool does not take into account: one with another
 * component name.
 *
 * - `device`: the device that writes to the top delta under another component name, if one does
 *
 * @since 0.2.0
 * @category running
 */
export const otherWriter: (
  about: About,
  device: string | undefined
) => Either.Either<void, PloopError.Unsupported> = running.otherWriter

/**
 * Refuses a second, read-only device of the top delta while a device writes to it,
 * where the second one would clear the in-use flag.
 *
 * - `device`: the device that writes to the top delta, if one does
 *
 * @since 0.2.0
 * @category running
 */
export const besideWriter: (
  about: About,
  generation: Generation,
  device: string | undefined
) => Either.Either<void, PloopError.MountFailed> = running.besideWriter

/**
 * Refuses what merges temporary snapshots while a device shows one, where the tool
 * would stop that device.
 *
 * - `devices`: the devices of temporary snapshots
 *
 * @since 0.2.0
 * @category running
 */
export const temporaryDevices: (
  about: About,
  generation: Generation,
  tree: SnapshotTree,
  devices: ReadonlyArray<string>
) => Either.Either<void, PloopError.Unsupported> = running.temporaryDevices

/**
 * Whether the tool would merge the top delta of this tree, in a way that fails where
 * the device of the disk is read-only.
 *
 * - `merged`: the snapshots that are merged with their children, beside the temporary
 *   ones that are merged automatically
 *
 * @since 0.2.0
 * @category running
 */
export const mergesTop: (
  generation: Generation,
  tree: SnapshotTree,
  merged: ReadonlyArray<SnapshotId>
) => boolean = mergeables.mergesTop

/**
 * Refuses to merge the top delta while the device of the disk is read-only. Some
 * generations would fail half-way, and lose a delta with the next snapshot.
 *
 * - `merged`: the snapshots that are merged with their children, beside the temporary
 *   ones that are merged automatically
 * - `device`: the unnamed device of the disk, if it is read-only
 *
 * @since 0.2.0
 * @category running
 */
export const readOnlyMerge: (
  about: About,
  generation: Generation,
  tree: SnapshotTree,
  merged: ReadonlyArray<SnapshotId>,
  device: string | undefined
) => Either.Either<void, PloopError.Unsupported> = mergeables.readOnlyMerge

/**
 * Refuses to remove the image of a delta while a device shows it, where that device
 * could not be unmounted afterwards.
 *
 * - `id`: the delta that would be discarded, or merged with another
 * - `devices`: the devices that show it, but not the unnamed device of a running disk
 *
 * @since 0.2.0
 * @category running
 */
export const shownImages: (
  about: About,
  generation: Generation,
  id: SnapshotId,
  devices: ReadonlyArray<string>
) => Either.Either<void, PloopError.SnapshotInUse> = running.shownImages

/**
 * Whether the tool would do this operation with the device of another disk that has
 * the same base image by a hard link.
 *
 * @since 0.2.0
 * @category running
 */
export const mistakesDevices: (generation: Generation, operation: Name) => boolean = running.mistakesDevices

/**
 * Refuses what the tool would do with the device of another disk, because it finds
 * devices by the file of the base image, which linked clones share.
 *
 * - `device`: the device of the other disk, if one has the same component name
 *
 * @since 0.2.0
 * @category running
 */
export const otherDisk: (
  about: About,
  generation: Generation,
  device: string | undefined
) => Either.Either<void, PloopError.NotMounted | PloopError.Unsupported> = running.otherDisk

/**
 * Refuses what needs a running disk.
 *
 * - `device`: the device that runs the disk, if one does
 *
 * @since 0.2.0
 * @category running
 */
export const idleDisk: (
  about: About,
  device: string | undefined
) => Either.Either<void, PloopError.NotMounted> = running.idleDisk

// Images

/**
 * Refuses an option that the tool does not have, a file system that it would not
 * make, one in an image that the driver does not attach, and a size that the format
 * version cannot hold.
 *
 * - `version`: the requested version, or the default of the host
 *
 * @since 0.2.0
 * @category images
 */
export const create: (
  about: About,
  generation: Generation,
  request: Pick<Request.Create, "size" | "fileSystem" | "format" | "sparse">,
  version: FormatVersion
) => Either.Either<void, PloopError.Unsupported | PloopError.InvalidArgument> = images.create

/**
 * The snapshots whose images a clone has, from the base to the one that is cloned.
 * Refuses a snapshot that does not exist, one that is merged automatically or is
 * built on such a one, and a chain that has no room for another delta.
 *
 * @since 0.2.0
 * @category images
 */
export const cloneChain: (
  about: About,
  tree: SnapshotTree,
  request: Pick<Request.Clone, "snapshot" | "mode" | "flatten">
) => Either.Either<
  ReadonlyArray<Node>,
  PloopError.SnapshotNotFound | PloopError.SnapshotIsTemporary | PloopError.SnapshotLimitReached
> = cloning.cloneChain

/**
 * Refuses a clone in the directory of the disk, of images that are missing, damaged
 * or in use, and of the top delta of a running disk. Refuses a linked clone on another
 * file system, and one whose images the tool would convert when it mounts one of the
 * disks.
 *
 * @since 0.2.0
 * @category images
 */
export const clone: (
  about: About,
  generation: Generation,
  request: Pick<Request.Clone, "directory" | "mode" | "snapshot">,
  target: CloneTarget
) => Either.Either<
  void,
  | PloopError.InvalidArgument
  | PloopError.ImageNotFound
  | PloopError.ImageCorrupt
  | PloopError.ImageDirty
  | PloopError.ImageInUse
  | PloopError.Unsupported
> = cloning.clone

/**
 * The snapshots whose images an export reads, from the base to the one that is exported.
 *
 * @since 0.2.0
 * @category images
 */
export const exportChain: (
  about: About,
  tree: SnapshotTree,
  request: Pick<Request.ExportImage, "snapshot">
) => Either.Either<ReadonlyArray<Node>, PloopError.SnapshotNotFound> = exchange.exportChain

/**
 * Refuses to export the top delta of a running disk, and images that are missing,
 * damaged or in use.
 *
 * - `images`: the images of the chain, the base first
 *
 * @since 0.2.0
 * @category images
 */
export const exportImage: (
  about: About,
  request: Pick<Request.ExportImage, "snapshot">,
  images: ReadonlyArray<ClonedImage>
) => Either.Either<
  void,
  PloopError.ImageNotFound | PloopError.ImageCorrupt | PloopError.ImageDirty | PloopError.ImageInUse
> = exchange.exportImage

/**
 * How much of a file {@link importImage} needs, from its start, in bytes.
 *
 * @since 0.2.0
 * @category images
 */
export const importedStart: number = qcow2.headerLength

/**
 * The size of the disk in a file that is imported, in bytes. Refuses a file that is not of the format: a raw one that
 * begins as an image of another format does, is empty, or is not a whole number of sectors; a qcow2 one without
 * the header of one, with a backing file, with its data in another file, encrypted, or damaged. Refuses a
 * size that the format version cannot have.
 *
 * @since 0.2.0
 * @category images
 */
export const importImage: (
  about: About,
  request: Pick<Request.ImportImage, "file" | "format">,
  version: FormatVersion,
  found: ImportedFile
) => Either.Either<ByteSize, PloopError.InvalidArgument> = exchange.importImage

/**
 * Refuses to write to an image file that has other names: those of linked clones,
 * or of a disk that this one is a clone of. The names are on the file system, so the
 * rule holds for every program and after every restart.
 *
 * - `images`: the images that the operation would write to
 *
 * @since 0.2.0
 * @category images
 */
export const unshared: (
  about: About,
  images: ReadonlyArray<SharedImage>
) => Either.Either<void, PloopError.ImageShared> = sharing.unshared

/**
 * The files of the images that the tool writes to when it merges temporary
 * snapshots on the way to something else.
 *
 * @since 0.2.0
 * @category images
 */
export const writtenOnTheWay: (tree: SnapshotTree) => ReadonlyArray<string> = sharing.writtenOnTheWay

/**
 * The files of the images that are written to when a snapshot is deleted, at once or
 * by an automatic merge later: its own, if it has children. When the top delta is
 * deleted, the one below it, which becomes the top delta.
 *
 * @since 0.2.0
 * @category images
 */
export const writtenWhenDeleted: (
  tree: SnapshotTree,
  id: SnapshotId
) => ReadonlyArray<string> = sharing.writtenWhenDeleted

/**
 * Whether a check may repair more than the in-use flag of the top delta, which no
 * other disk has.
 *
 * @since 0.2.0
 * @category images
 */
export const repairs: (
  request: Pick<Request.Check, "dropInUse" | "force" | "hardForce" | "readOnly" | "repairSparse">
) => boolean = sharing.repairs

/**
 * The files of the images that a check of a disk may repair.
 *
 * @since 0.2.0
 * @category images
 */
export const writtenWhenChecked: (
  tree: SnapshotTree,
  request: Pick<Request.Check, "dropInUse" | "force" | "hardForce" | "readOnly" | "repairSparse" | "snapshot">
) => ReadonlyArray<string> = sharing.writtenWhenChecked

/**
 * What the removal of a disk removes and keeps. Refuses it while a device has one
 * of the images, when the in-use flag of an image in the directory is set, when such
 * an image has other names and is the disk's own, and when there are files in the directory that are not
 * the disk's own, unless the caller has consented to keep them.
 *
 * @since 0.2.0
 * @category images
 */
export const remove: (
  about: About,
  request: Pick<Request.Remove, "keepOthers">,
  disk: RemovableDisk
) => Either.Either<
  Removal,
  | PloopError.ImageInUse
  | PloopError.ImageDirty
  | PloopError.ImageShared
  | PloopError.ConsentRequired
  | PloopError.Unsupported
> = removal.remove

/**
 * Refuses switches that the tool would ignore, and those with which a read-only
 * check would write.
 *
 * @since 0.2.0
 * @category images
 */
export const check: (
  about: About,
  generation: Generation,
  request: Pick<
    Request.Check,
    "disk" | "force" | "hardForce" | "duplicates" | "readOnly" | "silent" | "dropInUse" | "repairSparse"
  >
) => Either.Either<void, PloopError.Unsupported> = images.check

/**
 * Refuses a replacement that needs a running disk and has none, or the reverse.
 *
 * - `device`: the unnamed device of the disk, if one runs
 *
 * @since 0.2.0
 * @category images
 */
export const replace: (
  about: About,
  generation: Generation,
  request: Pick<Request.Replace, "level" | "keepName">,
  device: string | undefined
) => Either.Either<void, PloopError.Unsupported | PloopError.NotMounted | PloopError.ImageInUse> = images.replace

/**
 * Refuses a replacement that is an image of the disk already: two snapshots would
 * have one file, and one that keeps the name would lose the other's.
 *
 * - `given`: the file that replaces another one
 * - `isOther`: whether it is another image of the disk than the one that it replaces
 *
 * @since 0.2.0
 * @category images
 */
export const replacement: (
  about: About,
  given: string,
  isOther: boolean
) => Either.Either<void, PloopError.InvalidArgument> = images.replacement

/**
 * The level by which an image of a running disk has to be named, counted from the
 * base: undefined where the tool finds it, and for a snapshot that is not there.
 * Refuses an image that the device of the disk does not have.
 *
 * - `id`: the snapshot whose image is to be replaced
 *
 * @since 0.2.0
 * @category images
 */
export const replacedLevel: (
  about: About,
  generation: Generation,
  tree: SnapshotTree,
  id: SnapshotId
) => Either.Either<number | undefined, PloopError.NotMounted> = images.replacedLevel

/**
 * Refuses to give a disk with a raw base image a format version. Generations 1.15
 * and 9 do nothing and report success, and generation 7 says that the image is
 * damaged.
 *
 * @since 0.2.0
 * @category images
 */
export const convert: (
  about: About,
  disk: Pick<Described, "descriptor">,
  request: Pick<Request.Convert, "version">
) => Either.Either<void, PloopError.Unsupported> = images.convert

/**
 * Whether the request leaves something to do. Refuses to encrypt where the generation cannot, a disk with snapshots, and a
 * raw one, which would not be raw afterwards.
 *
 * @since 0.2.0
 * @category images
 */
export const encrypt: (
  about: About,
  generation: Generation,
  disk: Described,
  request: Pick<Request.Encrypt, "keyId" | "copy">
) => Either.Either<boolean, PloopError.Unsupported> = encryption.encrypt

/**
 * The files that must not be there when a disk is encrypted: the tool would write into the first and remove it when it
 * fails, and replace the second.
 *
 * - `image`: the path of the only image
 *
 * @since 0.2.0
 * @category images
 */
export const encryptionFiles: (
  image: string,
  request: Pick<Request.Encrypt, "wipe">
) => ReadonlyArray<string> = encryption.encryptionFiles

/**
 * Refuses a size that the header of an image cannot hold: the tool would cut it
 * and report success.
 *
 * - `version`: of the image that grows; undefined when it has none or is missing
 *
 * @since 0.2.0
 * @category images
 */
export const grow: (
  about: About,
  request: Pick<Request.Grow, "size">,
  version: FormatVersion | undefined
) => Either.Either<void, PloopError.SizeRefused> = images.grow

/**
 * Refuses a size of a running disk that is not a whole number of clusters: the
 * size of the device and the size in the descriptor would differ.
 *
 * - `clusterSize`: in bytes
 *
 * @since 0.2.0
 * @category images
 */
export const growRunning: (
  about: About,
  request: Pick<Request.Grow, "size">,
  clusterSize: bigint
) => Either.Either<void, PloopError.SizeRefused> = images.growRunning

// Mounts

/**
 * The top delta, if the request is for it; none if the request is for a snapshot,
 * which {@link mountSnapshot} decides.
 *
 * @since 0.2.0
 * @category mounts
 */
export const mountTop: (
  request: Pick<Request.Mount, "snapshot" | "readOnly">
) => Option.Option<MountedDelta> = mounts.mountTop

/**
 * The snapshot that a request is for. Refuses to write to a snapshot that has
 * children: generations 7 and 9 would attach it, and the children would be
 * damaged.
 *
 * @since 0.2.0
 * @category mounts
 */
export const mountSnapshot: (
  about: About,
  request: Pick<Request.Mount, "snapshot" | "readOnly">,
  tree: SnapshotTree
) => Either.Either<MountedDelta, PloopError.SnapshotHasChildren> = mounts.mountSnapshot

/**
 * Refuses images that the driver would not attach: it would leave a device
 * without a table, and an image with its in-use flag set.
 *
 * - `images`: those of the chain that the device would show
 * - `readOnly`: whether the device would refuse writes
 *
 * @since 0.2.0
 * @category mounts
 */
export const attach: (
  about: About,
  generation: Generation,
  images: AttachedImages
) => Either.Either<void, PloopError.Unsupported> = attaching.attach

/**
 * Refuses to resize online what is idle, and offline what is running.
 *
 * - `device`: the unnamed device of the disk, if one runs
 *
 * @since 0.2.0
 * @category mounts
 */
export const resize: (
  about: About,
  request: Pick<Request.Resize, "mode">,
  device: string | undefined
) => Either.Either<void, PloopError.NotMounted | PloopError.AlreadyMounted> = mounts.resize

/**
 * Refuses to resize an idle disk with its balloon, where the tool cannot.
 *
 * @since 0.2.0
 * @category mounts
 */
export const resizeByBalloon: (
  about: About,
  generation: Generation,
  request: Pick<Request.Resize, "balloon">
) => Either.Either<void, PloopError.Unsupported> = mounts.resizeByBalloon

/**
 * Whether the tool would damage the disk if it shrank it while it is idle: a raw
 * disk without snapshots loses its file system. If so, {@link shrinkIdleRaw}
 * decides from the present size.
 *
 * @since 0.2.0
 * @category mounts
 */
export const isCutWhenIdle: (generation: Generation, descriptor: DiskDescriptor) => boolean = mounts.isCutWhenIdle

/**
 * Refuses to unmount a device whose mount point is covered by later mounts: the
 * tool unmounts by path, which would take another file system.
 *
 * - `covering`: the mount points of what was mounted later at the mount point of the device, or above it
 *
 * @since 0.2.0
 * @category mounts
 */
export const covered: (
  about: About,
  device: string,
  covering: ReadonlyArray<string>
) => Either.Either<void, PloopError.Busy> = mounts.covered

/**
 * Refuses to unmount a device that is mounted in another mount namespace: the tool takes away the mount of its own
 * namespace, and then waits for a minute for the device to become free.
 *
 * - `hidden`: the mounts of the device that an unmount does not reach
 *
 * @since 0.2.0
 * @category mounts
 */
export const hidden: (
  about: About,
  device: string,
  hidden: ReadonlyArray<PloopError.HiddenMount>
) => Either.Either<void, PloopError.Busy> = mounts.hidden

/**
 * Refuses to stop a device only while it is idle, where the tool cannot.
 *
 * @since 0.2.0
 * @category mounts
 */
export const umount: (
  about: About,
  generation: Generation,
  request: Pick<Request.Umount, "onlyIdle">
) => Either.Either<void, PloopError.Unsupported> = mounts.umount

/**
 * Refuses to shrink a disk for which {@link isCutWhenIdle} is true.
 *
 * - `size`: the present size of the disk
 *
 * @since 0.2.0
 * @category mounts
 */
export const shrinkIdleRaw: (
  about: About,
  generation: Generation,
  request: Pick<Request.Resize, "size">,
  size: ByteSize
) => Either.Either<void, PloopError.Unsupported> = mounts.shrinkIdleRaw

/**
 * Refuses to shrink a mounted file system to less than it can have. Generation 9
 * would inflate its balloon part of the way, and report success.
 *
 * - `measured`: what the file system has now
 *
 * @since 0.2.0
 * @category mounts
 */
export const shrinkMounted: (
  about: About,
  generation: Generation,
  request: Pick<Request.Resize, "size">,
  clusterSize: ClusterSize,
  measured: Pick<MeasuredFileSystem, "available" | "size" | "tables">
) => Either.Either<void, PloopError.SizeRefused> = mounts.shrinkMounted

/**
 * The smallest size of the disk, where the tool names that of the file system in it.
 *
 * @since 0.2.0
 * @category mounts
 */
export const smallestDisk: (
  error: PloopError.SizeRefused,
  clusterSize: ClusterSize
) => PloopError.SizeRefused = mounts.smallestDisk

/**
 * The least size of a mounted file system after a shrink with the balloon, in bytes:
 * what {@link shrinkMounted} and the tool refuse to go below.
 *
 * @since 0.2.0
 * @category mounts
 */
export const leastMounted: (
  generation: Generation,
  measured: Pick<MeasuredFileSystem, "available" | "size" | "tables">
) => bigint = limits.leastMounted

/**
 * The sizes that a disk can have: those that neither a backend nor the tool refuses.
 *
 * @since 0.2.0
 * @category mounts
 */
export const sizeLimits: (generation: Generation, disk: SizedDisk) => Result.SizeLimits = limits.sizeLimits

/**
 * Fails when files can have more of a mounted file system than the size to which
 * the tool reported to have shrunk the disk.
 *
 * - `before`, `after`: what the file system had before the resize, and has after it
 *
 * @since 0.2.0
 * @category mounts
 */
export const shrunk: (
  about: About,
  request: Pick<Request.Resize, "size">,
  before: MeasuredFileSystem,
  after: MeasuredFileSystem
) => Either.Either<void, PloopError.SizeRefused> = mounts.shrunk

// Snapshots

/**
 * Refuses to track changes where the generation has no tracking, or where the top delta is raw.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const trackChanges: (
  about: About,
  generation: Generation,
  request: Pick<Request.CreateSnapshot, "track">,
  disk: Described
) => Either.Either<void, PloopError.Unsupported> = snapshots.trackChanges

/**
 * Refuses to end a tracking where the generation has none.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const dropTracking: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = snapshots.dropTracking

/**
 * Refuses a snapshot of an idle disk while a temporary snapshot stands in the way.
 *
 * - `device`: the unnamed device of the disk, if one runs
 *
 * @since 0.2.0
 * @category snapshots
 */
export const createSnapshot: (
  about: About,
  generation: Generation,
  tree: SnapshotTree,
  device: string | undefined
) => Either.Either<void, PloopError.Unsupported> = snapshots.createSnapshot

/**
 * Refuses to switch to a snapshot that does not exist, to the top delta, and to a
 * temporary snapshot. A running disk is refused by {@link runningDisk}.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const switchTo: (
  about: About,
  tree: SnapshotTree,
  id: SnapshotId
) => Either.Either<
  void,
  PloopError.SnapshotNotFound | PloopError.SnapshotIsCurrent | PloopError.SnapshotIsTemporary
> = snapshots.switchTo

/**
 * Refuses to switch to a snapshot and delete it when it has children besides the
 * top delta.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const switchAndDelete: (
  about: About,
  tree: SnapshotTree,
  id: SnapshotId
) => Either.Either<void, PloopError.SnapshotHasChildren> = snapshots.switchAndDelete

/**
 * Refuses to delete the top delta when the disk would have none afterwards, or
 * when the tool would lose the parent of other snapshots.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const deleteSnapshot: (
  about: About,
  disk: Described,
  id: SnapshotId
) => Either.Either<void, PloopError.SnapshotHasChildren | PloopError.Unsupported> = snapshots.deleteSnapshot

/**
 * The range of a merge. Refuses a range that does not exist, one that goes
 * through the top delta, and one through a snapshot that other snapshots are
 * built on. Generations 7 and 9 find the last only on the way, and leave the
 * merge half done.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergeRange: (
  about: About,
  tree: SnapshotTree,
  request: Pick<Request.MergeSnapshots, "snapshot" | "downTo" | "all">
) => Either.Either<
  MergeRange,
  | PloopError.SnapshotNotFound
  | PloopError.SnapshotIsBase
  | PloopError.SnapshotNotAncestor
  | PloopError.SnapshotHasChildren
> = merge.mergeRange

/**
 * Refuses an operation that names the top delta of a descriptor of the old format,
 * where this generation does not find it by its usual identifier: the tool would
 * say that it is the base, or that there is no such snapshot.
 *
 * - `named`: the snapshot that the operation names; undefined when it names none
 *
 * @since 0.2.0
 * @category snapshots
 */
export const oldTop: (
  about: About,
  generation: Generation,
  disk: Pick<Described, "descriptor">,
  named: SnapshotId | undefined
) => Either.Either<void, PloopError.DescriptorInvalid> = descriptors.oldTop

/**
 * Refuses to delete the parent of the top delta of a descriptor of the old format,
 * where this generation loses the top delta on the way: the tool would mark the
 * snapshot as temporary, and then fail.
 *
 * - `id`: the snapshot to delete
 *
 * @since 0.2.0
 * @category snapshots
 */
export const oldTopMerged: (
  about: About,
  generation: Generation,
  disk: Described,
  id: SnapshotId
) => Either.Either<void, PloopError.DescriptorInvalid> = descriptors.oldTopMerged

/**
 * Refuses a merge into a new file that the tool cannot finish without losing
 * data. A file that exists is refused by {@link existingFile}.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergeIntoFile: (
  about: About,
  generation: Generation,
  disk: Described,
  range: MergeRange
) => Either.Either<void, PloopError.Unsupported> = merge.mergeIntoFile

/**
 * Refuses to merge images by their files, where the tool cannot.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const bareDeltas: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = merge.bareDeltas

/**
 * Refuses to merge an image into itself, into one of another directory or format,
 * and images that are missing, damaged or in use.
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergeDelta: (
  about: About,
  delta: BareImage,
  image: BareImage
) => Either.Either<
  void,
  | PloopError.InvalidArgument
  | PloopError.ImageNotFound
  | PloopError.ImageInUse
  | PloopError.ImageCorrupt
  | PloopError.ImageDirty
> = merge.mergeDelta

/**
 * The snapshots whose images the tool would merge on the way to something else:
 * the temporary ones that have one child, with that child. Empty for a
 * generation that loses nothing when such a merge fails.
 *
 * - `id`: a snapshot that is to be deleted, and so merged as well
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergedOnTheWay: (
  generation: Generation,
  tree: SnapshotTree,
  id?: SnapshotId
) => ReadonlyArray<Node> = mergeables.mergedOnTheWay

/**
 * The same for a snapshot that is deleted right after the disk was switched to
 * it. The switch discards the top delta, so that is not merged.
 *
 * - `id`: the snapshot
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergedAfterSwitch: (
  generation: Generation,
  tree: SnapshotTree,
  id: SnapshotId
) => ReadonlyArray<Node> = mergeables.mergedAfterSwitch

/**
 * Refuses an operation on the way to which the tool would merge images that it
 * cannot merge. Generations 7 and 9 would leave a temporary snapshot, and drop
 * the data of a snapshot from the disk with the next one, with success.
 *
 * - `images`: the images of {@link mergedOnTheWay}, or of a merge that is requested
 *
 * @since 0.2.0
 * @category snapshots
 */
export const mergeable: (
  about: About,
  generation: Generation,
  disk: Pick<Described, "descriptor">,
  images: ReadonlyArray<MergedImage>
) => Either.Either<
  void,
  PloopError.ImageNotFound | PloopError.ImageDirty | PloopError.ImageCorrupt | PloopError.Unsupported
> = mergeables.mergeable

// Queries, balloon and copies

/**
 * Where the numbers of a file system come from. Refuses to mount the disk for
 * them without consent.
 *
 * @since 0.2.0
 * @category queries
 */
export const fileSystemInfo: (
  about: About,
  request: Pick<Request.FileSystemInfo, "mayMount">,
  observed: ObservedFileSystem
) => Either.Either<Result.FileSystemInfo["source"], PloopError.ConsentRequired> = queries.fileSystemInfo

/**
 * The error for a disk that has a device, but whose file system is not mounted.
 *
 * @since 0.2.0
 * @category queries
 */
export const unmountedFileSystem: (about: About) => PloopError.NotMounted = queries.unmountedFileSystem

/**
 * Refuses the commands of balloon maintenance where there is none.
 *
 * @since 0.2.0
 * @category balloon
 */
export const balloonMaintenance: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = queries.balloonMaintenance

/**
 * Refuses the options of a discard where the tool ignores them or has none.
 *
 * @since 0.2.0
 * @category balloon
 */
export const discard: (
  about: About,
  generation: Generation,
  request: Partial<Pick<Request.Discard, "defragOnly" | "defragThreshold" | "minBlock" | "toFree">>
) => Either.Either<void, PloopError.Unsupported> = queries.discard

/**
 * Refuses to defragment a disk whose images have paths that a shell would read as
 * something else, where the tool hands them to one.
 *
 * - `paths`: the real paths of the images
 *
 * @since 0.2.0
 * @category balloon
 */
export const defragPaths: (
  about: About,
  generation: Generation,
  paths: ReadonlyArray<string>
) => Either.Either<void, PloopError.Unsupported> = queries.defragPaths

/**
 * Refuses the options of a defragmentation where the tool ignores them because of
 * the device.
 *
 * - `io`: how the device reads and writes its images, as in `kaio`; `undefined` if it does not run or does not tell
 *
 * @since 0.2.0
 * @category balloon
 */
export const defragDevice: (
  about: About,
  generation: Generation,
  request: Pick<Request.Discard, "defragOnly" | "defragThreshold">,
  io: string | undefined
) => Either.Either<void, PloopError.Unsupported> = queries.defragDevice

/**
 * Refuses a copy that is not a stream of bytes in one direction.
 *
 * @since 0.2.0
 * @category copy
 */
export const copy: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = queries.copy

/**
 * Refuses a command to freeze the file system where the tool runs none, and a copy of
 * a device with several images where data would be lost. `images` is how many it has.
 *
 * @since 0.2.0
 * @category copy
 */
export const copyTo: (
  about: About,
  generation: Generation,
  request: Pick<Request.CopySend, "freezeCommand">,
  images: number
) => Either.Either<void, PloopError.Unsupported> = queries.copyTo

/**
 * Refuses to name the next device where names are random.
 *
 * @since 0.2.0
 * @category queries
 */
export const nextDevice: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = queries.nextDevice

/**
 * Refuses operations on volumes where the generation has none.
 *
 * @since 0.2.0
 * @category volumes
 */
export const volumes: (
  about: About,
  generation: Generation
) => Either.Either<void, PloopError.Unsupported> = volumeRules.volumes

/**
 * Refuses a disk that is not a volume.
 *
 * @since 0.2.0
 * @category volumes
 */
export const volume: (
  about: About,
  found: Pick<FoundVolume, "directory" | "volume">
) => Either.Either<void, PloopError.InvalidArgument> = volumeRules.volume

/**
 * Refuses a snapshot of a disk that is not a volume, that is a snapshot, or that is running.
 *
 * @since 0.2.0
 * @category volumes
 */
export const snapshotVolume: (
  about: About,
  found: FoundVolume
) => Either.Either<void, PloopError.InvalidArgument | PloopError.ImageInUse> = volumeRules.snapshotVolume

/**
 * Refuses a clone of a disk that is not a volume, of one that is running and written to, and of a snapshot that has
 * a parent, in whose place the tool would clone that one.
 *
 * @since 0.2.0
 * @category volumes
 */
export const cloneVolume: (
  about: About,
  found: FoundVolume
) => Either.Either<void, PloopError.InvalidArgument | PloopError.ImageInUse | PloopError.Unsupported> =
  volumeRules.cloneVolume

/**
 * Refuses to switch a volume that is a snapshot, that is running, that has children, or that has snapshots of its
 * own; and to give it the state of what is not a snapshot.
 *
 * @since 0.2.0
 * @category volumes
 */
export const switchVolume: (
  about: About,
  found: FoundVolume,
  to: FoundVolume
) => Either.Either<
  void,
  PloopError.InvalidArgument | PloopError.ImageInUse | PloopError.VolumeHasChildren | PloopError.Unsupported
> = volumeRules.switchVolume

/**
 * Refuses to delete a volume that is running or that has children, and one whose directory has images of other
 * volumes, or files that belong to no volume: the tool removes all that is in the directory. A snapshot with one child
 * is merged into that.
 *
 * @since 0.2.0
 * @category volumes
 */
export const deleteVolume: (
  about: About,
  found: DeletedVolume
) => Either.Either<
  void,
  | PloopError.InvalidArgument
  | PloopError.ImageInUse
  | PloopError.VolumeHasChildren
  | PloopError.ImageShared
  | PloopError.ImageNotFound
  | PloopError.ImageCorrupt
  | PloopError.ImageDirty
  | PloopError.Unsupported
> = volumeRules.deleteVolume

/**
 * Refuses to write to images of a volume that has children, or to remove them.
 *
 * - `children`: the directories of its children
 *
 * @since 0.2.0
 * @category volumes
 */
export const volumeChildren: (
  about: About,
  volume: Volume | undefined,
  children: ReadonlyArray<string>
) => Either.Either<void, PloopError.VolumeHasChildren> = volumeRules.withoutChildren

/**
 * Whether {@link volumeChildren} can refuse an operation.
 *
 * @since 0.2.0
 * @category volumes
 */
export const harmsVolumes: (name: Name) => boolean = volumeRules.harmsVolumes

/**
 * Refuses an image that is missing, that a device has, that has no header, or that was not closed cleanly.
 *
 * @since 0.2.0
 * @category volumes
 */
export const usableImage: (
  about: About,
  image: BareImage
) => Either.Either<
  void,
  PloopError.ImageNotFound | PloopError.ImageInUse | PloopError.ImageCorrupt | PloopError.ImageDirty
> = merge.usable
