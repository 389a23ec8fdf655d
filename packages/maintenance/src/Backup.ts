/**
 * Consistent copies of a disk, running or not, whole or what has changed since the
 * last one. `Progress.onProgress` of core reports how far each is, by what it has read.
 *
 * A backup is taken from a snapshot, whose images nobody writes to. It is a directory
 * with the images, and a manifest that has their digests. An incremental backup has
 * the images above the snapshot of the one before.
 *
 * @example
 * import { Backup } from "@effect-ploop/maintenance"
 * import { Effect } from "effect"
 *
 * const disk = "/vz/101/DiskDescriptor.xml"
 *
 * const program = Effect.gen(function*() {
 *   yield* Backup.create({ disk, to: "/backup/monday", keepSnapshot: true })
 *   yield* Backup.create({ disk, to: "/backup/tuesday", after: "/backup/monday", keepSnapshot: true })
 *   return yield* Backup.restore({ from: ["/backup/monday", "/backup/tuesday"], to: "/vz/restored" })
 * })
 *
 * @since 0.2.0
 */
import type * as Disk from "@effect-ploop/core/Disk"
import type * as OperationError from "@effect-ploop/core/OperationError"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as BackupError from "./BackupError.js"
import * as creating from "./internal/backup/create.js"
import * as files from "./internal/backup/files.js"
import { type Manifest, read } from "./internal/backup/manifest.js"
import * as planning from "./internal/backup/plan.js"
import { counting, sizeOf } from "./internal/backup/progress.js"
import * as receiving from "./internal/backup/receive.js"
import * as restoring from "./internal/backup/restore.js"
import { alone } from "./internal/heavy.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import type * as Plan from "./Plan.js"
import * as SnapshotTime from "./SnapshotTime.js"

export { Manifest, manifestName, SavedImage } from "./internal/backup/manifest.js"

/**
 * What to save.
 *
 * @since 0.2.0
 * @category models
 */
export interface SendOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. It may be running. */
  readonly disk: string
  /** The directory of the backup before, to save only what has changed since. Default: none, and everything is saved. */
  readonly after?: string | undefined
  /**
   * Whether the snapshot stays on the disk, for a next backup that continues this one. The snapshot of
   * the backup before, which it replaces, is deleted then. Default: `false`.
   */
  readonly keepSnapshot?: boolean | undefined
}

/**
 * What to save, and where.
 *
 * @since 0.2.0
 * @category models
 */
export interface CreateOptions extends SendOptions {
  /** The directory that receives the backup. It must not exist. */
  readonly to: string
}

/**
 * What {@link create} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type CreateError =
  | BackupError.BackupInvalid
  | BackupError.BackupDamaged
  | OperationError.ListSnapshotsError
  | BackupError.SnapshotLeft
  | BackupError.FilesLeft
  | OperationError.CreateSnapshotError
  | OperationError.DeleteSnapshotError
  | PlatformError

/**
 * Takes a snapshot, copies its images, and compares each copy with its original. The
 * directory is there at the end of it, with everything in it. After a failure or an
 * interruption, neither the directory nor the snapshot is left: what was made here is
 * removed, and nothing else. What could not be removed is in the cause as a
 * `SnapshotLeft` or `FilesLeft`, after the first failure.
 *
 * A backup that continues another one needs the snapshot of that one on the disk.
 *
 * @since 0.2.0
 * @category execution
 */
export const create = (options: CreateOptions): Effect.Effect<Manifest, CreateError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const before = options.after === undefined ? undefined : yield* read(options.after)
    const id = yield* SnapshotTime.identifier
    const drops = options.keepSnapshot === true ? before?.snapshot : undefined
    return yield* alone([options.disk, options.to], creating.create({ ...options, drops }, before, id))
  }).pipe(Effect.withSpan("Backup.create", { attributes: { disk: options.disk, to: options.to } }))

/**
 * The backup as a stream: an archive in the format of `tar`, which {@link receive}
 * makes a directory of. It takes the snapshot when somebody reads, reads no faster
 * than that, and takes no room on the host. The manifest comes last, so that a stream
 * that was cut off is not taken for a backup. Without `keepSnapshot`, the snapshot is
 * deleted at the end; when the stream fails or its reader stops before all was read, it is deleted in any case.
 *
 * It reads piece by piece, each while nothing else loads the file system of the disk (`HostLock`). Between two pieces
 * it keeps the file system from nobody, because the other end of the stream may have to wait for it.
 *
 * @example
 * import { Backup } from "@effect-ploop/maintenance"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 *
 * export const toFile = Effect.gen(function*() {
 *   const fs = yield* FileSystem.FileSystem
 *   yield* Stream.run(Backup.send({ disk: "/vz/101/DiskDescriptor.xml" }), fs.sink("/backup/101.tar", { flag: "wx" }))
 * })
 *
 * @since 0.2.0
 * @category streams
 */
