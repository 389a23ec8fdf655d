import type { ByteSize } from "../../ByteSize.js"
import type { ClusterSize } from "../../ClusterSize.js"
import type { DiskDescriptor, Volume } from "../../DiskDescriptor.js"
import type { FormatVersion } from "../../FormatVersion.js"
import type * as PloopError from "../../PloopError.js"
import type { SnapshotId } from "../../SnapshotId.js"
import type { SnapshotTree } from "../../SnapshotTree.js"

/**
 * What an error is about: the operation, and the disk, device, directory or file
 * that it was called for.
 *
 * @since 0.2.0
 * @category models
 */
export interface About extends Pick<PloopError.Context, "operation" | "subject"> {}

/**
 * A disk as its descriptor shows it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Described {
  /** What the descriptor contains. */
  readonly descriptor: DiskDescriptor
  /** The snapshots of that descriptor. */
  readonly tree: SnapshotTree
}

/**
 * The delta that a mount shows.
 *
 * @since 0.2.0
 * @category models
 */
export interface MountedDelta {
  /** The snapshot; undefined for the top delta. */
  readonly snapshot: SnapshotId | undefined
  /** Whether the device refuses writes. */
  readonly readOnly: boolean
}

/**
 * The images that a merge goes through.
 *
 * @since 0.2.0
 * @category models
 */
export interface MergeRange {
  /** The snapshot whose identifier stays. */
  readonly survivor: SnapshotId
  /**
   * Its ancestors whose identifiers are lost, the nearest first. The survivor's
   * data is in the file of the last one afterwards.
   */
  readonly merged: ReadonlyArray<SnapshotId>
}

/**
 * The images that a device would have.
 *
 * @since 0.2.0
 * @category models
 */
export interface AttachedImages {
  /** Whether the base image is raw. */
  readonly isRaw: boolean
  /** The format version of each image, the base first; undefined for a raw image, and where none can be read. */
  readonly versions: ReadonlyArray<FormatVersion | undefined>
}

/**
 * An image that the tool would merge, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface MergedImage {
  /** Its path. */
  readonly image: string
  /** Whether it is the base image of a raw disk, which has no header. The other fields say nothing then. */
  readonly isRawBase: boolean
  /** Whether the file exists. */
  readonly exists: boolean
  /** The size of its clusters in bytes; undefined when it has no header. */
  readonly clusterSize: bigint | undefined
  /** Whether its in-use flag is set although no device runs it. */
  readonly isDirty: boolean
}

/**
 * An image of a disk that is to be removed, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface RemovableImage {
  /** Its path. */
  readonly image: string
  /** Its name in the directory of the descriptor; undefined when it is elsewhere, so that it stays. */
  readonly name: string | undefined
  /** How many names the file has on its file system; 0 when it does not exist. */
  readonly links: number
  /** Whether the disk has it from another one, of which it is a linked clone. */
  readonly isInherited: boolean
  /** Whether its in-use flag is set. */
  readonly isDirty: boolean
}

/**
 * A disk that is to be removed, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface RemovableDisk {
  /** The name of its descriptor in the directory. */
  readonly descriptor: string
  /** The names in that directory. */
  readonly names: ReadonlyArray<string>
  /** Those of them that are neither files nor symbolic links. */
  readonly irregular: ReadonlyArray<string>
  /** Its images, in the order of the descriptor. */
  readonly images: ReadonlyArray<RemovableImage>
  /** A device that has one of its images, if one does. */
  readonly device: string | undefined
}

/**
 * What a removal removes and keeps, by names in the directory of the descriptor.
 *
 * @since 0.2.0
 * @category models
 */
export interface Removal {
  /** The names of the disk's own files, in the order in which they are removed. The descriptor is the last. */
  readonly own: ReadonlyArray<string>
  /** The other names, which stay. */
  readonly others: ReadonlyArray<string>
}

/**
 * An image that a clone would share, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface ClonedImage {
  /** Its path. */
  readonly image: string
  /** Whether it is the base image of a raw disk, which has no header. */
  readonly isRawBase: boolean
  /** Whether the file exists. */
  readonly exists: boolean
  /** The length of the file, in bytes: 0 of what is not a file, undefined where it is not known. */
  readonly length?: bigint | undefined
  /** The size in its header, in bytes; undefined when it has none, or one that the tool would not take. */
  readonly size: bigint | undefined
  /** The format version in its header; undefined when it has none. */
  readonly version: FormatVersion | undefined
  /** Whether its in-use flag is set. */
  readonly isDirty: boolean
  /** A device of the disk, if one runs: it may have set the flag. */
  readonly device: string | undefined
}

