/**
 * The service: the operations of `ploop`, on any backend.
 *
 * Options are checked before a backend receives them: a broken rule is an
 * `InvalidArgument` that names the option, the value and the rule.
 *
 * @example
 * import { Disk, Ploop } from "@effect-ploop/core"
 * import { Console, Effect } from "effect"
 *
 * // Needs a backend: provide its layer where the program is run.
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const { disk } = yield* ploop.create({ image: "/vz/101/root.hdd", size: "10G" })
 *   const clean = yield* ploop.createSnapshot({ disk })
 *
 *   yield* Effect.scoped(Effect.gen(function*() {
 *     const { target } = yield* Ploop.mountScoped({ disk, target: "/mnt/101" })
 *     yield* Console.log(`use ${target}, which is unmounted at the end of the scope`)
 *   }))
 *
 *   yield* ploop.switchSnapshot({ disk, id: clean })
 * })
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { Disk } from "./Disk.js"
import type { Duplex } from "./Duplex.js"
import type { HostPath } from "./HostPath.js"
import * as metrics from "./internal/metrics.js"
import * as noop from "./internal/noop.js"
import * as internal from "./internal/operation.js"
import * as internalResource from "./internal/resource.js"
import * as Operation from "./Operation.js"
import type * as OperationError from "./OperationError.js"
import type * as PloopError from "./PloopError.js"
import type * as Request from "./Request.js"
import type * as Result from "./Result.js"
import type { SnapshotId } from "./SnapshotId.js"
import type * as SnapshotTree from "./SnapshotTree.js"

/**
 * The operations. Each call has a span, `Ploop.<operation>`, and is counted in
 * the metrics {@link operations} and {@link durations}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ploop {
  /**
   * Creates an image file, its descriptor and, by default, a file system in it. A
   * file that exists already is never touched. A failure leaves no file behind.
   */
  readonly create: (
    options: Request.CreateOptions
  ) => Effect.Effect<Result.Created, OperationError.CreateError>

  /**
   * Writes a descriptor for a base image that has lost its own. Chains of
   * snapshots cannot be restored.
   */
  readonly restoreDescriptor: (
    options: Request.RestoreDescriptorOptions
  ) => Effect.Effect<Disk, OperationError.RestoreDescriptorError>

  /**
   * Removes a disk: its images, what the tool keeps beside them, and at last its
   * descriptor, so that a second call finishes what a killed one has begun. The
   * directory stays, and nothing outside of it is touched: an image that is elsewhere
   * stays where it is.
   *
   * Refused, before anything is removed, while a device of the disk is running, when
   * the in-use flag of an image is set, when an image has other names (hard links), as
   * those of linked clones, and when other files are in the directory, unless the caller
   * consents by `keepOthers`. The images that a clone shares with the disk that it was
   * made from are not refused: the other disk keeps them.
   *
   * @since 0.2.0
   */
  readonly remove: (
    options: Request.RemoveOptions
  ) => Effect.Effect<Result.Removed, OperationError.RemoveError>

  /**
   * Makes a clone of a snapshot: a disk of its own in another directory, which starts
   * from the state of the snapshot. The disk that is cloned may be running: nothing
   * writes to the images of its snapshots.
   *
   * A linked clone shares the images of the snapshot by hard links, and has an empty top
   * delta; no data is copied. A full one has copies of them, and shares nothing.
   *
   * As long as a file is shared, whatever would write to it is refused on each of the
   * disks, with `ImageShared`: merges into it, its deletion, conversions, repairs, and
   * mounts that would write to it. The link count of the file is the mark, so the
   * rule survives restarts, and ends when the clone is removed.
   *
   * Generation 7 identifies the device of a disk by the file of its base image. Mount
   * clones with a component name there, each with its own: while a disk of the family
   * runs without one, or with the same, the others are refused what needs a device.
   *
   * @since 0.2.0
   */
  readonly clone: (
    options: Request.CloneOptions
  ) => Effect.Effect<Result.Cloned, OperationError.CloneError>

  /**
   * Writes a disk, or the state of a snapshot, into a raw or a qcow2 file. Nothing is
   * mounted or attached, so no kernel driver is needed. The disk may be running if a
   * snapshot is exported: nothing writes to its images.
   *
   * The file gets its name when it is complete, and never replaces another one. What was never
   * written, and what is zero, is a hole in it. For qcow2 the host needs `qemu-img`, and
   * room for a raw file beside the result.
   *
   * Encrypted disks are refused: the file would have the encrypted bytes.
   *
   * @since 0.2.0
   */
  readonly exportImage: (
    options: Request.ExportImageOptions
  ) => Effect.Effect<Result.Exported, OperationError.ExportImageError>

  /**
   * Makes a new disk of a raw or a qcow2 file: an expanded image, which has a cluster
   * for each part of the file that is not zero, and its descriptor. The file system in it
   * stays as it is, with or without a partition table. Nothing is mounted or attached.
   *
   * A qcow2 file with a backing file, with an external data file, or with encryption is
   * refused: the maker of the file could have any file of the host read.
   *
   * @since 0.2.0
   */
  readonly importImage: (
    options: Request.ImportImageOptions
  ) => Effect.Effect<Result.Imported, OperationError.ImportImageError>

  /**
   * Changes the format of the base image, or the format version of every image.
   * Refused while a device of the disk is running.
   */
  readonly convert: (
    options: Request.ConvertOptions
  ) => Effect.Effect<void, OperationError.ConvertError>

  /**
   * Encrypts a disk of generations 7 and 9, gives it another key, or removes its encryption. The tool makes a new image,
   * copies the files of the file system into it, and puts it in the place of the old one; another key alone changes the
   * header of the encryption.
   *
   * A key is named by an identifier, which the crypt helper of the host resolves: no key material passes through this
   * service. A disk that is already in the requested state is left unchanged. Snapshots are refused: the tool would lose them, or leave
   * them with the old key.
   *
   * @since 0.2.0
   */
  readonly encrypt: (options: Request.EncryptOptions) => Effect.Effect<void, OperationError.EncryptError>

  /**
   * Checks the images for damage and repairs what it may. A broken image is a
   * result, not an error. An image whose in-use flag is set and may not be
   * cleared is `ImageDirty`.
   */
  readonly check: (
    options: Request.CheckOptions
  ) => Effect.Effect<Result.Checked, OperationError.CheckError>

  /**
   * Replaces the file of an image by another one with the same content.
   */
  readonly replace: (
    options: Request.ReplaceOptions
  ) => Effect.Effect<void, OperationError.ReplaceError>

  /**
   * Attaches a disk or one of its snapshots to a device and, given a target,
   * mounts its file system. When the mount fails, a device that was attached for
   * it is detached again.
   */
  readonly mount: (
    options: Request.MountOptions
  ) => Effect.Effect<Result.Mounted, OperationError.MountError>

  /**
   * Unmounts the file system and stops the device.
   */
  readonly umount: (
    options: Request.UmountOptions
  ) => Effect.Effect<void, OperationError.UmountError>

  /**
   * Changes the size of a disk and of its file system. Shrinking keeps the size of
   * the disk: `fileSystemInfo` has the outcome.
   */
  readonly resize: (
    options: Request.ResizeOptions
  ) => Effect.Effect<void, OperationError.ResizeError>

  /**
   * Takes a snapshot, of a mounted disk too, and returns its identifier. Later
   * writes go to a new top delta.
   */
  readonly createSnapshot: (
    options: Request.CreateSnapshotOptions
  ) => Effect.Effect<SnapshotId, OperationError.CreateSnapshotError>

  /**
   * Takes a snapshot that is merged automatically once no device uses it, and
   * attaches a read-only device at it. {@link withTemporarySnapshot} also releases both.
   */
  readonly createTemporarySnapshot: (
    options: Request.CreateTemporarySnapshotOptions
  ) => Effect.Effect<Result.TemporarySnapshot, OperationError.CreateTemporarySnapshotError>

  /**
   * Goes back to a snapshot and discards what was written since the last one. The
   * disk must not be mounted.
   */
  readonly switchSnapshot: (
    options: Request.OfSnapshotOptions
  ) => Effect.Effect<void, OperationError.SwitchSnapshotError>

  /**
   * Goes back to a snapshot and keeps what was written since the last one as a
   * snapshot of its own, whose identifier it returns. When the switch fails, that
   * snapshot is deleted again.
   */
  readonly snapshotAndSwitch: (
    options: Request.SnapshotAndSwitchOptions
  ) => Effect.Effect<SnapshotId, OperationError.SnapshotAndSwitchError>

  /**
   * Goes back to a snapshot and deletes it: what was written since is discarded,
   * and no further switch to the snapshot is possible. Refused when the snapshot
   * has children other than the top delta. When a device shows the snapshot, the
   * switch succeeds but the snapshot stays: repeat the call once the device is gone.
   */
  readonly switchAndDelete: (
    options: Request.OfSnapshotOptions
  ) => Effect.Effect<void, OperationError.SwitchAndDeleteError>

  /**
   * Deletes a snapshot and returns which of three outcomes that had. Deleting
   * {@link SnapshotId.top} of an idle disk discards what was written since the
   * last snapshot, which becomes the top delta. It cannot be deleted once more
   * while other snapshots are built on it.
   */
  readonly deleteSnapshot: (
    options: Request.OfSnapshotOptions
  ) => Effect.Effect<Result.SnapshotDeleted, OperationError.DeleteSnapshotError>

  /**
   * Merges a snapshot into its parent, a range of them, or all.
   */
  readonly mergeSnapshots: (
    options: Request.MergeSnapshotsOptions
  ) => Effect.Effect<Result.Merged, OperationError.MergeSnapshotsError>

  /**
   * Creates a volume: a directory that holds a disk, and that snapshots and clones of it know by its path. Generations 7
   * and 9 have volumes; 1.15 fails with `Unsupported`, as for every operation on them.
   *
   * The directory is made for it, so that nothing in it can be another's. A volume without a parent is a disk
   * like any other; the operations on disks refuse the rest with `Unsupported`.
   *
   * @since 0.2.0
   */
  readonly createVolume: (
    options: Request.CreateVolumeOptions
  ) => Effect.Effect<Result.Volume, OperationError.CreateVolumeError>

  /**
   * Makes a read-only volume of the present state of another, which must not be running and is its child from then on.
   * The images stay where they are.
   *
   * @since 0.2.0
   */
  readonly snapshotVolume: (
    options: Request.OntoVolumeOptions
  ) => Effect.Effect<Result.Volume, OperationError.SnapshotVolumeError>

  /**
   * Makes a child of a volume, which begins with its present state. A volume that is written to gets a snapshot of its
   * own for that, and must not be running. A snapshot that has a parent is refused: the tool
   * would clone that one in its place.
   *
   * @since 0.2.0
   */
  readonly cloneVolume: (
    options: Request.OntoVolumeOptions
  ) => Effect.Effect<Result.Volume, OperationError.CloneVolumeError>

  /**
   * Gives a volume the state of a snapshot, which is its parent from then on. What was written to it is lost.
   *
   * @since 0.2.0
   */
  readonly switchVolume: (
    options: Request.SwitchVolumeOptions
  ) => Effect.Effect<Result.Volume, OperationError.SwitchVolumeError>

  /**
   * Removes a volume with its directory. A snapshot with one child is merged into that one. The tool removes
   * all that is in the directory, with exit code 0 also where other volumes need it; here, that is refused.
   *
   * @since 0.2.0
   */
  readonly deleteVolume: (
    options: Request.OfVolumeOptions
  ) => Effect.Effect<void, OperationError.DeleteVolumeError>

  /**
   * Describes a volume: its parent, and its children.
   *
   * @since 0.2.0
   */
  readonly volumeInfo: (
    options: Request.OfVolumeOptions
  ) => Effect.Effect<Result.Volume, OperationError.VolumeInfoError>

  /**
   * Returns a volume with its descendants.
   *
   * @since 0.2.0
   */
  readonly volumeTree: (
    options: Request.OfVolumeOptions
  ) => Effect.Effect<Result.VolumeTree, OperationError.VolumeTreeError>

  /**
   * The snapshots of a disk, from its descriptor. It takes no lock and needs no
   * device.
   */
  readonly listSnapshots: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<SnapshotTree.SnapshotTree, OperationError.ListSnapshotsError>

  /**
   * How much space on the host each snapshot and the top delta of a disk take, and how
   * much a deletion would move, in the order of the descriptor. It fails with `ImageNotFound`
   * when an image is missing.
   *
   * @since 0.2.0
   */
  readonly snapshotSizes: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<ReadonlyArray<Result.SnapshotSize>, OperationError.SnapshotSizesError>

  /**
   * Ends the tracking of changed blocks that `createSnapshot` with `track` began, in generations 7 and 9: what the top
   * delta says of them is removed, and the points before can no longer be a `from` of `DiskChanges.tracked` for it. A
   * disk that tracks nothing is left unchanged, and so are the maps that snapshots keep.
   *
   * The disk may be running; then the program `ploop-cbt` beside the tool is needed.
   *
   * @since 0.2.0
   */
  readonly dropTracking: (options: Request.OfDiskOptions) => Effect.Effect<void, OperationError.DropTrackingError>

  /**
   * The size and the format of a disk.
   */
  readonly imageInfo: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<Result.ImageInfo, OperationError.ImageInfoError>

  /**
   * The size, the usage and the block size of the file system in a disk. When that
   * requires a temporary mount, the caller has to consent by `mayMount`.
   */
  readonly fileSystemInfo: (
    options: Request.FileSystemInfoOptions
  ) => Effect.Effect<Result.FileSystemInfo, OperationError.FileSystemInfoError>

  /**
   * The sizes to which `resize` and `grow` can bring a disk, from the rules by which they refuse others. To
   * know the least size of a disk that is not running, it has to be attached: the caller has to consent by
   * `mayMount`. A resize to that size succeeds, and one to a cluster less fails. A host in memory computes it as
   * `resize2fs` does, to within 8 MiB and 1 % of what the files take.
   *
   * @since 0.2.0
   */
  readonly sizeLimits: (
    options: Request.SizeLimitsOptions
  ) => Effect.Effect<Result.SizeLimits, OperationError.SizeLimitsError>

  /**
   * The device that runs a disk, if one does. That of a linked clone, which has the same
   * base image by another name, is not reported for it.
   */
  readonly deviceOf: (
    options: Request.DeviceOfOptions
  ) => Effect.Effect<Option.Option<Result.Attachment>, OperationError.DeviceOfError>

  /**
   * Whether the unnamed device of the disk is running.
   */
  readonly isMounted: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<boolean, OperationError.IsMountedError>

  /**
   * Every device of a disk, that of each component included, with the snapshot that it
   * shows, its mount points, and its images that were removed. A device belongs to the disk when
   * its base image is one that the descriptor names; those of linked clones do not.
   *
   * @since 0.2.0
   */
  readonly attachments: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<ReadonlyArray<Result.AttachedDevice>, OperationError.AttachmentsError>

  /**
   * Every ploop device that runs on the host.
   */
  readonly listDevices: Effect.Effect<ReadonlyArray<Result.RunningDevice>, OperationError.ListDevicesError>

  /**
   * The absolute path of the image file that receives writes.
   */
  readonly topDelta: (
    options: Request.OfDiskOptions
  ) => Effect.Effect<HostPath, OperationError.TopDeltaError>

  /**
   * The tool behind this backend, and its generation.
   */
  readonly tool: Effect.Effect<Result.Tool, OperationError.ToolError>

  /**
   * What ploop needs of the kernel and the host, and which of it is missing.
   */
  readonly prerequisites: Effect.Effect<ReadonlyArray<Result.Prerequisite>, OperationError.PrerequisitesError>

  /**
   * The size of the balloon, and the state of its maintenance.
   */
  readonly balloonStatus: (
    options: Request.RunningOptions
  ) => Effect.Effect<Result.Balloon, OperationError.BalloonStatusError>

  /**
   * Clears a stale state of maintenance, and returns the present one.
   */
  readonly balloonClear: (
    options: Request.RunningOptions
  ) => Effect.Effect<Result.Maintenance, OperationError.BalloonClearError>

  /**
   * Inflates or deflates the balloon.
   */
  readonly balloonChange: (
    options: Request.BalloonChangeOptions
  ) => Effect.Effect<Result.BalloonChanged, OperationError.BalloonChangeError>

  /**
   * Finishes an interrupted maintenance; returns the lines of the tool's output.
   */
  readonly balloonComplete: (
    options: Request.RunningOptions
  ) => Effect.Effect<ReadonlyArray<string>, OperationError.BalloonCompleteError>

  /**
   * Searches for blocks that the balloon holds and the image still stores; returns
   * the lines of the tool's output.
   */
  readonly balloonCheck: (
    options: Request.RunningOptions
  ) => Effect.Effect<ReadonlyArray<string>, OperationError.BalloonCheckError>

  /**
   * Gives blocks that {@link balloonCheck} finds back to the host; returns the
   * lines of the tool's output.
   */
  readonly balloonRepair: (
    options: Request.RunningOptions
  ) => Effect.Effect<ReadonlyArray<string>, OperationError.BalloonRepairError>

  /**
   * Gives space that the file system does not use back to the host.
   */
  readonly discard: (
    options: Request.DiscardOptions
  ) => Effect.Effect<Result.Discarded, OperationError.DiscardError>

  /**
   * What a discard could gain.
   */
  readonly discardStatus: (
    options: Request.RunningOptions
  ) => Effect.Effect<Result.DiscardStatus, OperationError.DiscardStatusError>

  /**
   * The counters of a running device.
   */
  readonly deviceStatistics: (
    options: Request.OfDeviceOptions
  ) => Effect.Effect<Result.DeviceStatistics, OperationError.DeviceStatisticsError>

  /**
   * Sends the top delta of a mounted device as a stream of bytes, for
   * {@link Ploop.copyReceive} of the same generation at the other end. An
   * interruption ends the copy; the device keeps running.
   */
  readonly copySend: (
    options: Request.CopySendOptions
  ) => Stream.Stream<Uint8Array, OperationError.CopySendError>

  /**
   * Receives the stream of {@link Ploop.copySend} and writes an image file. When the
   * copy fails, the file is removed.
   */
  readonly copyReceive: (
    options: Request.CopyReceiveOptions
  ) => Sink.Sink<void, Uint8Array, never, OperationError.CopyReceiveError>

  /**
   * Sends the top delta of a running device to {@link Ploop.copyFrom} of the same generation
   * at the other end of a connection, and goes on until the other end has all of it. The disk stays in
   * use: what is written to it meanwhile follows in further rounds, and before the last one
   * the device waits for a moment. Each round is an element of the stream when it is over.
   *
   * It works on all generations: generation 1.15 sends only, 7 and 9 wait for replies.
   * When the connection fails, the stream fails with its error. The tool cannot continue a copy that was
   * broken off: start it again.
   *
   * @since 0.2.0
   */
  readonly copyTo: <E, R>(
    options: Request.CopySendOptions,
    peer: Duplex<E, R>
  ) => Stream.Stream<Result.CopyRound, E | OperationError.CopyToError, R>

  /**
   * Receives what {@link Ploop.copyTo} sends, and writes an image file. The file gets its name when it is complete; until
   * then, and when the copy fails or is interrupted, there is none. Each round is an element of the
   * stream when it is over.
   *
   * The tool cannot continue a copy that was broken off: nothing is kept for another one.
   *
   * @since 0.2.0
   */
  readonly copyFrom: <E, R>(
    options: Request.CopyReceiveOptions,
    peer: Duplex<E, R>
  ) => Stream.Stream<Result.CopyRound, E | OperationError.CopyFromError, R>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const Ploop: Context.Tag<Ploop, Ploop> = Context.GenericTag<Ploop>("@effect-ploop/core/Ploop")

