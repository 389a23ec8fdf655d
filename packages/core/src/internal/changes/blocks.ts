import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ByteSize from "../../ByteSize.js"
import type { Disk } from "../../Disk.js"
import type { Extent } from "../../DiskChange.js"
import { examine, headerLength, lengthToExamine, readHeader } from "../../ImageExamination.js"
import type * as PloopError from "../../PloopError.js"
import type * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import * as imageFile from "./imageFile.js"

const entrySize = 4

/** How many entries of an index table are read at once. */
const batchSize = 65_536

/** An image whose index table is read from its start to its end. */
interface Index {
  readonly clusterSize: bigint
  /** The size of the disk, in bytes. */
  readonly size: bigint
  /** The next entries, as many as asked for; those behind the end of the table are 0. */
  readonly next: (count: number) => Effect.Effect<DataView, PlatformError>
}

/** Opens an image. One without a header that makes sense has no index table, and says nothing of what was written. */
const open = (
  image: string
): Effect.Effect<Index, PlatformError | PloopError.ImageCorrupt, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const corrupt = imageFile.corruptImage(image, image)
    const { file, fileSize } = yield* imageFile.open(image, corrupt)
    const start = yield* imageFile.readNext(file, headerLength)
    const end = lengthToExamine(start)
    if (end <= BigInt(headerLength) || fileSize < end) return yield* corrupt(examine(start, fileSize).join("; "))
    const { clusterSectors, sectors } = readHeader(start)
    let left = Number(end) - headerLength
    return {
      clusterSize: clusterSectors * ByteSize.sectorSize,
      size: sectors * ByteSize.sectorSize,
      next: (count) =>
        Effect.gen(function*() {
          const bytes = new Uint8Array(count * entrySize)
          const length = Math.min(left, bytes.length)
          left -= length
          bytes.set(yield* imageFile.readNext(file, length))
          return new DataView(bytes.buffer)
        })
    }
  })

/** The images that one of two points has and the other has not. */
const imagesBetween = (
  disk: Disk,
  tree: SnapshotTree.SnapshotTree,
  from: SnapshotId.SnapshotId,
  to: SnapshotId.SnapshotId
): ReadonlyArray<string> => {
  const [a, b] = [SnapshotTree.chain(tree, from), SnapshotTree.chain(tree, to)]
  return [...a.filter((node) => !b.includes(node)), ...b.filter((node) => !a.includes(node))]
    .map(({ file }) => imageFile.pathOf(disk, file))
}

const extent = (first: bigint, end: bigint, { clusterSize, size }: Pick<Index, "clusterSize" | "size">): Extent =>
  imageFile.extentOf(first, end, { unit: clusterSize, size })

/** The extents of the clusters that one of the images has. */
const extents = (images: readonly [Index, ...Array<Index>]): Stream.Stream<Extent, PlatformError> =>
  Stream.suspend(() => {
    const size = images.reduce((most, image) => image.size > most ? image.size : most, 0n)
    const disk = { clusterSize: images[0].clusterSize, size }
    const clusters = (size + disk.clusterSize - 1n) / disk.clusterSize
    let at = 0n
    let first: bigint | undefined
    const batch: Effect.Effect<ReadonlyArray<Extent>, PlatformError> = Effect.gen(function*() {
      const count = Number(clusters - at < BigInt(batchSize) ? clusters - at : BigInt(batchSize))
      const tables = yield* Effect.forEach(images, ({ next }) => next(count))
      const found: Array<Extent> = []
      for (let index = 0; index < count; index++, at++) {
        const isWritten = tables.some((table) => table.getUint32(index * entrySize, true) !== 0)
        if (isWritten) first ??= at
        else if (first !== undefined) {
          found.push(extent(first, at, disk))
          first = undefined
        }
      }
      if (at === clusters && first !== undefined) found.push(extent(first, at, disk))
      return found
    })
    return Stream.repeatEffectChunkOption(Effect.suspend(() =>
      at === clusters
        ? Effect.fail(Option.none())
        : Effect.mapBoth(batch, { onFailure: Option.some, onSuccess: Chunk.fromIterable })
    ))
  })

/** What the deltas between two points have of a disk, by their index tables. */
export const blocks = (
  disk: Disk,
  tree: SnapshotTree.SnapshotTree,
  from: SnapshotId.SnapshotId,
  to: SnapshotId.SnapshotId
): Stream.Stream<Extent, PlatformError | PloopError.ImageCorrupt, FileSystem.FileSystem> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const [first, ...others] = yield* Effect.forEach(imagesBetween(disk, tree, from, to), open)
    return first === undefined ? Stream.empty : extents([first, ...others])
  }))

/** Whether nothing was written between two points of an idle disk. What cannot be read was, for all that is known. */
export const unwritten = (
  disk: Disk,
  tree: SnapshotTree.SnapshotTree,
  from: SnapshotId.SnapshotId,
  to: SnapshotId.SnapshotId
): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Stream.runHead(blocks(disk, tree, from, to)).pipe(
    Effect.map(Option.isNone),
    Effect.orElseSucceed(() => false)
  )