/**
 * What there is to see of an image that is merged by its file.
 *
 * @since 0.2.0
 * @category models
 */
export interface BareImage {
  /** Its path. */
  readonly image: string
  /** Where it really is, without links. */
  readonly real: string
  /** Whether the file exists. */
  readonly exists: boolean
  /** The cluster size in its header, in bytes; undefined when it has none. */
  readonly clusterSize: bigint | undefined
  /** The format version in its header; undefined when it has none. */
  readonly version: FormatVersion | undefined
  /** Whether its in-use flag is set. */
  readonly isDirty: boolean
  /** A device that has it, if one is seen. */
  readonly device: string | undefined
}

/**
 * Where a linked clone would be made, and of what.
 *
 * @since 0.2.0
 * @category models
 */
export interface CloneTarget {
  /** Whether the directory is that of the disk. */
  readonly isOfDisk: boolean
  /** Whether the directory is on the file system of every image. */
  readonly isOnFileSystem: boolean
  /** The images that the clone would share, the base first. */
  readonly images: ReadonlyArray<ClonedImage>
}

/**
 * A file that is to become a disk, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface ImportedFile {
  /** Its first `Refusal.importedStart` bytes, or all that it has. */
  readonly start: Uint8Array
  /** Its length, in bytes. */
  readonly size: bigint
}

/**
 * An image that an operation would write to, as a backend has observed it.
 *
 * @since 0.2.0
 * @category models
 */
export interface SharedImage {
  /** Its path. */
  readonly image: string
  /** How many names the file has on its file system; 0 when it does not exist. */
  readonly links: number
}

/**
 * What a backend has observed about the file system of a disk.
 *
 * @since 0.2.0
 * @category models
 */
export interface ObservedFileSystem {
  /** Whether the numbers of the last unmount are beside the descriptor. */
  readonly isCached: boolean
  /** Whether the disk has an unnamed device. */
  readonly isRunning: boolean
}

/**
 * What a backend has measured of a mounted file system, in bytes.
 *
 * @since 0.2.0
 * @category models
 */
export interface MeasuredFileSystem {
  /** Its size, with what it uses itself. */
  readonly size: bigint
  /** How much of it the balloon can take, with what the balloon has already. */
  readonly available: bigint
  /** How much files can have, with what the balloon has. */
  readonly capacity: bigint
  /** The size of the balloon. */
  readonly balloon: bigint
  /** The size of its inode tables. */
  readonly tables: bigint
}

/**
 * What a backend has observed about a disk that may get another size, in bytes.
 *
 * @since 0.2.0
 * @category models
 */
export interface SizedDisk {
  /** The present size. */
  readonly size: ByteSize
  /** The size of its clusters. */
  readonly clusterSize: ClusterSize
  /** The format version of its top delta; undefined for a raw image alone. */
  readonly version: FormatVersion | undefined
  /**
   * What limits a smaller size: the numbers of a mounted file system; the least size to which `resize2fs` would
   * shrink that of an idle disk, in bytes; or that the tool would damage the idle disk. Undefined where it is not
   * known.
   */
  readonly fileSystem:
    | { readonly _tag: "Mounted"; readonly measured: Pick<MeasuredFileSystem, "available" | "size" | "tables"> }
    | { readonly _tag: "Idle"; readonly least: bigint }
    | { readonly _tag: "CutWhenIdle" }
    | undefined
}

/**
 * What there is to see of a volume.
 *
 * @since 0.2.0
 * @category models
 */
export interface FoundVolume {
  /** Its directory, by the real path. */
  readonly directory: string
  /** What its descriptor says about it; undefined when the disk is part of no volume. */
  readonly volume: Volume | undefined
  /** The directories of its children. */
  readonly children: ReadonlyArray<string>
  /** The real paths of the images in its descriptor. */
  readonly images: ReadonlyArray<string>
  /** The directory of its last ancestor: its own when it has no parent. */
  readonly lowest: string
  /** How many ancestors it has: its parent, the parent of that one, and so on. */
  readonly ancestors: number
  /** A device that shows the disk, if one is seen. */
  readonly device: string | undefined
}

/**
 * What is removed with a volume.
 *
 * @since 0.2.0
 * @category models
 */
export interface DeletedVolume extends FoundVolume {
  /** The names in its directory. */
  readonly names: ReadonlyArray<string>
  /** The real paths of the images of its ancestors, and of its child. */
  readonly others: ReadonlyArray<string>
  /** A device of its child, if one is seen. */
  readonly childDevice: string | undefined
  /** The images that are merged with each other: those of the volume, and of its child. */
  readonly merged: ReadonlyArray<BareImage>
}