/**
 * What a backend provides: the same operations over requests that have been
 * checked and are complete. An error that an operation is not declared to have
 * becomes `Unclassified`.
 *
 * @since 0.1.0
 * @category models
 */
export type Backend = {
  readonly [Name in Operation.PloopName]: Operation.Implementation<Name, PloopError.PloopError>
}

/**
 * Makes the service from a backend: adds the checks of the options, the defaults,
 * the spans and the metrics.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (backend: Backend): Ploop =>
  internal.service<Ploop>(Operation.names.filter(Operation.isPloop), backend)

/**
 * {@link make} for a backend that leaves operations out: each of them fails with
 * `Unsupported`, which names it.
 *
 * @since 0.2.0
 * @category constructors
 */
export const makePartial = (backend: Partial<Backend>): Ploop => {
  const names = Operation.names.filter(Operation.isPloop)
  return internal.service<Ploop>(names, noop.partial(names, backend))
}

/**
 * A service with the given operations only, for tests. Each of the others fails
 * with `Unsupported`, which names it.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const ploop = Ploop.makeNoop({ isMounted: () => Effect.succeed(true) })
 *
 * @since 0.2.0
 * @category constructors
 */
export const makeNoop = (ploop: Partial<Ploop>): Ploop => noop.make(Operation.names.filter(Operation.isPloop), ploop)

