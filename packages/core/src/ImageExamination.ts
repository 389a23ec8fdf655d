/**
 * What can be seen of an image file without the tool: whether its header makes
 * sense, and whether each cluster of its index table is in the file. The tool
 * reads neither when the in-use flag is not set, and calls the image clean.
 *
 * @since 0.2.0
 */
import * as Either from "effect/Either"
import * as ByteSize from "./ByteSize.js"
import { geometry } from "./DiskDescriptor.js"
import * as marks from "./internal/marks.js"

/**
 * How much of an image file its header takes, in bytes.
 *
 * @since 0.2.0
 * @category constants
 */
export const headerLength = 64

/**
 * Where the in-use flag is in a header, in bytes from its start.
 *
 * @since 0.2.0
 * @category constants
 */
export const inUsePosition = marks.inUsePosition

const sector = 512n

const signatureOf = { 1: "WithoutFreeSpace", 2: "WithouFreSpacExt" } as const

const signatures: ReadonlyMap<string, 1 | 2> = new Map([[signatureOf[1], 1], [signatureOf[2], 2]])

/** The kind of every image of ploop. */
const imageType = 2

/** The in-use flag, as the tool sets it. */
const usedMark = 0x746f6e59

/**
 * The fields of a header as they are in the file, whether or not they make sense.
 *
 * @since 0.2.0
 * @category models
 */
export interface Header {
  /** The version of the format; undefined when the signature is not that of an image. */
  readonly version: 1 | 2 | undefined
  /** The kind of the image; 2 in every image of ploop. */
  readonly type: number
  /** The size of a cluster, in sectors. */
  readonly clusterSectors: bigint
  /** How many clusters the index table has room for. */
  readonly clusters: bigint
  /** The size of the disk, in sectors. */
  readonly sectors: bigint
  /** Where the first cluster begins, in sectors. */
  readonly firstSector: bigint
  /** The flags: bit 0 says that the image is empty, bit 1 that a conversion was cut short. */
  readonly flags: number
  /** The in-use flag; 0 when it is not set, also where an extension follows the clusters: see `ChangeTracking`. */
  readonly inUse: number
}

/**
 * The version of the format by the signature of an image; undefined when it is not
 * that of an image.
 *
 * - `start`: the first 16 bytes of the file, or more
 *
 * @since 0.2.0
 * @category queries
 */
export const version = (start: Uint8Array): 1 | 2 | undefined =>
  signatures.get(String.fromCharCode(...start.subarray(0, 16)))

/**
 * Reads a header, and judges nothing of it.
 *
 * - `start`: the first {@link headerLength} bytes of the file, or more
 *
 * @since 0.2.0
 * @category queries
 */
export const readHeader = (start: Uint8Array): Header => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const found = version(start)
  const mark = view.getUint32(inUsePosition, true)
  return {
    version: found,
    type: view.getUint32(16, true),
    clusterSectors: BigInt(view.getUint32(28, true)),
    clusters: BigInt(view.getUint32(32, true)),
    sectors: found === 2 ? view.getBigUint64(36, true) : BigInt(view.getUint32(36, true)),
    firstSector: BigInt(view.getUint32(48, true)),
    flags: view.getUint32(52, true),
    inUse: mark === marks.closedWithExtension ? 0 : mark
  }
}

/**
 * How much of an image the tool reads to open it, in bytes: a shorter file is none.
 *
 * @since 0.2.0
 * @category queries
 */
export const firstRead = 4096n

/** In sectors: more than any disk has. */
const tooMany = 1n << 43n

/**
 * Whether the fields are those of a header, also of one that the tool would not take: signature, sizes and the length of the
 * index table agree. Its in-use flag means that a device may write to the image.
 *
 * @since 0.2.0
 * @category queries
 */
