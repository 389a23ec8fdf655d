/**
 * The operations of ploop: one table, which is the only place where an operation
 * is declared. The service, its low-level companion, what a backend provides,
 * the errors of each operation and the protocol of a remote backend are derived
 * from it.
 *
 * @example
 * import { Operation } from "@effect-ploop/core"
 *
 * const queries = Operation.names.filter((name) => Operation.table[name].kind === "query")
 *
 * @since 0.2.0
 */
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import { DevicePath } from "./DevicePath.js"
import { Disk } from "./Disk.js"
import type { Wire } from "./Duplex.js"
import { HostPath } from "./HostPath.js"
import * as Request from "./Request.js"
import * as Result from "./Result.js"
import { SnapshotId } from "./SnapshotId.js"
import { SnapshotTree } from "./SnapshotTree.js"

/**
 * What may happen to an operation once it has begun:
 *
 * - `query`: it changes nothing, and may be ended at any moment;
 * - `change`: it may be ended, and what it left is removed;
 * - `uninterruptible`: ending it would damage an image, so it runs to its end.
 *
 * @since 0.2.0
 * @category models
 */
export type Kind = "query" | "change" | "uninterruptible"

/**
 * What an operation is in Effect: an effect, a stream of what it sends, a sink for
 * what it receives, or a dialogue with the same operation elsewhere, which is a
 * stream of its rounds.
 *
 * @since 0.2.0
 * @category models
 */
export type Shape = "effect" | "stream" | "sink" | "dialogue"

/**
 * The group of operations that an operation belongs to.
 *
 * @since 0.2.0
 * @category models
 */
export type Group = "images" | "mounts" | "snapshots" | "volumes" | "balloon" | "queries" | "copy" | "lowLevel"

/**
 * A row of the table.
 *
 * @since 0.2.0
 * @category models
 */
export interface Row {
  /** The group that it belongs to. Those of `lowLevel` are in the service `LowLevel`, all others in `Ploop`. */
  readonly group: Group
  /** What may happen to it once it has begun. */
  readonly kind: Kind
  /** The requests for which it is a query although its kind says more. Default: none. */
  readonly isQuery?: (request: never) => boolean
  /** What it is in Effect. */
  readonly shape: Shape
  /** The request that a backend receives; absent when the operation has no options. */
  readonly request?: Schema.Schema.AnyNoContext
  /** The result; of a stream or a dialogue, each of its elements. */
  readonly result: Schema.Schema.AnyNoContext
  /** The tags of the errors that it can have. */
  readonly errors: ReadonlyArray<string>
}

const tool = [
  "InvalidArgument",
  "Unsupported",
  "ToolNotFound",
  "ToolNotExecutable",
  "ToolAborted",
  "TimedOut",
  "UnexpectedOutput",
  "PermissionDenied",
  "PrerequisiteMissing",
  "OutOfMemory",
  "InputOutputFailed",
  "ConnectionLost",
  "AccessRefused",
  "LimitExceeded",
  "ProtocolMismatch",
  "Unclassified"
] as const

const device = [...tool, "DeviceNotFound", "DeviceFailed"] as const

const disk = [...tool, "DiskNotFound", "DescriptorInvalid"] as const

const image = [
  ...disk,
  "Locked",
  "ImageNotFound",
  "ImageCorrupt",
  "ImageDirty",
  "NoSpace",
  "DeviceFailed",
  "EncryptionFailed"
] as const

const volume = [...image, "ImageInUse"] as const

const newVolume = [...volume, "AlreadyExists", "DirectoryNotFound"] as const

const switching = [
  ...image,
  "ImageInUse",
  "SnapshotNotFound",
  "SnapshotIsCurrent",
  "SnapshotIsTemporary",
  "SnapshotHasChildren"
] as const

const running = [...image, "NotMounted", "DeviceNotFound"] as const

const Lines = Schema.Array(Schema.String)

const rows = <const Table extends Record<string, Row>>(table: Table): Table => table

/**
 * The operations, by name.
 *
 * @since 0.2.0
 * @category table
 */
