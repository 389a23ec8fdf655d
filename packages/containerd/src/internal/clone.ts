import type { Disk } from "@effect-ploop/core/Disk"
import * as Disks from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as durable from "./durable.js"

/** What a clone begins with, and what becomes of it. */
export interface Plan {
  /** The files of its images, base first. */
  readonly files: ReadonlyArray<{ readonly file: string; readonly how: "copy" | "link" }>
  readonly descriptor: DiskDescriptor.DiskDescriptor
  /** Deltas to merge into the lowest of them, when the chain is too long. */
  readonly merge?: { readonly snapshot: SnapshotId.SnapshotId; readonly downTo: SnapshotId.SnapshotId } | undefined
}

/** The share of a full chain that a merge leaves as it is: the newest deltas, which most of its clones have too. */
const kept = 1 / 4

/**
 * Plans a clone of a disk at its top, or at a snapshot of it.
 *
 * - The base is copied, because the tool knows a running disk by its base image. It is empty, and small.
 * - The other deltas are linked: nothing writes to a delta that has another one above it.
 * - A chain has a limit. Before it is reached, the lower deltas are merged. A merge writes to every delta that another one
 *   is merged into, so these are copied.
 */
export const plan = (
  source: DiskDescriptor.DiskDescriptor,
  tree: SnapshotTree.SnapshotTree,
  at: SnapshotId.SnapshotId,
  maxChain: number
): Plan => {
  const chain = SnapshotTree.chain(tree, at).toReversed()
  const ids = chain.map(({ id }) => id === at ? SnapshotId.top : id)
  const isFull = chain.length >= maxChain
  const highest = isFull ? Math.floor(chain.length * (1 - kept)) : 1
  const types = new Map(source.images.map(({ id, type }) => [id, type]))
  return {
    files: chain.map(({ file }, level) => ({ file, how: level < highest ? "copy" : "link" })),
    descriptor: new DiskDescriptor.DiskDescriptor({
      ...source,
      images: chain.map(({ file, id }, level) => ({
        id: ids[level]!,
        type: types.get(id) ?? "Compressed",
        file: file.slice(file.lastIndexOf("/") + 1)
      })),
      snapshots: ids.map((id, level) => ({ id, parent: ids[level - 1] ?? SnapshotId.none, temporary: false }))
    }),
    ...(isFull && { merge: { snapshot: ids[highest]!, downTo: ids[1]! } })
  }
}

const read = (disk: Disk) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const descriptor = yield* DiskDescriptor.parseBytes(yield* fs.readFile(disk))
    return { descriptor, tree: yield* SnapshotTree.fromDescriptor(descriptor) }
  })

/** Fails when a file of a disk is not there. */
export const requireFiles = (disk: Disk) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { descriptor } = yield* read(disk)
    yield* Effect.forEach(descriptor.images, ({ file }) => fs.stat(path.resolve(Disks.directory(disk), file)), {
      discard: true
    })
  })

/** The source of a clone, and a directory for it that exists. */
export interface Options {
  readonly from: Disk
  readonly at?: SnapshotId.SnapshotId | undefined
  readonly directory: string
  readonly maxChain: number
}

const place = ({ from, directory }: Options, { descriptor, files }: Plan) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.forEach(files, ({ file, how }) => {
      const source = path.resolve(Disks.directory(from), file)
      const target = path.join(directory, path.basename(file))
      return how === "link"
        ? fs.link(source, target)
        : Effect.zipRight(fs.copyFile(source, target), durable.syncFile(target))
    }, { discard: true })
    yield* durable.replaceFile(Disks.inDirectory(directory), DiskDescriptor.format(descriptor))
  })

/**
 * Makes a linked clone with a top delta of its own, so that nothing that is done to
 * it writes to a file of its source. The source is only read.
 */
export const make = (options: Options) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const { descriptor, tree } = yield* read(options.from)
    const planned = plan(descriptor, tree, options.at ?? SnapshotId.top, options.maxChain)
    // A call to the host's file system continues after its fiber is interrupted.
    yield* Effect.uninterruptible(place(options, planned))
    const disk = Disks.inDirectory(options.directory)
    if (planned.merge !== undefined) yield* ploop.mergeSnapshots({ disk, ...planned.merge })
    yield* ploop.createSnapshot({ disk })
    yield* durable.syncFile(yield* ploop.topDelta({ disk }))
    yield* durable.syncFile(disk)
  })