export const isHeader = ({ clusterSectors, clusters, firstSector, sectors, version }: Header): boolean =>
  version !== undefined && clusterSectors > 0n && firstSector > 0n && firstSector % clusterSectors === 0n &&
  clusters * clusterSectors >= sectors && sectors < tooMany

/**
 * Whether a header is as the tool writes it. Another one may have a type or clusters that the tool does not know, or a
 * size that is not a whole number of clusters.
 *
 * @since 0.2.0
 * @category queries
 */
export const isRegular = (header: Header): boolean =>
  header.type === imageType && isClusterSize(header.clusterSectors) && header.sectors % header.clusterSectors === 0n

/**
 * What the header of a new image says.
 *
 * @since 0.2.0
 * @category models
 */
export interface NewHeader {
  /** The version of the format. */
  readonly version: 1 | 2
  /** The size of a cluster, in bytes. */
  readonly clusterSize: number
  /** The size of the disk, in bytes; it is rounded up to whole clusters. */
  readonly size: number
  /** The flags: bit 0 says that the image is empty. */
  readonly flags: number
  /** Whether the in-use flag is set. */
  readonly isInUse: boolean
}

/**
 * How many clusters the header and the index table of an image take.
 *
 * - `clusters`: how many clusters the disk has
 * - `clusterSize`: in bytes
 *
 * @since 0.2.0
 * @category queries
 */
export const tableClusters = (clusters: number, clusterSize: number): number =>
  Math.ceil((headerLength + 4 * clusters) / clusterSize)

/**
 * The first {@link headerLength} bytes of an image, as the tool writes them.
 *
 * @since 0.2.0
 * @category formatting
 */
export const formatHeader = ({ clusterSize, flags, isInUse, size, version }: NewHeader): Uint8Array => {
  const clusters = Math.ceil(size / clusterSize)
  const sectors = clusters * clusterSize / Number(sector)
  const { cylinders, heads } = geometry(ByteSize.make(clusters * clusterSize))
  const bytes = new Uint8Array(headerLength)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(signatureOf[version]))
  view.setUint32(16, imageType, true)
  view.setUint32(20, heads, true)
  view.setUint32(24, cylinders, true)
  view.setUint32(28, clusterSize / Number(sector), true)
  view.setUint32(32, clusters, true)
  if (version === 1) view.setUint32(36, sectors, true)
  else view.setBigUint64(36, BigInt(sectors), true)
  view.setUint32(inUsePosition, isInUse ? usedMark : 0, true)
  view.setUint32(48, tableClusters(clusters, clusterSize) * clusterSize / Number(sector), true)
  view.setUint32(52, flags, true)
  return bytes
}

/** The clusters that a disk of this size has. */
const clustersOf = ({ clusterSectors, sectors }: Header): bigint => (sectors + clusterSectors - 1n) / clusterSectors

const isClusterSize = (sectors: bigint): boolean =>
  sectors >= 64n && sectors <= 131_072n && (sectors & (sectors - 1n)) === 0n

/** The first thing that is wrong with a header. */
const wrongHeader = (header: Header): string | undefined => {
  const { clusterSectors, clusters, firstSector, flags, sectors, type, version } = header
  if (version === undefined) return "the signature is not that of an image"
  if (type !== imageType) return `the type in the header is ${type}, not 2`
  if (!isClusterSize(clusterSectors)) return `the cluster size in the header is ${clusterSectors} sectors`
  if (sectors === 0n) return "the size in the header is 0"
  if (clusters * clusterSectors < sectors) {
    return `the header says ${clusters} clusters, too few for its size of ${sectors} sectors`
  }
  if (firstSector === 0n || firstSector % clusterSectors !== 0n) {
    return `the first cluster begins at sector ${firstSector}, which is not a whole number of clusters`
  }
  if (firstSector * sector < BigInt(headerLength) + 4n * clustersOf(header)) {
    return `the index table in front of sector ${firstSector} is too small for the size of ${sectors} sectors`
  }
  return (flags & 2) === 0 ? undefined : "a conversion of the format version was cut short"
}