/**
 * {@link makeNoop} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerNoop = (ploop: Partial<Ploop>): Layer.Layer<Ploop> => Layer.succeed(Ploop, makeNoop(ploop))

/**
 * Counts operations, by the tags `operation` and `outcome` (`success`, the tag
 * of the error, `defect` or `interrupted`).
 *
 * @since 0.1.0
 * @category metrics
 */
export const operations = metrics.operations

/**
 * How long operations take, in seconds, by the tag `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const durations = metrics.durations

/**
 * How an unmount at the end of a scope is repeated while something below the
 * mount point is still in use.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReleaseOptions {
  /** When to try again; ten times, at growing intervals of 0.1 to 5 seconds, unless given. */
  readonly whileBusy?: Schedule.Schedule<unknown, PloopError.PloopError> | undefined
}

/**
 * The default schedule by which a busy unmount is repeated: ten times, at growing
 * intervals of 0.1 to 5 seconds.
 *
 * @since 0.1.0
 * @category constants
 */
export const whileBusy: Schedule.Schedule<unknown, unknown> = Schedule.exponential("100 millis").pipe(
  Schedule.modifyDelay((_, delay) => Duration.min(delay, Duration.seconds(5))),
  Schedule.intersect(Schedule.recurs(10))
)

/**
 * What the release at the end of a `Scope` does. A finalizer cannot fail, so a
 * failure that remains does not reach the caller of the scope.
 *
 * @since 0.2.0
 * @category models
 */
