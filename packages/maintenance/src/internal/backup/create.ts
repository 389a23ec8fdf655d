import * as Disk from "@effect-ploop/core/Disk"
import type * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import { Ploop } from "@effect-ploop/core/Ploop"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BackupError from "../../BackupError.js"
import * as descriptor from "../descriptor.js"
import { andAlso } from "./causes.js"
import { copy, writeManifest } from "./files.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"
import { Manifest, ManifestFromJson, manifestName, read, SavedImage } from "./manifest.js"

interface Options {
  readonly disk: string
  readonly to: string
  readonly after?: string | undefined
  readonly keepSnapshot?: boolean | undefined
  /** The snapshot of an earlier backup, which is of no more use once this one has its own. */
  readonly drops?: SnapshotId.SnapshotId | undefined
}

const descriptorOf = (disk: string) =>
  Effect.catchTag(
    descriptor.read(disk),
    "DescriptorSyntaxError",
    ({ message }) => new BackupError.BackupInvalid({ path: disk, reason: message })
  )

/** The images that the backup needs, the lowest one first. */
const needed = (
  disk: string,
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId,
  before: Manifest | undefined
) => {
  const chain = SnapshotTree.chain(tree, id).toReversed()
  if (before === undefined) return Effect.succeed(chain)
  const known = chain.findIndex((node) => node.id === before.snapshot)
  return known < 0
    ? new BackupError.BackupInvalid({
      path: disk,
      reason: `the top delta is not built on the snapshot ${before.snapshot} of the backup before: make a full backup`
    })
    : Effect.succeed(chain.slice(known + 1))
}

/** What has to be the same in two backups of which one continues the other. */
const requireSame = (disk: string, { clusterSize }: DiskDescriptor.DiskDescriptor, before: Manifest | undefined) =>
  before === undefined || before.clusterSize === clusterSize
    ? Effect.void
    : new BackupError.BackupInvalid({
      path: disk,
      reason:
        `its clusters have ${clusterSize} bytes, and those of the backup before ${before.clusterSize}: make a full backup`
    })

/** Whether a disk has a snapshot. */
export const hasSnapshot = (disk: string, id: SnapshotId.SnapshotId) =>
  Effect.flatMap(
    Ploop,
    (ploop) => Effect.map(ploop.listSnapshots({ disk }), (tree) => Option.isSome(SnapshotTree.get(tree, id)))
  )

/** Deletes the snapshot of a backup, if it is there. */
const dropSnapshot = (disk: string, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    if (yield* hasSnapshot(disk, id)) yield* ploop.deleteSnapshot({ disk, id })
  }).pipe(Effect.mapError((error) => new BackupError.SnapshotLeft({ disk, snapshot: id, error })))

/** Whether a directory has the backup of this snapshot. What cannot be read has none. */
const isSaved = (directory: string, snapshot: SnapshotId.SnapshotId) =>
  Effect.match(read(directory), { onFailure: () => false, onSuccess: (manifest) => manifest.snapshot === snapshot })

/**
 * A snapshot for the time of an effect. It stays if the effect succeeds and `keepSnapshot`
 * is set. One that has the identifier already was left by a backup that was cut short.
 */
const withSnapshot = <A, E, R>(
  { disk, keepSnapshot, to }: Options,
  id: SnapshotId.SnapshotId,
  use: Effect.Effect<A, E, R>
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop
      if (!(yield* hasSnapshot(disk, id))) yield* restore(ploop.createSnapshot({ disk, id }))
      const drop = dropSnapshot(disk, id)
      const made = yield* Effect.catchAllCause(restore(use), (cause) =>
        // What failed after the backup was complete must not take its snapshot from it.
        Effect.flatMap(keepSnapshot === true ? isSaved(to, id) : Effect.succeed(false), (isComplete) =>
          Effect.zipRight(isComplete ? Effect.void : andAlso(cause, drop), Effect.failCause(cause))))
      if (keepSnapshot !== true) {
        yield* drop
      }
      return made
    })
  )

const saveImage = (
  making: Making,
  disk: string,
  { file, id, parent }: SnapshotTree.Node,
  index: number,
  type: DiskDescriptor.Image["type"] = "Compressed"
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const name = `image.${index}`
    const to = yield* making.file(name)
    const sha256 = yield* copy(path.resolve(Disk.directory(Disk.make(disk)), file), to)
    const { size } = yield* fs.stat(to)
    return new SavedImage({ id, type, file: name, size: BigInt(size), sha256, ...(parent !== undefined && { parent }) })
  })

/** Copies the images of a snapshot into a new directory, and writes the manifest last. */
const save = (options: Options, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const described = yield* descriptorOf(options.disk)
    yield* requireSame(options.disk, described, before)
    const types = new Map(described.images.map((image) => [image.id, image.type]))
    const nodes = yield* needed(options.disk, yield* ploop.listSnapshots({ disk: options.disk }), id, before)
    const takenAt = yield* DateTime.now
    return yield* inNewDirectory(options.to, stageOf(options.to, id), (making) =>
      Effect.gen(function*() {
        const images = yield* Effect.forEach(
          nodes,
          (node, index) => saveImage(making, options.disk, node, index, types.get(node.id))
        )
        const manifest = new Manifest({
          format: 1,
          disk: options.disk,
          snapshot: id,
          ...(before !== undefined && { after: before.snapshot }),
          takenAt,
          diskSize: described.diskSize,
          clusterSize: described.clusterSize,
          preallocated: described.preallocated,
          images: [images[0]!, ...images.slice(1)]
        })
        yield* writeManifest(making, manifestName, ManifestFromJson, manifest)
        return manifest
      }))
  })

/** Deletes the snapshot of the backup before, which a complete backup no longer needs. */
const dropEarlier = ({ disk, drops }: Options) => drops === undefined ? Effect.void : dropSnapshot(disk, drops)

/** Takes down what a backup that is complete, but was cut short then, leaves on the disk. */
export const finish = (options: Options, id: SnapshotId.SnapshotId) =>
  Effect.zipRight(options.keepSnapshot === true ? Effect.void : dropSnapshot(options.disk, id), dropEarlier(options))

/** Saves what has changed since the backup before, or all, from the snapshot with this identifier. */
export const create = (options: Options, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  Effect.tap(withSnapshot(options, id, save(options, before, id)), dropEarlier(options))
