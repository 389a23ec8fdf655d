/** Raw files made of the images of a disk, and an image made of a raw file, without the tool. */
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Either from "effect/Either"
import type { Composition, HostFiles, OnDone, Packing } from "./hostFiles.js"
import {
  attemptWork,
  failure,
  type FileHandle,
  isZero,
  piece,
  readAll,
  withNew,
  withRegular,
  writeAll,
  writeSparsely
} from "./nodeFiles.js"

const { headerLength } = ImageExamination

const sector = 512

/** How many entries of an index table are read, or written, at a time. */
const window = 65_536

/** An image of a chain that is open. */
interface Level {
  readonly path: string
  readonly file: FileHandle
  readonly length: number
  /** Undefined for a raw image. */
  readonly header: ImageExamination.Header | undefined
}

const corrupt = (path: string, what: string) => failure("compose", path, "InvalidData", what)

const opened = async (path: string, isRaw: boolean, file: FileHandle): Promise<Level> => {
  const length = Number((await file.stat()).size)
  if (isRaw) return { path, file, length, header: undefined }
  const start = Buffer.alloc(headerLength)
  const found = await readAll(file, start, 0)
  const wrong = ImageExamination.headerProblem(start.subarray(0, found), BigInt(length))
  if (wrong !== undefined) throw corrupt(path, wrong)
  return { path, file, length, header: ImageExamination.readHeader(start) }
}

/** Opens all images of a chain for the time of their use. */
const withLevels = (
  layers: Composition["layers"],
  use: (levels: ReadonlyArray<Level>) => Promise<void>,
  levels: ReadonlyArray<Level> = []
): Promise<void> => {
  const [layer, ...rest] = layers
  return layer === undefined
    ? use(levels)
    : withRegular(
      layer.path,
      async (file) => withLevels(rest, use, [...levels, await opened(layer.path, layer.isRaw, file)])
    )
}

/** A part of an index table; what is behind its end is not allocated. */
type Entries = (index: number) => number

const entriesOf = async ({ file, header, path }: Level, first: number, count: number): Promise<Entries> => {
  if (header === undefined) return () => 0
  const known = Number((header.sectors + header.clusterSectors - 1n) / header.clusterSectors)
  const bytes = Buffer.alloc(4 * Math.max(0, Math.min(count, known - first)))
  if (await readAll(file, bytes, headerLength + 4 * first) < bytes.length) {
    throw corrupt(path, "the file ends in its index table")
  }
  return (index) => index < bytes.length / 4 ? bytes.readUInt32LE(4 * index) : 0
}

/** Where a cluster of the disk is in the file of an image, in bytes; undefined where it does not have it. */
const placeOf = (level: Level, index: number, entry: number, clusterSize: number): number | undefined => {
  const { header, length, path } = level
  if (header === undefined) return index * clusterSize < length ? index * clusterSize : undefined
  return Either.getOrThrowWith(
    ImageExamination.placeOf(header, index, entry, BigInt(length)),
    (wrong) => corrupt(path, wrong)
  )
}

/** The bytes that make a cluster of the disk, of the topmost image that has it. */
const sourceOf = (
  levels: ReadonlyArray<Level>,
  entries: ReadonlyArray<Entries>,
  clusterSize: number,
  first: number,
  offset: number
): { readonly file: FileHandle; readonly place: number } | undefined => {
  for (let at = levels.length - 1; at >= 0; at--) {
    const level = levels[at]!
    const place = placeOf(level, first + offset, entries[at]!(offset), clusterSize)
    if (place !== undefined) return { file: level.file, place }
  }
  return undefined
}

const copyBytes = async (
  from: { readonly file: FileHandle; readonly place: number },
  target: FileHandle,
  position: number,
  length: number
): Promise<void> => {
  const buffer = Buffer.alloc(Math.min(piece, length))
  for (let done = 0; done < length; done += piece) {
    const wanted = buffer.subarray(0, Math.min(piece, length - done))
    const found = await readAll(from.file, wanted, from.place + done)
    await writeSparsely(target, wanted.subarray(0, found), position + done)
  }
}

