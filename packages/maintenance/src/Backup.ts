/**
 * Consistent copies of a disk, running or not, whole or what has changed since the
 * last one.
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
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as Disk from "@effect-ploop/core/Disk"
import type * as OperationError from "@effect-ploop/core/OperationError"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as BackupError from "./BackupError.js"
import * as creating from "./internal/backup/create.js"
import * as files from "./internal/backup/files.js"
import * as restoring from "./internal/backup/restore.js"
import type * as MaintenanceError from "./MaintenanceError.js"

/**
 * An image in a backup.
 *
 * - `id`: the snapshot whose data it has;
 * - `parent`: the snapshot that it is built on; absent for a base;
 * - `type`: whether it has a header (`Compressed`) or belongs to a raw disk (`Plain`);
 * - `file`: its name in the directory of the backup;
 * - `size`: its size, in bytes;
 * - `sha256`: its digest, in hexadecimal.
 *
 * @since 0.2.0
 * @category models
 */
export class SavedImage extends Schema.Class<SavedImage>("@effect-ploop/maintenance/Backup/SavedImage")({
  id: SnapshotId.SnapshotId,
  parent: Schema.optional(SnapshotId.SnapshotId),
  type: Schema.Literal("Compressed", "Plain"),
  file: Schema.String.pipe(
    Schema.filter((name) => (name !== "" && !/[/\0]|^\.\.?$/.test(name)) || "must be the name of a file in the backup")
  ),
  size: Schema.BigInt,
  sha256: Schema.String.pipe(Schema.pattern(/^[\da-f]{64}$/))
}) {}

/**
 * What a backup is of, and what it has.
 *
 * - `format`: the version of the manifest;
 * - `disk`: the disk, by its path when it was saved;
 * - `snapshot`: the snapshot that it was taken from;
 * - `after`: the snapshot of the backup that it continues; absent for a full one;
 * - `takenAt`: when it was taken;
 * - `diskSize`, `clusterSize`: in bytes;
 * - `preallocated`: whether the images take their full size;
 * - `images`: the images, each after the one that it is built on.
 *
 * @since 0.2.0
 * @category models
 */
export class Manifest extends Schema.Class<Manifest>("@effect-ploop/maintenance/Backup/Manifest")({
  format: Schema.Literal(1),
  disk: Schema.String,
  snapshot: SnapshotId.SnapshotId,
  after: Schema.optional(SnapshotId.SnapshotId),
  takenAt: Schema.DateTimeUtc,
  diskSize: ByteSize.ByteSizeFromString,
  clusterSize: ByteSize.ByteSizeFromString,
  preallocated: Schema.Boolean,
  images: Schema.NonEmptyArray(SavedImage)
}) {}

/**
 * The name of the manifest in the directory of a backup. It is written last: a
 * directory without it is not a backup.
 *
 * @since 0.2.0
 * @category constants
 */
export const manifestName = "backup.json"

const ManifestFromJson = Schema.parseJson(Manifest, { space: 2 })

/**
 * @since 0.2.0
 * @category models
 */
export interface CreateOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. It may be running. */
  readonly disk: string
  /** The directory that receives the backup. It must not exist. */
  readonly to: string
  /** The directory of the backup before, to save only what has changed since. Default: none, and everything is saved. */
  readonly after?: string | undefined
  /**
   * Whether the snapshot stays on the disk, for a next backup that continues this one. The snapshot of
   * the backup before, which it replaces, is deleted then. Default: `false`.
   */
  readonly keepSnapshot?: boolean | undefined
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

/** Reads the manifest of a backup. */
const read = (directory: string) => files.readManifest(directory, manifestName, ManifestFromJson)

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
    return yield* creating.create(options, before, (making, saved) => {
      const [base, ...above] = saved.images
      const images = [new SavedImage(base), ...above.map((image) => new SavedImage(image))] as const
      const manifest = new Manifest({ format: 1, ...saved, images })
      return Effect.as(files.writeManifest(making, manifestName, ManifestFromJson, manifest), manifest)
    })
  }).pipe(Effect.withSpan("Backup.create", { attributes: { disk: options.disk, to: options.to } }))

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
  Effect.tap(
    Effect.zip(Path, read(directory)),
    ([path, manifest]) =>
      Effect.forEach(manifest.images, (image) => files.compare(path.join(directory, image.file), image.sha256), {
        discard: true
      })
  ).pipe(
    Effect.map(([, manifest]) => manifest),
    Effect.withSpan("Backup.verify", { attributes: { directory } })
  )

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
    const parts = yield* Effect.forEach(
      options.from,
      (directory) => Effect.map(read(directory), (manifest) => ({ directory, manifest }))
    )
    return yield* restoring.restore(parts, options.to)
  }).pipe(Effect.withSpan("Backup.restore", { attributes: { to: options.to } }))