export interface ScopedReleaseOptions<Failure> extends ReleaseOptions {
  /**
   * What to do when the release fails: a device, and perhaps a snapshot, is left
   * behind. It logs at the level `Error` unless given. To end the scope with a defect,
   * give `Effect.die`.
   */
  readonly onReleaseFailure?: ((error: Failure) => Effect.Effect<void>) | undefined
}

/**
 * Mounts for the time of a scope. The unmount at its end happens after success,
 * failure and interruption, and is repeated while the mount is busy. If it keeps
 * failing, a device is left behind. `onReleaseFailure` receives the failure;
 * {@link withMount} has it in its error type instead.
 *
 * While the mount waits for a lock, it can be interrupted, if the backend marks its
 * waits by `Waiting`. Once it has begun, it runs to its end.
 *
 * @since 0.1.0
 * @category resources
 */
export const mountScoped = (
  options: Request.MountOptions,
  release?: ScopedReleaseOptions<OperationError.UmountError>
): Effect.Effect<Result.Mounted, OperationError.MountError, Ploop | Scope.Scope> =>
  Effect.flatMap(Ploop, (ploop) =>
    internalResource.scoped(
      internalResource.mounted(ploop, options, release?.whileBusy ?? whileBusy),
      release?.onReleaseFailure
    ))