export const table = rows({
  create: {
    group: "images",
    kind: "change",
    shape: "effect",
    request: Request.Create,
    result: Result.Created,
    errors: [
      ...image,
      "AlreadyExists",
      "DirectoryNotFound",
      "FileSystemMakeFailed",
      "FileSystemCorrupt",
      "MountFailed",
      "SizeRefused"
    ]
  },
  restoreDescriptor: {
    group: "images",
    kind: "change",
    shape: "effect",
    request: Request.RestoreDescriptor,
    result: Disk,
    errors: [...image, "AlreadyExists", "DirectoryNotFound"]
  },
  remove: {
    group: "images",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Remove,
    result: Result.Removed,
    errors: [...image, "ImageInUse", "ImageShared", "ConsentRequired", "VolumeHasChildren"]
  },
  clone: {
    group: "images",
    kind: "change",
    shape: "effect",
    request: Request.Clone,
    result: Result.Cloned,
    errors: [
      ...image,
      "AlreadyExists",
      "DirectoryNotFound",
      "ImageInUse",
      "SnapshotNotFound",
      "SnapshotIsTemporary",
      "SnapshotLimitReached"
    ]
  },
  exportImage: {
    group: "images",
    kind: "change",
    shape: "effect",
    request: Request.ExportImage,
    result: Result.Exported,
    errors: [...image, "AlreadyExists", "DirectoryNotFound", "ImageInUse", "SnapshotNotFound"]
  },
  importImage: {
    group: "images",
    kind: "change",
    shape: "effect",
    request: Request.ImportImage,
    result: Result.Imported,
    errors: [...tool, "Locked", "ImageNotFound", "NoSpace", "AlreadyExists", "DirectoryNotFound"]
  },
  convert: {
    group: "images",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Convert,
    result: Schema.Void,
    errors: [...image, "ImageInUse", "AlreadyExists", "ImageShared", "VolumeHasChildren"]
  },
  encrypt: {
    group: "images",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Encrypt,
    result: Schema.Void,
    errors: [
      ...image,
      "ImageInUse",
      "ImageShared",
      "AlreadyExists",
      "DirectoryNotFound",
      "FileSystemMakeFailed",
      "FileSystemCorrupt",
      "FileSystemUnsupported",
      "MountFailed",
      "UmountFailed",
      "Busy",
      "VolumeHasChildren"
    ]
  },
  check: {
    group: "images",
    kind: "uninterruptible",
    isQuery: (request: Request.Check) => request.readOnly,
    shape: "effect",
    request: Request.Check,
    result: Result.Checked,
    errors: [...image, "ImageInUse", "SnapshotNotFound", "ImageShared"]
  },
  replace: {
    group: "images",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Replace,
    result: Schema.Void,
    errors: [
      ...image,
      "ImageMismatch",
      "SnapshotNotFound",
      "NotMounted",
      "ImageInUse",
      "RolledBack",
      "VolumeHasChildren"
    ]
  },
  mount: {
    group: "mounts",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Mount,
    result: Result.Mounted,
    errors: [
      ...image,
      "AlreadyMounted",
      "MountPointInvalid",
      "MountFailed",
      "SnapshotNotFound",
      "SnapshotHasChildren",
      "FileSystemUnsupported",
      "FileSystemCorrupt",
      "DeviceNotFound",
      "Busy",
      "ImagesDropped",
      "ImageShared"
    ]
  },
  umount: {
    group: "mounts",
    kind: "change",
    shape: "effect",
    request: Request.Umount,
    result: Schema.Void,
    errors: [...image, "NotMounted", "Busy", "UmountFailed", "DeviceNotFound"]
  },
  resize: {
    group: "mounts",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Resize,
    result: Schema.Void,
    errors: [
      ...image,
      "NotMounted",
      "AlreadyMounted",
      "MountFailed",
      "SizeRefused",
      "FileSystemResizeFailed",
      "FileSystemCorrupt",
      "FileSystemUnsupported",
      "UmountFailed",
      "Busy",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  createSnapshot: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.CreateSnapshot,
    result: SnapshotId,
    errors: [
      ...image,
      "SnapshotExists",
      "SnapshotLimitReached",
      "NotTracked",
      "ImagesDropped",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  createTemporarySnapshot: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.CreateTemporarySnapshot,
    result: Result.TemporarySnapshot,
    errors: [
      ...image,
      "SnapshotExists",
      "SnapshotLimitReached",
      "AlreadyMounted",
      "MountPointInvalid",
      "MountFailed",
      "FileSystemUnsupported",
      "ImagesDropped",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  switchSnapshot: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OfSnapshot,
    result: Schema.Void,
    errors: [...switching, "VolumeHasChildren"]
  },
  snapshotAndSwitch: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.SnapshotAndSwitch,
    result: SnapshotId,
    errors: [
      ...switching,
      "SnapshotExists",
      "SnapshotLimitReached",
      "ImagesDropped",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  switchAndDelete: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OfSnapshot,
    result: Schema.Void,
    errors: [...switching, "SnapshotInUse", "SnapshotIsBase", "ImagesDropped", "ImageShared", "VolumeHasChildren"]
  },
  deleteSnapshot: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OfSnapshot,
    result: Result.SnapshotDeleted,
    errors: [
      ...image,
      "SnapshotNotFound",
      "SnapshotIsBase",
      "SnapshotIsTop",
      "SnapshotIsTemporary",
      "SnapshotInUse",
      "SnapshotHasChildren",
      "Busy",
      "ImagesDropped",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  mergeSnapshots: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.MergeSnapshots,
    result: Result.Merged,
    errors: [
      ...image,
      "SnapshotNotFound",
      "SnapshotIsBase",
      "SnapshotHasChildren",
      "SnapshotNotAncestor",
      "SnapshotInUse",
      "AlreadyExists",
      "DirectoryNotFound",
      "Busy",
      "ImagesDropped",
      "ImageShared",
      "VolumeHasChildren"
    ]
  },
  listSnapshots: {
    group: "snapshots",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: SnapshotTree,
    errors: disk
  },
  snapshotSizes: {
    group: "snapshots",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: Schema.Array(Result.SnapshotSize),
    errors: image
  },
  dropTracking: {
    group: "snapshots",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OfDisk,
    result: Schema.Void,
    errors: [...image, "ImageShared", "VolumeHasChildren"]
  },
  imageInfo: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: Result.ImageInfo,
    errors: [...image, "ImageInUse"]
  },
  fileSystemInfo: {
    group: "queries",
    kind: "change",
    isQuery: (request: Request.FileSystemInfo) => !request.mayMount,
    shape: "effect",
    request: Request.FileSystemInfo,
    result: Result.FileSystemInfo,
    errors: [
      ...image,
      "ConsentRequired",
      "NotMounted",
      "AlreadyMounted",
      "MountFailed",
      "UmountFailed",
      "FileSystemUnsupported",
      "FileSystemCorrupt",
      "Busy"
    ]
  },
  sizeLimits: {
    group: "queries",
    kind: "uninterruptible",
    isQuery: (request: Request.SizeLimits) => !request.mayMount,
    shape: "effect",
    request: Request.SizeLimits,
    result: Result.SizeLimits,
    errors: [...image, "ImageInUse", "AlreadyMounted", "MountFailed", "UmountFailed", "Busy", "FileSystemUnsupported"]
  },
  deviceOf: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.DeviceOf,
    result: Schema.Option(Result.Attachment),
    errors: image
  },
  isMounted: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: Schema.Boolean,
    errors: image
  },
  attachments: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: Schema.Array(Result.AttachedDevice),
    errors: image
  },
  listDevices: {
    group: "queries",
    kind: "query",
    shape: "effect",
    result: Schema.Array(Result.RunningDevice),
    errors: [...tool, "DeviceFailed"]
  },
  topDelta: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.OfDisk,
    result: HostPath,
    errors: disk
  },
  tool: { group: "queries", kind: "query", shape: "effect", result: Result.Tool, errors: tool },
  prerequisites: {
    group: "queries",
    kind: "query",
    shape: "effect",
    result: Schema.Array(Result.Prerequisite),
    errors: tool
  },
  deviceStatistics: {
    group: "queries",
    kind: "query",
    shape: "effect",
    request: Request.OfDevice,
    result: Result.DeviceStatistics,
    errors: device
  },
  createVolume: {
    group: "volumes",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.CreateVolume,
    result: Result.Volume,
    errors: [...newVolume, "FileSystemMakeFailed", "FileSystemCorrupt", "MountFailed", "SizeRefused"]
  },
  snapshotVolume: {
    group: "volumes",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OntoVolume,
    result: Result.Volume,
    errors: [...newVolume, "SnapshotLimitReached"]
  },
  cloneVolume: {
    group: "volumes",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OntoVolume,
    result: Result.Volume,
    errors: [...newVolume, "SnapshotLimitReached"]
  },
  switchVolume: {
    group: "volumes",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.SwitchVolume,
    result: Result.Volume,
    errors: [...volume, "VolumeHasChildren", "AlreadyExists"]
  },
  deleteVolume: {
    group: "volumes",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.OfVolume,
    result: Schema.Void,
    errors: [...volume, "VolumeHasChildren", "ImageShared", "AlreadyExists"]
  },
  volumeInfo: {
    group: "volumes",
    kind: "query",
    shape: "effect",
    request: Request.OfVolume,
    result: Result.Volume,
    errors: [...disk, "ImageNotFound"]
  },
  volumeTree: {
    group: "volumes",
    kind: "query",
    shape: "effect",
    request: Request.OfVolume,
    result: Result.VolumeTree,
    errors: disk
  },
  balloonStatus: {
    group: "balloon",
    kind: "query",
    shape: "effect",
    request: Request.Running,
    result: Result.Balloon,
    errors: running
  },
  balloonClear: {
    group: "balloon",
    kind: "change",
    shape: "effect",
    request: Request.Running,
    result: Result.Maintenance,
    errors: running
  },
  balloonChange: {
    group: "balloon",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.BalloonChange,
    result: Result.BalloonChanged,
    errors: [...running, "SizeRefused"]
  },
  balloonComplete: {
    group: "balloon",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Running,
    result: Lines,
    errors: running
  },
  balloonCheck: {
    group: "balloon",
    kind: "query",
    shape: "effect",
    request: Request.Running,
    result: Lines,
    errors: running
  },
  balloonRepair: {
    group: "balloon",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Running,
    result: Lines,
    errors: running
  },
  discard: {
    group: "balloon",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Discard,
    result: Result.Discarded,
    errors: [...running, "AlreadyMounted", "MountFailed", "UmountFailed", "FileSystemUnsupported"]
  },
  discardStatus: {
    group: "balloon",
    kind: "query",
    shape: "effect",
    request: Request.Running,
    result: Result.DiscardStatus,
    errors: running
  },
  copySend: {
    group: "copy",
    kind: "change",
    shape: "stream",
    request: Request.CopySend,
    result: Schema.Uint8ArrayFromSelf,
    errors: [...device, "NotMounted", "ImageDirty", "NoSpace", "CopyProtocolBroken", "ImageNotFound"]
  },
  copyReceive: {
    group: "copy",
    kind: "change",
    shape: "sink",
    request: Request.CopyReceive,
    result: Schema.Void,
    errors: [...tool, "AlreadyExists", "DirectoryNotFound", "NoSpace", "CopyProtocolBroken", "ImageNotFound"]
  },
  copyTo: {
    group: "copy",
    kind: "change",
    shape: "dialogue",
    request: Request.CopySend,
    result: Result.CopyRound,
    errors: [...device, "NotMounted", "ImageDirty", "NoSpace", "CopyProtocolBroken", "ImageNotFound"]
  },
  copyFrom: {
    group: "copy",
    kind: "change",
    shape: "dialogue",
    request: Request.CopyReceive,
    result: Result.CopyRound,
    errors: [
      ...tool,
      "AlreadyExists",
      "DirectoryNotFound",
      "NoSpace",
      "CopyProtocolBroken",
      "ImageNotFound",
      "DeviceFailed",
      "MountFailed",
      "UmountFailed",
      "Busy"
    ]
  },
  start: {
    group: "lowLevel",
    kind: "change",
    shape: "effect",
    request: Request.OfDevice,
    result: Schema.Void,
    errors: device
  },
  stop: {
    group: "lowLevel",
    kind: "change",
    shape: "effect",
    request: Request.OfDevice,
    result: Schema.Void,
    errors: [...device, "Busy"]
  },
  clear: {
    group: "lowLevel",
    kind: "change",
    shape: "effect",
    request: Request.OfDevice,
    result: Schema.Void,
    errors: [...device, "Busy"]
  },
  deleteDelta: {
    group: "lowLevel",
    kind: "change",
    shape: "effect",
    request: Request.DeleteDelta,
    result: Schema.Void,
    errors: [...device, "Busy"]
  },
  grow: {
    group: "lowLevel",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.Grow,
    result: Schema.Void,
    errors: [...image, "SizeRefused", "DeviceNotFound", "MountFailed", "NotMounted", "ImageShared", "VolumeHasChildren"]
  },
  mergeDelta: {
    group: "lowLevel",
    kind: "uninterruptible",
    shape: "effect",
    request: Request.MergeDelta,
    result: Schema.Void,
    errors: [
      ...tool,
      "Locked",
      "ImageNotFound",
      "ImageCorrupt",
      "ImageDirty",
      "ImageInUse",
      "ImageShared",
      "NoSpace",
      "DeviceFailed"
    ]
  },
  nextDevice: {
    group: "lowLevel",
    kind: "query",
    shape: "effect",
    result: DevicePath,
    errors: [...tool, "DeviceFailed"]
  }
})

