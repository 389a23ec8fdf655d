import * as Disk from "@effect-ploop/core/Disk"
import type * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as BackupError from "../../BackupError.js"
import * as descriptor from "../descriptor.js"
import { alone, inTurns, turn } from "../heavy.js"
import * as identity from "../identity.js"
import * as archive from "./archive.js"
import { andAlso } from "./causes.js"
import { chunkSize, copy, encodeManifest, writeManifest } from "./files.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"
import { Manifest, ManifestFromJson, manifestName, rawEnding, read, SavedImage } from "./manifest.js"
import { type Count, counting, sizeOf } from "./progress.js"

interface Source {
  readonly disk: string
  readonly after?: string | undefined
  readonly keepSnapshot?: boolean | undefined
  /** The snapshot of an earlier backup, which is of no more use once this one has its own. */
  readonly drops?: SnapshotId.SnapshotId | undefined
}

interface Options extends Source {
  readonly to: string
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
 * A snapshot for the time of an effect, which is deleted by `drop`. It stays if the effect succeeds and `keepSnapshot`
 * is set. One that has the identifier already was left by a backup that was cut short.
 */
const withSnapshot = <A, E, R, R2, E3, R3>(
  { disk, keepSnapshot }: Source,
  id: SnapshotId.SnapshotId,
  drop: Effect.Effect<void, E3, R3>,
  isComplete: Effect.Effect<boolean, never, R2>,
  use: Effect.Effect<A, E, R>
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop
      if (!(yield* hasSnapshot(disk, id))) yield* restore(ploop.createSnapshot({ disk, id }))
      const made = yield* Effect.catchAllCause(restore(use), (cause) =>
        // What failed after the backup was complete must not take its snapshot from it. Nobody waits for a turn here:
        // little was written since, and an interruption must not last as long as the work of others.
        Effect.flatMap(keepSnapshot === true ? isComplete : Effect.succeed(false), (isKept) =>
          Effect.zipRight(isKept ? Effect.void : andAlso(cause, dropSnapshot(disk, id)), Effect.failCause(cause))))
      if (keepSnapshot !== true) {
        yield* drop
      }
      return made
    })
  )

/** What a backup has to save. */
const contentOf = ({ disk }: Source, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const described = yield* descriptorOf(disk)
    yield* requireSame(disk, described, before)
    const nodes = yield* needed(disk, yield* ploop.listSnapshots({ disk }), id, before)
    return { disk, described, nodes, snapshot: id, after: before?.snapshot, takenAt: yield* DateTime.now }
  })

type Content = Effect.Effect.Success<ReturnType<typeof contentOf>>

/** Saves a file under a name, and returns its size in bytes and its digest. */
type SaveFile<E, R> = (
  from: string,
  name: string,
  count: Count
) => Effect.Effect<{ readonly size: bigint; readonly sha256: string }, E, R>

/** How files are saved, and how many times each is read for that. */
interface Saving<E, R> {
  readonly file: SaveFile<E, R>
  readonly reads: bigint
}

/** The path of the image of each node. */
const filesOf = (path: Path, disk: string, nodes: ReadonlyArray<SnapshotTree.Node>) =>
  nodes.map(({ file }) => path.resolve(Disk.directory(Disk.make(disk)), file))

/** Which files the images of the snapshots are now. One that is gone has no identity. */
const identitiesOf = ({ disk, nodes }: Content) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const path = yield* Path
    const tree = yield* ploop.listSnapshots({ disk })
    const now = nodes.flatMap(({ id }) => Option.toArray(SnapshotTree.get(tree, id)))
    const found = yield* Effect.forEach(filesOf(path, disk, now), identity.at)
    return found.map(Option.map(identity.of))
  })

/**
 * Fails when an image is no longer what it was. Nobody writes to the images of a snapshot, but a deletion of another
 * one below or above it merges into them.
 */
const requireUnchanged = (content: Content, before: Effect.Effect.Success<ReturnType<typeof identitiesOf>>) =>
  Effect.flatMap(identitiesOf(content), (after) => {
    const isSame = after.length === before.length &&
      after.every((now, index) =>
        Option.exists(now, (found) => Option.exists(before[index]!, (seen) => identity.same("file", seen, found)))
      )
    return isSame ? Effect.void : new BackupError.BackupInvalid({
      path: content.disk,
      reason: "its images have changed while they were saved, as by a deletion of another snapshot: save it again"
    })
  })

/** Saves the images, the lowest one first. */
const saveImages = <E, R>({ described, disk, nodes }: Content, { file: saveFile, reads }: Saving<E, R>) =>
  Effect.gen(function*() {
    const path = yield* Path
    const types = new Map(described.images.map((image) => [image.id, image.type]))
    const files = filesOf(path, disk, nodes)
    const total = Effect.map(sizeOf(files), (size) => size * reads)
    return yield* counting(total, (count) =>
      Effect.forEach(nodes, ({ id, parent }, index) => {
        const isRaw = parent === undefined && types.get(id) === "Plain"
        const name = `image.${index}${isRaw ? rawEnding : ""}`
        return Effect.map(
          saveFile(files[index]!, name, count),
          (saved) =>
            new SavedImage({
              id,
              type: types.get(id) ?? "Compressed",
              file: name,
              ...saved,
              ...(parent !== undefined && { parent })
            })
        )
      }))
  })

