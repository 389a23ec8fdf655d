/**
 * Which files and which blocks differ between two points of a disk, each a
 * snapshot or the top delta. It is made of the operations of `Ploop` and of the host's `FileSystem`, so
 * every backend has it.
 *
 * @example
 * import { DiskChanges } from "@effect-ploop/core"
 * import { Console, Stream } from "effect"
 *
 * // What was written since the snapshot, of a running disk too.
 * const program = DiskChanges.between({
 *   disk: "/vz/101/DiskDescriptor.xml",
 *   from: "1f0c6b4e-9a52-4d0e-8f6e-2d8f0b0a4c11"
 * }).pipe(Stream.runForEach((change) => Console.log(change._tag, change.path)))
 *
 * @since 0.2.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Disk } from "./Disk.js"
import type { Change, Extent } from "./DiskChange.js"
import { FileSystemType } from "./FileSystemType.js"
import { HostPath } from "./HostPath.js"
import * as internal from "./internal/changes/between.js"
import { decode } from "./internal/decode.js"
import type * as OperationError from "./OperationError.js"
import type * as Ploop from "./Ploop.js"
import type * as PloopError from "./PloopError.js"
import * as SnapshotId from "./SnapshotId.js"

const toTop = Schema.optionalWith(SnapshotId.SnapshotId, { default: () => SnapshotId.top })

const Between = Schema.Struct({
  disk: Disk,
  from: SnapshotId.SnapshotId,
  to: toTop,
  directory: Schema.optional(HostPath),
  fileSystem: Schema.optionalWith(FileSystemType, { default: () => "ext4" }),
  trustTimes: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  maximumRenames: Schema.optionalWith(
    Schema.Int.pipe(
      Schema.filter((limit) => limit >= 0 && limit <= 1_000_000 || "must be a whole number from 0 to 1000000")
    ),
    { default: () => 10_000 }
  )
})

/**
 * What {@link between} compares, and how.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options extends Schema.Schema.Encoded<typeof Between> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The earlier point: a snapshot by its identifier, or {@link SnapshotId.top}. It need not be an ancestor of `to`. */
  readonly from: string
  /** The later point. Default: the top delta. */
  readonly to?: string | undefined
  /**
   * A directory of the host in which a temporary one with the two mount points is made. Default: that of the system
   * for temporary files.
   */
  readonly directory?: string | undefined
  /**
   * The file system in the disk. Default: `ext4`. The kernel may refuse the read-only mount of an XFS, which the tool
   * makes in two steps: then the stream fails with `MountFailed`.
   */
  readonly fileSystem?: FileSystemType | undefined
  /**
   * Whether a regular file of the same inode number, size and time of modification counts as unchanged. That saves
   * most reading, but misses a file whose time was set back. Default: `false`, which compares the bytes of all
   * regular files of the same size.
   */
  readonly trustTimes?: boolean | undefined
  /**
   * How many files without a counterpart are kept in memory, to find the new paths of renamed ones: 0 to 1000000. Where
   * a disk has more of them, the earliest are reported as `Removed` and `Added`. Default: 10000.
   */
  readonly maximumRenames?: number | undefined
}

/**
 * How the mounts of {@link between} are released.
 *
 * @since 0.2.0
 * @category models
 */
export type ReleaseOptions = Ploop.ScopedReleaseOptions<
  OperationError.UmountError | OperationError.DeleteSnapshotError | PlatformError
>

/**
 * What {@link between} fails with. `ImageInUse` says that a device wrote to the top delta while it was read.
 *
 * @since 0.2.0
 * @category errors
 */
export type BetweenError =
  | OperationError.ListSnapshotsError
  | OperationError.AttachmentsError
  | OperationError.MountError
  | OperationError.CreateTemporarySnapshotError
  | OperationError.UmountError
  | OperationError.DeleteSnapshotError
  | PloopError.ImageInUse
  | PlatformError

const decodeOptions = decode("mount", Between)

/**
 * The files that differ between two points of a disk: added, removed, changed in content or metadata, renamed.
 *
 * Both points are mounted read-only for the time of the stream, each with a component name of its own. The top delta
 * of a running disk is compared by a temporary snapshot, which is merged at the end. Nothing is mounted when the points
 * are the same, or when the disk is idle and the deltas between them have no cluster: then nothing was written.
 *
 * The changes come in no particular order, but a directory comes before what is in it. Memory holds the names in the
 * directories on the way to the present one, and the files that may have been renamed: see `maximumRenames`.
 *
 * The balloon of the tool in the root directory is left out. Extended attributes, the number of names of a file (hard
 * links), and names that are not UTF-8 are beyond the `FileSystem` service: the first two are not compared, and such a
 * name fails the stream. So does an image whose file system has to replay its journal, since the mount is read-only.
 *
 * The unmounts are made at the end of the stream, after a failure, when its consumer takes no more elements, and after
 * an interruption. At the end of the stream, a failing unmount is a failure of the stream. In the other cases
 * `onReleaseFailure` receives it, which logs it unless given, because a stream ends with one failure. `whileBusy`
 * repeats an unmount that is busy.
 *
 * @since 0.2.0
 * @category constructors
 */