type Table = typeof table

/**
 * The name of an operation, as in `mount`.
 *
 * @since 0.2.0
 * @category models
 */
export type Name = keyof Table

/**
 * The names of all operations, in the order of the table.
 *
 * @since 0.2.0
 * @category table
 */
export const names: ReadonlyArray<Name> = Record.keys(table)

/**
 * @since 0.2.0
 * @category schemas
 */
export const Name: Schema.Schema<Name> = Schema.Literal(...names).annotations({ identifier: "Operation" })

/**
 * The names of the low-level operations: the methods of `LowLevel`.
 *
 * @since 0.2.0
 * @category models
 */
export type LowLevelName = { [N in Name]: Table[N]["group"] extends "lowLevel" ? N : never }[Name]

/**
 * The names of the other operations: the methods of `Ploop`.
 *
 * @since 0.2.0
 * @category models
 */
export type PloopName = Exclude<Name, LowLevelName>

/**
 * @since 0.2.0
 * @category guards
 */
export const isLowLevel = (name: Name): name is LowLevelName => table[name].group === "lowLevel"

/**
 * @since 0.2.0
 * @category guards
 */
export const isPloop = (name: Name): name is PloopName => !isLowLevel(name)

/**
 * The request of an operation, as a backend receives it; `void` where the
 * operation has no options.
 *
 * @since 0.2.0
 * @category models
 */