const manifestOf = <E, R>(content: Content, saving: Saving<E, R>) =>
  Effect.gen(function*() {
    const before = yield* identitiesOf(content)
    const unchanged = requireUnchanged(content, before)
    const images = yield* Effect.tapError(saveImages(content, saving), () => unchanged)
    yield* unchanged
    const { after, described, disk, snapshot, takenAt } = content
    return new Manifest({
      format: 1,
      disk,
      snapshot,
      ...(after !== undefined && { after }),
      takenAt,
      diskSize: described.diskSize,
      clusterSize: described.clusterSize,
      preallocated: described.preallocated,
      images: [images[0]!, ...images.slice(1)]
    })
  })

const copyInto = (making: Making) => ({
  reads: 2n,
  file: (from: string, name: string, count: Count) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const to = yield* making.file(name)
      const sha256 = yield* copy(from, to, count)
      return { size: BigInt((yield* fs.stat(to)).size), sha256 }
    })
})

/** Copies the images of a snapshot into a new directory, and writes the manifest last. */
const save = (options: Options, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  Effect.flatMap(
    contentOf(options, before, id),
    (content) =>
      inNewDirectory(options.to, stageOf(options.to, id), (making) =>
        Effect.tap(
          manifestOf(content, copyInto(making)),
          (manifest) => writeManifest(making, manifestName, ManifestFromJson, manifest)
        ), { disk: Disk.make(options.disk), snapshot: id })
  )

/** Deletes the snapshot of the backup before, which a complete backup no longer needs. */
const dropEarlier = ({ disk, drops }: Source) => drops === undefined ? Effect.void : dropSnapshot(disk, drops)

const addTo = (add: archive.Add) => ({
  reads: 1n,
  file: (from: string, name: string, count: Count) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { size } = yield* fs.stat(from)
      const hash = createHash("sha256")
      const see = (chunk: Uint8Array) =>
        Effect.sync(() => {
          hash.update(chunk)
          count(chunk.length)
        })
      const content = inTurns([from], turn / chunkSize, fs.stream(from, { chunkSize }))
      yield* add(name, Number(size), Stream.tap(content, see))
      return { size: BigInt(size), sha256: hash.digest("hex") }
    })
})

const packed = (source: Source, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  archive.pack((add) =>
    withSnapshot(
      source,
      id,
      alone([source.disk], dropSnapshot(source.disk, id)),
      Effect.succeed(false),
      Effect.gen(function*() {
        const manifest = yield* manifestOf(yield* contentOf(source, before, id), addTo(add))
        const text = new TextEncoder().encode(yield* encodeManifest(ManifestFromJson, manifest))
        yield* add(manifestName, text.length, Stream.make(text))
      })
    ).pipe(Progress.reported("send", source.disk))
  )

/** Deletes the snapshot that a stream has kept, unless all of the stream was read. */
const unlessRead = ({ disk }: Source, id: SnapshotId.SnapshotId, isRead: Ref.Ref<boolean>) =>
  Effect.flatMap(
    Ref.get(isRead),
    (isRead) =>
      isRead ? Effect.void : Effect.catchAll(dropSnapshot(disk, id), (error) => Effect.logWarning(error.message))
  )

/**
 * Saves into an archive, and adds the manifest last. When all was read, the snapshot of the backup before goes; until
 * then, that of this one does.
 */
export const send = (source: Source, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const isRead = yield* Ref.make(false)
    const context = yield* Effect.context<Ploop>()
    yield* Effect.addFinalizer(() => Effect.provide(unlessRead(source, id, isRead), context))
    const end = Effect.zipRight(Ref.set(isRead, true), alone([source.disk], dropEarlier(source)))
    return Stream.concat(packed(source, before, id), Stream.drain(Stream.fromEffect(end)))
  }))

/** Takes down what a backup that is complete, but was cut short then, leaves on the disk. */
export const finish = (options: Options, id: SnapshotId.SnapshotId) =>
  Effect.zipRight(options.keepSnapshot === true ? Effect.void : dropSnapshot(options.disk, id), dropEarlier(options))

/** Saves what has changed since the backup before, or all, from the snapshot with this identifier. */
export const create = (options: Options, before: Manifest | undefined, id: SnapshotId.SnapshotId) =>
  withSnapshot(options, id, dropSnapshot(options.disk, id), isSaved(options.to, id), save(options, before, id)).pipe(
    Effect.tap(dropEarlier(options)),
    Progress.reported("backup", options.disk)
  )
