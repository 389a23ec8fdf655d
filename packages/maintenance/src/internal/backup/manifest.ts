import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"
import { readManifest } from "./files.js"

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

/** The ending of the name of a raw image, which may have holes. The tool has none in images of its own format. */
export const rawEnding = ".raw"

export const ManifestFromJson = Schema.parseJson(Manifest, { space: 2 })

/** Reads the manifest of a backup. */
export const read = (directory: string) => readManifest(directory, manifestName, ManifestFromJson)