export const send = (
  options: SendOptions
): Stream.Stream<Uint8Array, CreateError, Ploop | FileSystem | Path> =>
  Stream.unwrap(Effect.gen(function*() {
    const before = options.after === undefined ? undefined : yield* read(options.after)
    const id = yield* SnapshotTime.identifier
    const drops = options.keepSnapshot === true ? before?.snapshot : undefined
    return creating.send({ ...options, drops }, before, id)
  })).pipe(Stream.withSpan("Backup.send", { attributes: { disk: options.disk } }))

/**
 * Which stream to receive, and where.
 *
 * @since 0.2.0
 * @category models
 */
export interface ReceiveOptions<E, R> {
  /** The stream of {@link send}. */
  readonly from: Stream.Stream<Uint8Array, E, R>
  /** The directory that receives the backup. It must not exist. */
  readonly to: string
}

/**
 * What {@link receive} fails with, beside the errors of the stream.
 *
 * @since 0.2.0
 * @category models
 */
export type ReceiveError =
  | BackupError.BackupInvalid
  | BackupError.BackupDamaged
  | BackupError.FilesLeft
  | PlatformError

/**
 * Makes a directory of the backup that a stream has, as {@link create} does, and
 * compares each image with its digest. The directory is there at the end of it; after
 * a failure, what was made here is removed, and nothing else. It writes piece by piece,
 * each while nothing else loads the file system.
 *
 * @since 0.2.0
 * @category execution
 */
export const receive = <E, R>(
  options: ReceiveOptions<E, R>
): Effect.Effect<Manifest, E | ReceiveError, R | FileSystem | Path> =>
  Effect.flatMap(SnapshotTime.identifier, (id) => receiving.receive(options.from, options.to, id)).pipe(
    Effect.withSpan("Backup.receive", { attributes: { to: options.to } })
  )

/**
 * What {@link plan} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanError =
  | MaintenanceError.PolicyInvalid
  | BackupError.BackupInvalid
  | OperationError.ListSnapshotsError
  | PlatformError

/**
 * The backup as a plan. An application that was cut short is finished by another one
 * of the same plan, which uses the same snapshot.
 *
 * @since 0.2.0
 * @category constructors
 */
export const plan = (options: CreateOptions): Effect.Effect<Plan.Plan, PlanError, Ploop | FileSystem | Path> =>
  planning.save(options).pipe(Effect.withSpan("Backup.plan", { attributes: { disk: options.disk, to: options.to } }))

/**
 * The manifest of a backup, after every image has been read and compared with its
 * digest.
 *
 * @since 0.2.0
 * @category queries
 */
export const verify = (
  directory: string
): Effect.Effect<Manifest, BackupError.BackupInvalid | BackupError.BackupDamaged | PlatformError, FileSystem | Path> =>
  Effect.gen(function*() {
    const path = yield* Path
    const manifest = yield* read(directory)
    const images = manifest.images.map(({ file, sha256 }) => ({ file: path.join(directory, file), sha256 }))
    const compared = counting(
      sizeOf(images.map(({ file }) => file)),
      (count) => Effect.forEach(images, ({ file, sha256 }) => files.compare(file, sha256, count), { discard: true })
    )
    yield* alone([directory], compared)
    return manifest
  }).pipe(Progress.reported("verify", directory), Effect.withSpan("Backup.verify", { attributes: { directory } }))

/**
 * @since 0.2.0
 * @category models
 */
export interface RestoreOptions {
  /** The directories of a full backup and of those that continue it, in their order. */
  readonly from: ReadonlyArray<string>
  /** The directory that receives the disk. It must not exist. */
  readonly to: string
}

/**
 * What {@link restore} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type RestoreError =
  | MaintenanceError.PolicyInvalid
  | BackupError.BackupInvalid
  | BackupError.BackupDamaged
  | BackupError.FilesLeft
  | OperationError.CheckError
  | PlatformError

/**
 * Makes a disk of a full backup and those that continue it, with the content of the
 * last one. Each image is compared with its digest. The directory is there at the end of it.
 * After a failure, what was made here is removed, and nothing else.
 *
 * @since 0.2.0
 * @category execution
 */
export const restore = (options: RestoreOptions): Effect.Effect<Disk.Disk, RestoreError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    yield* planning.requireSome(options.from)
    const id = yield* SnapshotTime.identifier
    return yield* alone([options.to], restoring.restore(options.from, options.to, id))
  }).pipe(Effect.withSpan("Backup.restore", { attributes: { to: options.to } }))

/**
 * The restoration as a plan. An application that was cut short is finished by another
 * one of the same plan.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planRestore = (
  options: RestoreOptions
): Effect.Effect<
  Plan.Plan,
  MaintenanceError.PolicyInvalid | BackupError.BackupInvalid | PlatformError,
  FileSystem | Path
> => planning.restore(options).pipe(Effect.withSpan("Backup.planRestore", { attributes: { to: options.to } }))