/**
 * Mounts, runs an effect and unmounts, after success, failure and interruption.
 * The unmount is repeated while the mount is busy. If it keeps failing, its error
 * is the error of the whole: a device is left behind. When the effect fails too,
 * the cause has both failures, that of the effect first.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const motd = Ploop.withMount(
 *   { disk: "/vz/101/DiskDescriptor.xml", target: "/mnt/101", readOnly: true },
 *   () => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString("/mnt/101/etc/motd"))
 * )
 *
 * @since 0.1.0
 * @category resources
 */
export const withMount = <A, E, R>(
  options: Request.MountOptions,
  use: (mounted: Result.Mounted) => Effect.Effect<A, E, R>,
  release?: ReleaseOptions
): Effect.Effect<A, E | OperationError.MountError | OperationError.UmountError, R | Ploop> =>
  Effect.flatMap(
    Ploop,
    (ploop) => internalResource.using(internalResource.mounted(ploop, options, release?.whileBusy ?? whileBusy), use)
  )

/**
 * Takes a temporary snapshot for the time of a scope. At its end, after success,
 * failure and interruption, the device is unmounted and the snapshot merged. If that
 * keeps failing, `onReleaseFailure` receives the failure; {@link withTemporarySnapshot}
 * has it in its error type instead.
 *
 * @since 0.1.0
 * @category resources
 */