/** The cluster size that a header names, in bytes; undefined when it names none. */
const clusterSize = ({ clusterSectors, version }: Header): bigint | undefined =>
  version !== undefined && isClusterSize(clusterSectors) ? clusterSectors * sector : undefined

/**
 * What the first bytes of an image file say that matters to an operation that
 * rewrites the image.
 *
 * @since 0.2.0
 * @category models
 */
export interface ImageStart {
  /** The cluster size in the header, in bytes; undefined when the file has no header, or one that names none. */
  readonly clusterSize: bigint | undefined
  /** Where the file is cut off, in front of its first cluster; undefined when it is not. */
  readonly cutOff: string | undefined
  /** Whether the header says that an extension follows the clusters, and the file ends in front of it, or in it. */
  readonly lacksExtension: boolean
}

const lacksExtension = (start: Uint8Array, { clusterSectors }: Header, fileSize: bigint): boolean => {
  const at = marks.extensionSector(start)
  return at !== 0n && (at + clusterSectors) * sector > fileSize
}

/**
 * Reads the first bytes of an image file.
 *
 * - `start`: the first {@link headerLength} bytes of the file, or all that it has
 * - `fileSize`: the length of the file, in bytes
 *
 * @since 0.2.0
 * @category queries
 */
export const readStart = (start: Uint8Array, fileSize: bigint): ImageStart => {
  if (start.byteLength < headerLength) {
    return {
      clusterSize: undefined,
      cutOff: `the file ends in its header, after ${fileSize} bytes`,
      lacksExtension: false
    }
  }
  const header = readHeader(start)
  const isCutOff = wrongHeader(header) === undefined && fileSize < header.firstSector * sector
  return {
    clusterSize: clusterSize(header),
    cutOff: isCutOff ? `the file ends in its index table, after ${fileSize} bytes` : undefined,
    lacksExtension: header.version !== undefined && lacksExtension(start, header, fileSize)
  }
}

/**
 * How many bytes of an image file, from its start, {@link examine} needs: the
 * header and the index table.
 *
 * - `start`: the first {@link headerLength} bytes of the file, or all that it has
 *
 * @since 0.2.0
 * @category queries
 */
export const lengthToExamine = (start: Uint8Array): bigint => {
  if (start.byteLength < headerLength) return BigInt(headerLength)
  const header = readHeader(start)
  return wrongHeader(header) === undefined ? header.firstSector * sector : BigInt(headerLength)
}

/** The longest index table that is searched, in bytes: that of a disk of 16 TiB with clusters of 1 MiB. */
const longestTable = 64n * 1024n * 1024n

/**
 * How many bytes of an image file, from its start, {@link isUnwritten} needs; undefined
 * when nothing says that the image is empty: its header makes no sense, its in-use flag
 * is set, or its index table is longer than 64 MiB.
 *
 * - `start`: the first {@link headerLength} bytes of the file, or all that it has
 *
 * @since 0.2.0
 * @category queries
 */
export const lengthOfUnwritten = (start: Uint8Array): number | undefined => {
  if (start.byteLength < headerLength) return undefined
  const header = readHeader(start)
  const length = header.firstSector * sector
  return isHeader(header) && wrongHeader(header) === undefined && header.inUse === 0 && length <= longestTable
    ? Number(length)
    : undefined
}

/**
 * Whether nothing was ever written to an image: its index table has no entry.
 *
 * - `start`: the first {@link lengthOfUnwritten} bytes of the file
 *
 * @since 0.2.0
 * @category queries
 */
export const isUnwritten = (start: Uint8Array): boolean => start.subarray(headerLength).every((byte) => byte === 0)

/**
 * Why the header of an image makes no sense; undefined when it does.
 *
 * - `start`: the first {@link headerLength} bytes of the file, or all that it has
 * - `fileSize`: the length of the file, in bytes
 *
 * @since 0.2.0
 * @category queries
 */