export const between = (
  options: Options,
  release?: ReleaseOptions
): Stream.Stream<Change, BetweenError, Ploop.Ploop | FileSystem> =>
  Stream.unwrapScoped(
    Effect.flatMap(
      decodeOptions(options),
      // What the schema has decoded has its type.
      (request) => internal.between(request as typeof Between.Type, release)
    )
  ).pipe(Stream.withSpan("DiskChanges.between", { attributes: { disk: options.disk } }))

const Blocks = Schema.Struct({ disk: Disk, from: SnapshotId.SnapshotId, to: toTop })

/**
 * The points between which {@link blocks} reads the deltas.
 *
 * @since 0.2.0
 * @category models
 */
export interface BlocksOptions extends Schema.Schema.Encoded<typeof Blocks> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The earlier point: a snapshot by its identifier, or {@link SnapshotId.top}. It need not be an ancestor of `to`. */
  readonly from: string
  /** The later point. Default: the top delta. */
  readonly to?: string | undefined
}

/**
 * What {@link blocks} fails with. `ImageInUse` says that a device writes to the top delta, which is one of the points;
 * `ImageCorrupt` that an image has no index table.
 *
 * @since 0.2.0
 * @category errors
 */
export type BlocksError =
  | OperationError.ListSnapshotsError
  | OperationError.AttachmentsError
  | PloopError.SnapshotNotFound
  | PloopError.ImageInUse
  | PloopError.ImageCorrupt
  | PlatformError

const decodeBlocks = decode("listSnapshots", Blocks)

/** Checks the points, and reads the extents between them in a span of this name. */
const extents = <E, E2, R, R2>(
  name: string,
  options: Schema.Schema.Encoded<typeof Blocks>,
  read: (request: typeof Blocks.Type) => Effect.Effect<Stream.Stream<Extent, E, R>, E2, R2>
) =>
  // What the schema has decoded has its type.
  Stream.unwrap(Effect.flatMap(decodeBlocks(options), (request) => read(request as typeof Blocks.Type))).pipe(
    Stream.withSpan(name, { attributes: { disk: options.disk } })
  )

/**
 * The parts of a disk that were written to between two points, in the order of the disk, as the index tables of the
 * deltas between them say. No part is missing, but one may have the same bytes at both points: the unit is the
 * cluster, and what was written back counts. A copy of one point that receives these parts of the other becomes that
 * one.
 *
 * It needs no device, and the disk may be running while both points are snapshots. The top delta of a running disk is
 * refused with `ImageInUse`: take a snapshot, and use that. Memory holds 256 KiB for each delta.
 *
 * @since 0.2.0
 * @category constructors
 */
export const blocks = (
  options: BlocksOptions
): Stream.Stream<Extent, BlocksError, Ploop.Ploop | FileSystem> =>
  extents("DiskChanges.blocks", options, internal.changedBlocks)

/**
 * The points between which {@link tracked} reports changes.
 *
 * @since 0.2.0
 * @category models
 */
export interface TrackedOptions extends Schema.Schema.Encoded<typeof Blocks> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot that was taken with `track: true`. It may have been deleted since. */
  readonly from: string
  /** The later point: a snapshot by its identifier, or the top delta. Default: the top delta. */
  readonly to?: string | undefined
}

/**
 * What {@link tracked} fails with. `NotTracked` says that the image of the later point has no changes since the earlier
 * one: another snapshot began to track in between, or the tracking ended, as it does with a crash of the host, with a merge into
 * the image, and on a kernel that tracks nothing. `ImageInUse` says that a device runs the top delta, which is the later
 * point; `ImageCorrupt` that the map of changed blocks is damaged.
 *
 * @since 0.2.0
 * @category errors
 */
export type TrackedError =
  | OperationError.ListSnapshotsError
  | OperationError.AttachmentsError
  | PloopError.SnapshotNotFound
  | PloopError.NotTracked
  | PloopError.ImageInUse
  | PloopError.ImageCorrupt
  | PlatformError

/**
 * The parts of a disk that were written to since a snapshot that was taken with `track: true` (generations 7 and 9), in the
 * order of the disk, as the kernel noted them. No part is missing; the unit is 64 KiB. Unlike {@link blocks}, it needs no
 * delta of the time in between: the snapshot may have been deleted.
 *
 * While a device runs the top delta, the kernel has its changes: take another snapshot with `track: true`, and read up to that
 * one. Memory holds one cluster of the map.
 *
 * @example
 * import { DiskChanges, Ploop } from "@effect-ploop/core"
 * import { Effect, Stream } from "effect"
 *
 * // What a backup has to read again, of a running disk too.
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const disk = "/vz/101/DiskDescriptor.xml"
 *   const first = yield* ploop.createSnapshot({ disk, track: true })
 *   // Later: the next point.
 *   const next = yield* ploop.createSnapshot({ disk, track: true })
 *   return yield* Stream.runCollect(DiskChanges.tracked({ disk, from: first, to: next }))
 * })
 *
 * @since 0.2.0
 * @category constructors
 */
export const tracked = (
  options: TrackedOptions
): Stream.Stream<Extent, TrackedError, Ploop.Ploop | FileSystem> =>
  extents("DiskChanges.tracked", options, internal.trackedBlocks)