export type RequestOf<N extends Name> = Table[N] extends { readonly request: infer S }
  ? S extends Schema.Schema.Any ? Schema.Schema.Type<S> : never
  : void

/**
 * The result of an operation; of a stream or a dialogue, each of its elements.
 *
 * @since 0.2.0
 * @category models
 */
export type ResultOf<N extends Name> = Schema.Schema.Type<Table[N]["result"]>

/**
 * The tags of the errors that an operation can have.
 *
 * @since 0.2.0
 * @category models
 */
export type ErrorTagOf<N extends Name> = Table[N]["errors"][number]

type Outcome<S extends Shape, A, E> = S extends "stream" ? Stream.Stream<A, E>
  : S extends "sink" ? Sink.Sink<A, Uint8Array, never, E>
  : Effect.Effect<A, E>

/**
 * What a backend provides for an operation: a function of its request, and of the
 * other end where it is a dialogue; or the effect itself where it has no options.
 *
 * @since 0.2.0
 * @category models
 */
export type Implementation<N extends Name, E> = N extends Name
  ? Table[N] extends { readonly request: unknown }
    ? Table[N]["shape"] extends "dialogue" ? (request: RequestOf<N>, wire: Wire) => Stream.Stream<ResultOf<N>, E>
    : (request: RequestOf<N>) => Outcome<Table[N]["shape"], ResultOf<N>, E>
  : Outcome<Table[N]["shape"], ResultOf<N>, E>
  : never

/**
 * The kind of one call: that of the operation, or `query` where the request
 * makes it one.
 *
 * @since 0.2.0
 * @category accessors
 */
export const kindOf = <N extends Name>(name: N, request: RequestOf<N>): Kind => {
  const row: Row = table[name]
  // The request is the one of this very row.
  return row.isQuery?.(request as never) === true ? "query" : row.kind
}

/** The options that name what an operation is about; the first that is given does. */
const subjects = ["disk", "image", "device", "target", "volume", "directory"] as const

/**
 * What a call is about: a path from its options, which need not be checked yet,
 * or `host`.
 *
 * @since 0.2.0
 * @category accessors
 */
export const subjectOf = (options: unknown): string => {
  for (const key of subjects) {
    if (Predicate.hasProperty(options, key) && Predicate.isString(options[key])) return options[key]
  }
  return "host"
}