export const headerProblem = (start: Uint8Array, fileSize: bigint): string | undefined =>
  start.byteLength < headerLength
    ? `the file ends in its header, after ${fileSize} bytes`
    : wrongHeader(readHeader(start))

/**
 * Where a cluster of the disk begins in a file, in bytes; undefined when the file does not have it. An
 * entry that leads to no cluster of the file is an error.
 *
 * - `index`: the number of the cluster
 * - `entry`: what the index table has for it
 * - `fileSize`: the length of the file, in bytes
 *
 * @since 0.2.0
 * @category queries
 */
export const placeOf = (
  header: Header,
  index: number,
  entry: number,
  fileSize: bigint
): Either.Either<number | undefined, string> => {
  if (entry === 0) return absent
  const wrong = wrongEntry(header, index, entry, fileSize)
  return wrong === undefined
    ? Either.right(entry * Number(sector) * (header.version === 1 ? 1 : Number(header.clusterSectors)))
    : Either.left(wrong)
}

const absent = Either.right(undefined)

/** What is wrong with an entry of the index table, if anything is. */
const wrongEntry = (header: Header, index: number, entry: number, fileSize: bigint): string | undefined => {
  const { clusterSectors, firstSector, version } = header
  const place = version === 1 ? BigInt(entry) : BigInt(entry) * clusterSectors
  if (BigInt(index) >= clustersOf(header)) return `cluster ${index} is behind the end of the disk`
  if (place < firstSector || place % clusterSectors !== 0n) return `cluster ${index} is said to be at sector ${place}`
  return (place + clusterSectors) * sector > fileSize
    ? `cluster ${index} is said to be at sector ${place}, behind the end of the file`
    : undefined
}

/** How many findings are reported one by one. */
const most = 10

const wrongEntries = (header: Header, start: Uint8Array, fileSize: bigint): ReadonlyArray<string> => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const findings: Array<string> = []
  let more = 0
  for (let at = headerLength, index = 0; at + 4 <= start.byteLength; at += 4, index++) {
    const entry = view.getUint32(at, true)
    const wrong = entry === 0 ? undefined : wrongEntry(header, index, entry, fileSize)
    if (wrong === undefined) continue
    if (findings.length < most) findings.push(wrong)
    else more++
  }
  return more === 0 ? findings : [...findings, `and ${more} more of the index table`]
}

/**
 * What is wrong with an image file that has a header, one sentence each. None
 * means that the header makes sense and that every cluster is in the file; it
 * says nothing of what is in the clusters.
 *
 * - `start`: the first {@link lengthToExamine} bytes of the file, or all that it has
 * - `fileSize`: the length of the file, in bytes
 *
 * @since 0.2.0
 * @category queries
 */
export const examine = (start: Uint8Array, fileSize: bigint): ReadonlyArray<string> => {
  if (start.byteLength < headerLength) return [`the file ends in its header, after ${fileSize} bytes`]
  const header = readHeader(start)
  const wrong = wrongHeader(header)
  if (wrong !== undefined) return [wrong]
  const end = header.firstSector * sector
  return BigInt(start.byteLength) < end
    ? [`the file ends in its index table, after ${fileSize} bytes`]
    : wrongEntries(header, start.subarray(0, Number(end)), fileSize)
}

/**
 * What is wrong with the length of a raw image, which has no header.
 *
 * - `fileSize`: the length of the file, in bytes
 * - `diskSize`: the size of the disk, in bytes, if the image is the only one of a disk
 *
 * @since 0.2.0
 * @category queries
 */
export const examineRaw = (fileSize: bigint, diskSize: bigint | undefined): ReadonlyArray<string> =>
  fileSize === 0n
    ? ["the file is empty"]
    : diskSize !== undefined && fileSize < diskSize
    ? [`the file ends after ${fileSize} bytes, but the disk has ${diskSize}`]
    : []
