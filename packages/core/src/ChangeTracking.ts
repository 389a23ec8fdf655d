/**
 * The map of changed blocks that generations 7 and 9 keep at the end of an image
 * file: which blocks of the disk were written to since a point. The kernel has it
 * while a device runs, and the file has it otherwise. `DiskChanges.tracked` reads it.
 *
 * @example
 * import { ChangeTracking } from "@effect-ploop/core"
 *
 * // Whether an image file has such a map, by its first bytes.
 * const isTracked = (start: Uint8Array) => ChangeTracking.position(start) !== undefined
 *
 * @since 0.2.0
 */
import { md5 } from "@noble/hashes/legacy.js"
import * as Either from "effect/Either"
import * as ByteSize from "./ByteSize.js"
import { headerLength, inUsePosition, readHeader } from "./ImageExamination.js"
import { closedWithExtension, extensionPosition, extensionSector } from "./internal/marks.js"
import * as SnapshotId from "./SnapshotId.js"

/**
 * What the extension of an image says.
 *
 * @since 0.2.0
 * @category models
 */
export interface Tracking {
  /** The snapshot since which changes are tracked. It may have been deleted. */
  readonly since: SnapshotId.SnapshotId
  /** The size of the disk, in bytes. */
  readonly size: bigint
  /** The size of a block, in bytes. */
  readonly blockSize: bigint
  /**
   * For each part of the map that is as long as a cluster: 0 when no block of it has changed, 1 when every one has, and
   * otherwise where the part is in the file, in sectors. What is missing at the end is 0.
   */
  readonly parts: ReadonlyArray<bigint>
}

const checkMagic = 0xab_23_4c_ef_23_dc_ea_87n
const bitmapMagic = 0x20_38_5f_ae_25_2c_b3_4an

const checkLength = 24
const elementLength = 24
const bitmapLength = 32

/**
 * Where the extension of an image begins, in bytes; undefined when the image has none that counts.
 *
 * - `start`: the first 64 bytes of the file, or more
 *
 * @since 0.2.0
 * @category queries
 */
export const position = (start: Uint8Array): bigint | undefined => {
  if (start.byteLength < headerLength || readHeader(start).version === undefined) return undefined
  const sector = extensionSector(start)
  return sector === 0n ? undefined : sector * ByteSize.sectorSize
}

/**
 * The first bytes of an image with a mark that its extension counts.
 *
 * - `start`: the first 64 bytes of the file, or more
 * - `at`: where the extension begins, in bytes
 *
 * @since 0.2.0
 * @category formatting
 */
export const withPosition = (start: Uint8Array, at: bigint): Uint8Array => {
  const bytes = Uint8Array.from(start)
  const view = new DataView(bytes.buffer)
  view.setUint32(inUsePosition, closedWithExtension, true)
  view.setBigUint64(extensionPosition, at / ByteSize.sectorSize, true)
  return bytes
}

const uuidAt = (bytes: Uint8Array, at: number): SnapshotId.SnapshotId => {
  const hex = Array.from(bytes.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, "0")).join("")
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
  return SnapshotId.SnapshotIdFromSelf.make(`{${uuid}}`)
}

const bytesOf = (id: SnapshotId.SnapshotId): ReadonlyArray<number> =>
  (id.match(/[\da-f]{2}/g) ?? []).map((digits) => Number.parseInt(digits, 16))

const readMap = (bytes: Uint8Array): Either.Either<Tracking, string> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < bitmapLength) return Either.left("the map of changed blocks is cut off")
  const count = view.getUint32(28, true)
  const blockSize = BigInt(view.getUint32(24, true)) * ByteSize.sectorSize
  if (bytes.length < bitmapLength + 8 * count) return Either.left("the map of changed blocks is cut off")
  if (blockSize === 0n) return Either.left("the blocks of the map of changed blocks have no size")
  return Either.right({
    since: uuidAt(bytes, 8),
    size: view.getBigUint64(0, true) * ByteSize.sectorSize,
    blockSize,
    parts: Array.from({ length: count }, (_, index) => view.getBigUint64(bitmapLength + 8 * index, true))
  })
}

