/** What the tool's work does to an image of which only the bytes are known, because something else wrote it. */
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Option from "effect/Option"
import * as content from "./content.js"

const { formatHeader, headerLength, tableClusters } = ImageExamination

const sector = 512

export const inUse = 0x746f6e59

/** How work on an image ended: with the code 0, or with another and a message; and the file afterwards. */
export interface Worked {
  readonly code: number
  readonly text: string
  readonly bytes: content.Bytes
}

/** What the tool remembers of an image that it has opened. */
interface Opened {
  readonly version: 1 | 2
  readonly clusterSize: number
  /** How many clusters the header and the index take. */
  readonly tables: number
  /** How many clusters the disk has. */
  readonly clusters: number
  /** The size of the disk, in sectors. */
  readonly sectors: number
  readonly flags: number
}

const read = (bytes: content.Bytes): Opened => {
  const header = ImageExamination.readHeader(content.read(bytes, 0, headerLength))
  const { clusterSectors, firstSector, flags, sectors, version } = header
  return {
    version: version ?? 1,
    clusterSize: Number(clusterSectors) * sector,
    tables: Number(firstSector / clusterSectors),
    clusters: Number(sectors / clusterSectors),
    sectors: Number(sectors),
    flags
  }
}

const put = (bytes: content.Bytes, position: number, data: Uint8Array): content.Bytes =>
  Option.getOrThrow(content.write(bytes, position, data, undefined)).bytes

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

const done = (bytes: content.Bytes): Worked => ({ code: 0, text: "", bytes })

/**
 * Grows an image to a size in bytes, or rewrites its header for the same size.
 * None where clusters would have to move, which the model of an image does.
 */
export const grow = (before: content.Bytes, size: number): Worked | undefined => {
  const { clusterSize, tables, version } = read(before)
  const wanted = tableClusters(Math.ceil(size / clusterSize), clusterSize)
  const marked = put(before, ImageExamination.inUsePosition, word(inUse))
  const allocated = Math.floor(before.size / clusterSize)
  if (allocated < tables) {
    return { code: 38, text: "grow_delta: odelta->alloc_head < odelta->l1_size", bytes: marked }
  }
  const extended = allocated < wanted ? content.truncate(marked, wanted * clusterSize, undefined).bytes : marked
  const moved = wanted - Math.max(0, wanted - allocated)
  if (tables < moved) {
    return tables === 0
      ? { code: 30, text: "abort: relocate_block l2_cluster >= delta->l1_size", bytes: extended }
      : undefined
  }
  const looksEmpty = Math.floor(extended.size / (clusterSize / sector)) <= wanted * clusterSize / sector
  const flags = looksEmpty ? 1 : 0
  return done(put(extended, 0, formatHeader({ version, clusterSize, size, flags, isInUse: false })))
}

/** A cluster of the disk, and where its entry says that it is in the file, in bytes. */
interface Entry {
  readonly index: number
  readonly entry: number
  readonly position: number
}

/** The entries of the index that are set, up to where the file ends in it. */
const entries = (
  bytes: content.Bytes,
  opened: Opened,
  count: number
): { readonly found: ReadonlyArray<Entry>; readonly isShort: boolean } => {
  const { clusterSize, version } = opened
  const perTable = clusterSize / 4
  const offset = headerLength / 4
  const found: Array<Entry> = []
  for (let table = 0; table * perTable < count + offset; table++) {
    const chunk = content.read(bytes, table * clusterSize, clusterSize)
    if (chunk.length < clusterSize) return { found, isShort: true }
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let at = table === 0 ? offset : 0; at < perTable && table * perTable + at < count + offset; at++) {
      const entry = view.getUint32(4 * at, true)
      if (entry === 0) continue
      const position = version === 1 ? entry * sector : entry * clusterSize
      found.push({ index: table * perTable + at - offset, entry, position })
    }
  }
  return { found, isShort: false }
}

/** The first cluster of the disk that the tool cannot read from an image; none when it can read all. */
export const unreadable = (bytes: content.Bytes): number | undefined => {
  const opened = read(bytes)
  const { clusterSize, clusters } = opened
  const { found, isShort } = entries(bytes, opened, clusters)
  const bad = found.find(({ position }) => position + clusterSize > bytes.size)
  if (bad !== undefined || !isShort) return bad?.index
  return Math.max(0, Math.floor(bytes.size / clusterSize) * clusterSize / 4 - headerLength / 4)
}