const clusterSizeOf = (levels: ReadonlyArray<Level>): number => {
  const [first, ...others] = levels.filter(({ header }) => header !== undefined)
  if (first === undefined) return piece
  const other = others.find(({ header }) => header?.clusterSectors !== first.header?.clusterSectors)
  if (other !== undefined) throw corrupt(other.path, `its clusters are of another size than those of ${first.path}`)
  return Number(first.header?.clusterSectors) * sector
}

export const compose: HostFiles["compose"] = ({ layers, size }, to, onDone = () => undefined) =>
  attemptWork("compose", to, (signal) =>
    withLevels(layers, (levels) =>
      withNew(to, async (target) => {
        const clusterSize = clusterSizeOf(levels)
        const total = Number(size)
        const clusters = Math.ceil(total / clusterSize)
        for (let first = 0; first < clusters; first += window) {
          const count = Math.min(window, clusters - first)
          const entries = await Promise.all(levels.map((level) => entriesOf(level, first, count)))
          for (let offset = 0; offset < count; offset++) {
            signal.throwIfAborted()
            const position = (first + offset) * clusterSize
            const from = sourceOf(levels, entries, clusterSize, first, offset)
            const length = Math.min(clusterSize, total - position)
            if (from !== undefined) await copyBytes(from, target, position, length)
            onDone(position + length)
          }
        }
        await target.truncate(total)
      })))

/** Reads a cluster of the disk into a buffer, which has zeros behind the end of the file; whether it is not all zeros. */
const readCluster = async (source: FileHandle, buffer: Buffer, position: number): Promise<boolean> => {
  const found = await readAll(source, buffer, position)
  buffer.fill(0, found)
  for (let at = 0; at < found; at += piece) {
    if (!isZero(buffer.subarray(at, Math.min(at + piece, found)))) return true
  }
  return false
}

/** Copies the clusters that are not zeros one behind the other, and writes the index table; how many there are. */
const packClusters = async (
  source: FileHandle,
  target: FileHandle,
  { clusterSize, size, version }: Packing,
  onDone: OnDone,
  signal: AbortSignal
): Promise<number> => {
  const clusters = Math.ceil(size / clusterSize)
  const first = ImageExamination.tableClusters(clusters, clusterSize)
  const unit = version === 1 ? clusterSize / sector : 1
  const buffer = Buffer.alloc(clusterSize)
  let stored = 0
  for (let begin = 0; begin < clusters; begin += window) {
    const table = Buffer.alloc(4 * Math.min(window, clusters - begin))
    for (let offset = 0; offset < table.length / 4; offset++) {
      signal.throwIfAborted()
      const position = (begin + offset) * clusterSize
      if (await readCluster(source, buffer, position)) {
        await writeAll(target, buffer, (first + stored) * clusterSize)
        table.writeUInt32LE((first + stored) * unit, 4 * offset)
        stored++
      }
      onDone(Math.min(position + clusterSize, size))
    }
    await writeAll(target, table, headerLength + 4 * begin)
  }
  // The tool takes a hole for damage, so what is left of the table is written too.
  const end = headerLength + 4 * clusters
  await writeAll(target, Buffer.alloc(first * clusterSize - end), end)
  return stored
}

export const pack: HostFiles["pack"] = (from, to, packing, onDone = () => undefined) =>
  attemptWork("pack", to, (signal) =>
    withRegular(from, (source) =>
      withNew(to, async (target) => {
        const stored = await packClusters(source, target, packing, onDone, signal)
        const header = ImageExamination.formatHeader({ ...packing, flags: stored === 0 ? 1 : 0, isInUse: false })
        await writeAll(target, Buffer.from(header), 0)
      })))