/** The data of the element that is a map of changed blocks. */
const findMap = (block: Uint8Array): Either.Either<Uint8Array | undefined, string> => {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  let at = checkLength
  while (at + elementLength <= block.length) {
    const magic = view.getBigUint64(at, true)
    if (magic === 0n) break
    const end = at + elementLength + view.getUint32(at + 16, true)
    if (end > block.length) return Either.left("an element of the extension is cut off")
    if (magic === bitmapMagic) return Either.right(block.subarray(at + elementLength, end))
    at = end
  }
  return Either.right(undefined)
}

/**
 * Reads the first cluster of an extension; undefined when it has no map of changed blocks. The left side says what is
 * wrong with it.
 *
 * - `block`: as many bytes as a cluster has, from {@link position} on
 *
 * @since 0.2.0
 * @category queries
 */
export const parse = (block: Uint8Array): Either.Either<Tracking | undefined, string> => {
  if (block.length < checkLength + elementLength) return Either.left("the extension is cut off")
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  if (view.getBigUint64(0, true) !== checkMagic) return Either.left("the signature is not that of an extension")
  const sum = md5(block.subarray(checkLength))
  return sum.every((byte, index) => byte === block[8 + index])
    ? Either.flatMap(findMap(block), (map) => map === undefined ? Either.right(undefined) : readMap(map))
    : Either.left("the checksum of the extension is wrong")
}

/**
 * The first cluster of an extension.
 *
 * - `clusterSize`: of the image, in bytes
 *
 * @since 0.2.0
 * @category formatting
 */
export const format = ({ blockSize, parts, since, size }: Tracking, clusterSize: number): Uint8Array => {
  const block = new Uint8Array(clusterSize)
  const view = new DataView(block.buffer)
  const data = checkLength + elementLength
  view.setBigUint64(0, checkMagic, true)
  view.setBigUint64(checkLength, bitmapMagic, true)
  view.setUint32(checkLength + 16, bitmapLength + 8 * parts.length, true)
  view.setBigUint64(data, size / ByteSize.sectorSize, true)
  block.set(bytesOf(since), data + 8)
  view.setUint32(data + 24, Number(blockSize / ByteSize.sectorSize), true)
  view.setUint32(data + 28, parts.length, true)
  parts.forEach((part, index) => view.setBigUint64(data + bitmapLength + 8 * index, part, true))
  block.set(md5(block.subarray(checkLength)), 8)
  return block
}

/**
 * What an image file becomes when its extension is removed.
 *
 * @since 0.2.0
 * @category models
 */
export interface WithoutExtension {
  /** The new first bytes of the file. */
  readonly start: Uint8Array
  /** The new size of the file, in bytes. */
  readonly size: bigint
}

/** The clusters that the extension takes, by where they begin, in bytes. */
const clustersOf = (at: bigint, block: Uint8Array): ReadonlySet<bigint> => {
  const parts = Either.match(parse(block), { onLeft: () => [], onRight: (found) => found?.parts ?? [] })
  return new Set([at, ...parts.filter((part) => part > 1n).map((part) => part * ByteSize.sectorSize)])
}

/**
 * What an image file becomes without its extension; undefined when it has none that counts. The clusters of the extension
 * are cut off where nothing else is behind them. They stay as unused space where that cannot be seen, because the
 * extension is damaged.
 *
 * - `start`: the first 64 bytes of the file
 * - `block`: as many bytes as a cluster has, from {@link position} on; fewer where the file ends before
 * - `fileSize`: the size of the file, in bytes
 *
 * @since 0.2.0
 * @category formatting
 */
export const withoutExtension = (
  start: Uint8Array,
  block: Uint8Array,
  fileSize: bigint
): WithoutExtension | undefined => {
  const at = position(start)
  if (at === undefined) return undefined
  const bytes = Uint8Array.from(start)
  const view = new DataView(bytes.buffer)
  view.setUint32(inUsePosition, 0, true)
  view.setBigUint64(extensionPosition, 0n, true)
  const { clusterSectors } = readHeader(start)
  const clusterSize = clusterSectors * ByteSize.sectorSize
  const clusters = clustersOf(at, block)
  let size = fileSize
  while (clusterSize > 0n && clusters.has(size - clusterSize)) size -= clusterSize
  return { start: bytes, size }
}