/** Whether the index of an image, as far as the header says that it goes, is in the file. */
export const hasIndex = (bytes: content.Bytes): boolean => {
  const { clusterSize, tables } = read(bytes)
  return bytes.size >= tables * clusterSize
}

/** Where the index says that a cluster is, in bytes; none when it says nothing. */
const placeOf = (bytes: content.Bytes, { clusterSize, version }: Opened, index: number): number | undefined => {
  const chunk = content.read(bytes, headerLength + 4 * index, 4)
  const entry = chunk.length < 4 ? 0 : new DataView(chunk.buffer, chunk.byteOffset).getUint32(0, true)
  return entry === 0 ? undefined : version === 1 ? entry * sector : entry * clusterSize
}

const extended = (bytes: content.Bytes, end: number): content.Bytes => bytes.size < end ? resized(bytes, end) : bytes

/** Gives an image these clusters of the disk, as far as it has not got them: at the end of the file. */
export const withClusters = (before: content.Bytes, clusters: Iterable<number>): content.Bytes => {
  const opened = read(before)
  const { clusterSize, version } = opened
  let bytes = before
  let next = Math.floor(before.size / clusterSize)
  for (const index of clusters) {
    const place = placeOf(bytes, opened, index)
    if (place === undefined) {
      bytes = put(bytes, headerLength + 4 * index, word(version === 1 ? next * clusterSize / sector : next))
      bytes = extended(bytes, ++next * clusterSize)
    } else bytes = extended(bytes, place + clusterSize)
  }
  return bytes
}

/** Why the tool cannot copy an image to a raw one. */
export const notCopied = (bytes: content.Bytes): string | undefined => {
  const opened = read(bytes)
  const { clusterSize, clusters, tables, version } = opened
  if (Math.ceil((clusters + headerLength / 4) * 4 / clusterSize) > tables) return "abort: l2_cluster >= delta.l1_size"
  const { found, isShort } = entries(bytes, opened, clusters)
  const wrong = found.find(({ entry, position }) =>
    position + clusterSize > bytes.size || (version === 1 && entry * sector % clusterSize !== 0)
  )
  if (wrong !== undefined && version === 1 && wrong.entry * sector % clusterSize !== 0) {
    return `Image corrupted: delta.l2[${wrong.index + headerLength / 4}]=${wrong.entry}`
  }
  return isShort || wrong !== undefined ? "pread" : undefined
}

/** Allocates every cluster of the disk. */
export const preallocate = (before: content.Bytes): Worked => {
  const { clusterSize, clusters, tables } = read(before)
  const needed = Math.ceil((clusters + headerLength / 4) * 4 / clusterSize)
  if (needed > tables) return { code: 255, text: "abort: l2_cluster >= delta.l1_size", bytes: before }
  if (before.size < needed * clusterSize) return { code: 255, text: "pread", bytes: before }
  const missing = Array.from({ length: clusters }, (_, index) => index).filter((index) =>
    placeOf(before, read(before), index) === undefined
  )
  return done(withClusters(before, missing))
}

/** An image after work that failed, with the in-use flag set. */
export const marked = (bytes: content.Bytes): content.Bytes => put(bytes, ImageExamination.inUsePosition, word(inUse))

/** An image with zeros in the place of its header. */
export const withoutHeader = (bytes: content.Bytes): content.Bytes => put(bytes, 0, new Uint8Array(headerLength))

/** A file with another size. */
export const resized = (bytes: content.Bytes, size: number): content.Bytes =>
  content.truncate(bytes, size, undefined).bytes

/** Whether two images have the same header, whether or not they are in use. */
export const isSameHeader = (one: content.Bytes, other: content.Bytes): boolean => {
  const [first, second] = [one, other].map((bytes) => content.read(bytes, 0, headerLength))
  const { inUsePosition } = ImageExamination
  return first!.every((byte, index) => (index >= inUsePosition && index < inUsePosition + 4) || byte === second![index])
}
