import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ByteSize from "../../ByteSize.js"
import * as ChangeTracking from "../../ChangeTracking.js"
import type { Disk } from "../../Disk.js"
import type { Extent } from "../../DiskChange.js"
import { headerLength, headerProblem, readHeader } from "../../ImageExamination.js"
import * as PloopError from "../../PloopError.js"
import type * as SnapshotId from "../../SnapshotId.js"
import * as imageFile from "./imageFile.js"

const context = (disk: Disk, text = "") => ({ operation: "listSnapshots", subject: disk, text } as const)

const readAt = (file: FileSystem.File, at: bigint, length: number): Effect.Effect<Uint8Array, PlatformError> =>
  Effect.zipRight(file.seek(at, "start"), imageFile.readNext(file, length))

/** An image with a map of changed blocks. */
interface Map extends imageFile.Opened {
  readonly tracking: ChangeTracking.Tracking
  /** The size of a cluster, and so of a part of the map, in bytes. */
  readonly clusterSize: number
}

/** What is wrong with a map that has the form of one. */
const wrongMap = ({ clusterSize, tracking: { blockSize, parts, size } }: Map, diskSize: bigint) =>
  size !== diskSize
    ? `the map of changed blocks is of a disk of ${size} bytes, and the image of one of ${diskSize}`
    : (BigInt(parts.length) - 1n) * BigInt(clusterSize) * 8n * blockSize >= size
    ? "the map of changed blocks is longer than the disk"
    : undefined

const open = (disk: Disk, image: string) =>
  Effect.gen(function*() {
    const corrupt = imageFile.corruptImage(disk, image)
    const opened = yield* imageFile.open(image, corrupt)
    const { file, fileSize } = opened
    const start = yield* imageFile.readNext(file, headerLength)
    const at = ChangeTracking.position(start)
    // The tool leaves a place behind the end when it has removed the map of an idle disk.
    if (at === undefined || at >= fileSize) return yield* new PloopError.NotTracked(context(disk))
    const problem = headerProblem(start, fileSize)
    if (problem !== undefined) return yield* corrupt(problem)
    const { clusterSectors, sectors } = readHeader(start)
    const clusterSize = Number(clusterSectors * ByteSize.sectorSize)
    const block = yield* readAt(file, at, clusterSize)
    if (block.length < clusterSize) return yield* corrupt("the extension is cut off")
    const tracking = yield* Either.mapLeft(ChangeTracking.parse(block), corrupt)
    if (tracking === undefined) return yield* new PloopError.NotTracked(context(disk))
    const map: Map = { ...opened, tracking, clusterSize }
    const wrong = wrongMap(map, sectors * ByteSize.sectorSize)
    return wrong === undefined ? map : yield* corrupt(wrong)
  })

/** A run of blocks that have changed: the first one, and the one behind the last. */
type Run = readonly [bigint, bigint]

const hasBit = (bytes: Uint8Array, bit: number): boolean => ((bytes[bit >> 3]! >> (bit & 7)) & 1) === 1

/** The runs in a part of the map. */
const runsIn = (bytes: Uint8Array, first: bigint, count: number): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  for (let bit = 0; bit < count; bit++) {
    if (!hasBit(bytes, bit)) continue
    const begin = bit
    while (bit < count && hasBit(bytes, bit)) bit++
    runs.push([first + BigInt(begin), first + BigInt(bit)])
  }
  return runs
}

const partOf = ({ clusterSize, file, fileSize, tracking }: Map, disk: Disk, image: string) => (index: number) =>
  Effect.gen(function*() {
    const perPart = BigInt(clusterSize) * 8n
    const blocks = (tracking.size + tracking.blockSize - 1n) / tracking.blockSize
    const first = BigInt(index) * perPart
    const count = blocks - first < perPart ? blocks - first : perPart
    const entry = tracking.parts[index]!
    if (entry <= 1n) return entry === 0n || count <= 0n ? [] : [[first, first + count] as Run]
    const at = entry * ByteSize.sectorSize
    const length = (count + 7n) / 8n
    if (at + length > fileSize) {
      return yield* imageFile.corruptImage(disk, image)("the map of changed blocks is cut off")
    }
    return runsIn(yield* readAt(file, at, Number(length)), first, Number(count))
  })

/** Puts runs together that are next to each other, also where a part of the map ends. */
const joined = <E>(runs: Stream.Stream<Run, E>): Stream.Stream<Run, E> =>
  Stream.concat(Stream.map(runs, Option.some), Stream.make(Option.none<Run>())).pipe(
    Stream.mapAccum(Option.none<Run>(), (held, next) => {
      if (Option.isSome(held) && Option.isSome(next) && held.value[1] === next.value[0]) {
        return [Option.some<Run>([held.value[0], next.value[1]]), Option.none<Run>()]
      }
      return [next, held]
    }),
    Stream.filterMap((run) => run)
  )

/** The blocks that the map of an image says have changed since a snapshot. */
export const tracked = (
  disk: Disk,
  image: string,
  since: SnapshotId.SnapshotId
): Stream.Stream<
  Extent,
  PlatformError | PloopError.ImageCorrupt | PloopError.NotTracked,
  FileSystem.FileSystem
> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const map = yield* open(disk, image)
    const { tracking } = map
    if (tracking.since !== since) {
      return yield* new PloopError.NotTracked(context(disk, `the changes are tracked since ${tracking.since}`))
    }
    const indices = Stream.fromIterable(tracking.parts.keys())
    const runs = Stream.mapEffect(indices, partOf(map, disk, image))
    return joined(Stream.flattenChunks(Stream.map(runs, Chunk.unsafeFromArray)))
      .pipe(
        Stream.map(([first, end]) => imageFile.extentOf(first, end, { unit: tracking.blockSize, size: tracking.size }))
      )
  }))