export const temporarySnapshotScoped = (
  options: Request.CreateTemporarySnapshotOptions,
  release?: ScopedReleaseOptions<OperationError.UmountError | OperationError.DeleteSnapshotError>
): Effect.Effect<Result.TemporarySnapshot, OperationError.CreateTemporarySnapshotError, Ploop | Scope.Scope> =>
  Effect.flatMap(Ploop, (ploop) =>
    internalResource.scoped(
      internalResource.temporarySnapshot(ploop, options, release?.whileBusy ?? whileBusy),
      release?.onReleaseFailure
    ))

/**
 * Takes a temporary snapshot, runs an effect, unmounts and merges: a backup, in
 * one call. A failure of the release is an error of the whole, as in {@link withMount}.
 *
 * @since 0.1.0
 * @category resources
 */
export const withTemporarySnapshot = <A, E, R>(
  options: Request.CreateTemporarySnapshotOptions,
  use: (snapshot: Result.TemporarySnapshot) => Effect.Effect<A, E, R>,
  release?: ReleaseOptions
): Effect.Effect<
  A,
  | E
  | OperationError.CreateTemporarySnapshotError
  | OperationError.UmountError
  | OperationError.DeleteSnapshotError,
  R | Ploop
> =>
  Effect.flatMap(
    Ploop,
    (ploop) =>
      internalResource.using(internalResource.temporarySnapshot(ploop, options, release?.whileBusy ?? whileBusy), use)
  )
