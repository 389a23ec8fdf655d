/**
 * Files of other formats. A host in memory has trees of files in the place of file systems, so an exported file has a
 * marker for the tree at its beginning, and another one in each cluster that is stored. A qcow2 file has a
 * header, and what a raw one would have behind that.
 */
import * as ExchangeFormat from "@effect-ploop/core/ExchangeFormat"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as content from "./content.js"
import type { Image } from "./state.js"

const { headerLength } = ImageExamination

/** Where the data of a qcow2 file begins. */
const qcow2Start = 65_536

const encoder = new TextEncoder()

/** What a cluster has in it of which only is known that it is stored. */
const stored = encoder.encode("effect-ploop data\n")

/** An image of a chain, and its bytes. */
export interface Level {
  readonly path: string
  readonly image: Image
  readonly bytes: content.Bytes
}

/** Why a chain cannot be read. */
export interface Problem {
  readonly path: string
  readonly text: string
}

const put = (bytes: content.Bytes, position: number, data: Uint8Array): content.Bytes =>
  Option.getOrThrow(content.write(bytes, position, data, undefined)).bytes

/** Fails where the header of an image makes no sense. */
const requireHeader = ({ bytes, image, path }: Level): Either.Either<void, Problem> => {
  const start = content.read(bytes, 0, headerLength)
  const text = image.raw ? undefined : ImageExamination.headerProblem(start, BigInt(bytes.size))
  return text === undefined ? Either.void : Either.left({ path, text })
}

/** The cluster size in the header of an image, in bytes; undefined for a raw one. */
const clusterSizeOf = ({ bytes, image }: Level): number | undefined =>
  image.raw
    ? undefined
    : Number(ImageExamination.readHeader(content.read(bytes, 0, headerLength)).clusterSectors) * 512

/** Where each cluster that an image has is in its file. */
const places = ({ bytes, image, path }: Level, clusterSize: number): Either.Either<Map<number, number>, Problem> =>
  Either.gen(function*() {
    const found = new Map<number, number>()
    if (image.raw) {
      for (let at = 0; at < bytes.size; at += clusterSize) found.set(at / clusterSize, at)
      return found
    }
    const header = ImageExamination.readHeader(content.read(bytes, 0, headerLength))
    const count = Math.ceil(Number(header.sectors) / Number(header.clusterSectors))
    const table = content.read(bytes, headerLength, 4 * count)
    if (table.length < 4 * count) return yield* Either.left({ path, text: "the file ends in its index table" })
    const entries = new DataView(table.buffer, table.byteOffset, table.byteLength)
    for (let index = 0; index < count; index++) {
      const place = yield* Either.mapLeft(
        ImageExamination.placeOf(header, index, entries.getUint32(4 * index, true), BigInt(bytes.size)),
        (text): Problem => ({ path, text })
      )
      if (place !== undefined) found.set(index, place)
    }
    return found
  })

const isStored = ({ image }: Level, cluster: number): boolean => HashSet.has(image.delta.clusters, cluster)

/** What a chain of images holds, the base first, as a raw file of a size. */
export const compose = (
  levels: ReadonlyArray<Level>,
  size: number
): Either.Either<content.Bytes, Problem> =>
  Either.gen(function*() {
    for (const level of levels) yield* requireHeader(level)
    const clusterSize = levels.map(clusterSizeOf).find((found) => found !== undefined) ?? levels[0]!.image.clusterSize
    const other = levels.find((level) => (clusterSizeOf(level) ?? clusterSize) !== clusterSize)
    if (other !== undefined) return yield* Either.left({ path: other.path, text: "its clusters are of another size" })
    const done = new Set<number>()
    let result: content.Bytes = content.truncate(content.empty, size, undefined).bytes
    for (const level of [...levels].reverse()) {
      for (const [cluster, place] of yield* places(level, clusterSize)) {
        const at = cluster * clusterSize
        if (at >= size || done.size === done.add(cluster).size) continue
        const before = result
        result = content.copyPart(level.bytes, place, Math.min(clusterSize, size - at), result, at)
        if (result === before && isStored(level, cluster)) result = put(result, at, stored)
      }
    }
    return content.truncate(result, size, undefined).bytes
  })

/** A raw file as a qcow2 file. Zeros at its end are left out. */
export const toQcow2 = (raw: content.Bytes): content.Bytes => {
  const headed = put(content.empty, 0, ExchangeFormat.qcow2Header(BigInt(raw.size)))
  const sized = content.truncate(headed, qcow2Start, undefined).bytes
  return content.copyPart(raw, 0, raw.size, sized, qcow2Start)
}

/** A qcow2 file as a raw file of a size. */
export const fromQcow2 = (qcow2: content.Bytes, size: number): content.Bytes =>
  content.copyPart(
    qcow2,
    qcow2Start,
    size,
    content.truncate(content.empty, size, undefined).bytes,
    0
  )

/** The expanded image of what a raw file holds. */
export const pack = (
  raw: content.Bytes,
  header: Pick<ImageExamination.NewHeader, "clusterSize" | "size" | "version">
): content.Bytes => {
  const { clusterSize, size, version } = header
  const clusters = Math.ceil(size / clusterSize)
  const first = ImageExamination.tableClusters(clusters, clusterSize)
  const filled = content.filled(raw, clusterSize)
  const table = new Uint8Array(4 * clusters)
  const entries = new DataView(table.buffer)
  let result: content.Bytes = content.truncate(content.empty, (first + filled.length) * clusterSize, undefined).bytes
  filled.forEach((cluster, index) => {
    const place = first + index
    entries.setUint32(4 * cluster, version === 1 ? place * clusterSize / 512 : place, true)
    result = content.copyPart(raw, cluster * clusterSize, clusterSize, result, place * clusterSize)
  })
  const flags = filled.length === 0 ? 1 : 0
  return put(put(result, headerLength, table), 0, ImageExamination.formatHeader({ ...header, flags, isInUse: false }))
}
