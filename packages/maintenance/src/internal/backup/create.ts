import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import { Ploop } from "@effect-ploop/core/Ploop"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BackupError from "../../BackupError.js"
import * as SnapshotTime from "../../SnapshotTime.js"
import { andAlso } from "./causes.js"
import { copy } from "./files.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"

interface Options {
  readonly disk: string
  readonly to: string
  readonly after?: string | undefined
  readonly keepSnapshot?: boolean | undefined
}

/** What is known of the backup before. */
interface Before {
  readonly snapshot: SnapshotId.SnapshotId
  readonly diskSize: bigint
  readonly clusterSize: bigint
}

const descriptorOf = (disk: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* Effect.mapError(
      Effect.flatten(Effect.map(fs.readFile(disk), DiskDescriptor.parseBytes)),
      (error) =>
        error._tag === "DescriptorSyntaxError"
          ? new BackupError.BackupInvalid({ path: disk, reason: error.message })
          : error
    )
  })

/** The images that the backup needs, the lowest one first. */
const needed = (
  disk: string,
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId,
  before: Before | undefined
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
const requireSame = (disk: string, { clusterSize }: DiskDescriptor.DiskDescriptor, before: Before | undefined) =>
  before === undefined || before.clusterSize === clusterSize
    ? Effect.void
    : new BackupError.BackupInvalid({
      path: disk,
      reason:
        `its clusters have ${clusterSize} bytes, and those of the backup before ${before.clusterSize}: make a full backup`
    })

/** A snapshot for the time of an effect. It stays if the effect succeeds and `keep` is set. */
const withSnapshot = <A, E, R>(
  disk: string,
  keep: boolean,
  use: (id: SnapshotId.SnapshotId) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(
    Effect.all([Ploop, SnapshotTime.identifier]),
    ([ploop, id]) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          yield* restore(ploop.createSnapshot({ disk, id }))
          const drop = Effect.mapError(
            ploop.deleteSnapshot({ disk, id }),
            (error) => new BackupError.SnapshotLeft({ disk, snapshot: id, error })
          )
          const made = yield* Effect.catchAllCause(
            restore(use(id)),
            (cause) => Effect.zipRight(andAlso(cause, drop), Effect.failCause(cause))
          )
          if (!keep) yield* drop
          return made
        })
      )
  )

/** Copies the images of a snapshot into a new directory, and gives what a manifest says of them to `finish`. */
const save =
  <A, E, R>(options: Options, before: Before | undefined, finish: Finish<A, E, R>) => (id: SnapshotId.SnapshotId) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop
      const descriptor = yield* descriptorOf(options.disk)
      yield* requireSame(options.disk, descriptor, before)
      const types = new Map(descriptor.images.map((image) => [image.id, image.type]))
      const nodes = yield* needed(options.disk, yield* ploop.listSnapshots({ disk: options.disk }), id, before)
      const takenAt = yield* DateTime.now
      return yield* inNewDirectory(
        options.to,
        stageOf(options.to, id),
        (making) =>
          Effect.gen(function*() {
            const images = yield* Effect.forEach(nodes, (node, index) =>
              saveImage(making, options.disk, node, index, types.get(node.id)))
            return yield* finish(making, {
              disk: options.disk,
              snapshot: id,
              ...(before !== undefined && { after: before.snapshot }),
              takenAt,
              diskSize: descriptor.diskSize,
              clusterSize: descriptor.clusterSize,
              preallocated: descriptor.preallocated,
              images: [images[0]!, ...images.slice(1)]
            })
          })
      )
    })

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
    return { id, type, file: name, size: BigInt(size), sha256, ...(parent !== undefined && { parent }) }
  })

type SavedImage = Effect.Effect.Success<ReturnType<typeof saveImage>>

interface Saved {
  readonly disk: string
  readonly snapshot: SnapshotId.SnapshotId
  readonly after?: SnapshotId.SnapshotId
  readonly takenAt: DateTime.Utc
  readonly diskSize: DiskDescriptor.DiskDescriptor["diskSize"]
  readonly clusterSize: DiskDescriptor.DiskDescriptor["clusterSize"]
  readonly preallocated: boolean
  readonly images: readonly [SavedImage, ...Array<SavedImage>]
}

type Finish<A, E, R> = (making: Making, saved: Saved) => Effect.Effect<A, E, R>

/** The snapshot of the backup before is of no more use once this one has its own. */
const dropOld = (disk: string, { snapshot }: Before) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const tree = yield* ploop.listSnapshots({ disk })
    if (Option.isSome(SnapshotTree.get(tree, snapshot))) yield* ploop.deleteSnapshot({ disk, id: snapshot })
  })

export const create = <A, E, R>(
  options: Options,
  before: Before | undefined,
  finish: Finish<A, E, R>
) =>
  Effect.gen(function*() {
    const keep = options.keepSnapshot ?? false
    const made = yield* withSnapshot(options.disk, keep, save(options, before, finish))
    if (keep && before !== undefined) yield* dropOld(options.disk, before)
    return made
  })
