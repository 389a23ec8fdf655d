import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as content from "./content.js"
import type { Delta, Image } from "./state.js"
import * as tracking from "./tracking.js"

export type { Delta, Image }

export const noDelta: Delta = { tree: undefined, clusters: HashSet.empty() }

const inUse = 0x746f6e59

const headerSize = 64

const signatures = { 1: "WithoutFreeSpace", 2: "WithouFreSpacExt" } as const

const mark = "effect-ploop image "

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit

export const clusterCount = (image: Image): number => Math.ceil(image.size / image.clusterSize)

/** The bytes before the first data cluster. */
const dataStart = (image: Image): number =>
  image.raw ? 0 : roundUp(headerSize + 4 * clusterCount(image), image.clusterSize)

/** Where the clusters end in the file. */
const dataEnd = (image: Image): number => {
  const { clusters } = image.delta
  const grown = image.preallocated === 0
    ? HashSet.size(clusters)
    : image.preallocated + HashSet.size(HashSet.filter(clusters, (cluster) => cluster >= image.preallocated))
  return dataStart(image) + grown * image.clusterSize
}

/** The size of the file. */
export const fileSize = (image: Image): number =>
  image.raw ? image.size : dataEnd(image) + tracking.clustersOf(image.tracking, image.clusterSize) * image.clusterSize

/** The space that the file takes on the host, in bytes. */
export const allocated = (image: Image): number =>
  image.raw && image.sparse === true
    ? Math.min(HashSet.size(image.delta.clusters) * image.clusterSize, image.size)
    : fileSize(image)

/** The same image with each of its clusters by itself, so that some can be given back. */
export const withEachCluster = (image: Image): Image => {
  if (image.preallocated === 0) return image
  const first = Array.from({ length: image.preallocated }, (_, cluster) => cluster)
  const clusters = HashSet.union(image.delta.clusters, HashSet.fromIterable(first))
  return { ...image, preallocated: 0, delta: { ...image.delta, clusters } }
}

type Shape = Pick<Image, "clusterSize" | "preallocated" | "raw" | "size" | "sparse" | "staleFlag" | "version">

/**
 * An image without data. It has every field, those that may be missing too: copies of images are made all the time, and
 * are several times as fast while all images have the same fields.
 */
export const empty = ({ clusterSize, preallocated, raw, size, sparse, staleFlag, version }: Shape): Image => ({
  _tag: "Image",
  raw,
  sparse,
  preallocated,
  version,
  clusterSize,
  size,
  dirty: false,
  truncated: false,
  staleFlag,
  delta: noDelta,
  tracking: undefined,
  hasDuplicates: undefined,
  token: undefined
})

const isEmpty = (image: Image): boolean => image.preallocated === 0 && HashSet.size(image.delta.clusters) === 0

/** The image with the empty flag set in its header. */
export const withEmptyFlag = (image: Image): Image => ({ ...image, staleFlag: !isEmpty(image) })

/**
 * The image with its header rewritten, as the tool does when it grows an image
 * that no device runs. It infers the empty flag from the size of the file, and
 * confuses bytes with sectors.
 */
export const rewritten = (image: Image): Image => {
  const looksEmpty = Math.floor(fileSize(image) / (image.clusterSize / 512)) <= dataStart(image) / 512
  return looksEmpty ? withEmptyFlag(image) : { ...image, staleFlag: false }
}

/** Whether the empty flag is set. */
export const hasEmptyFlag = (image: Image): boolean => image.staleFlag || isEmpty(image)

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const header = (image: Image): Uint8Array => {
  const bytes = new Uint8Array(headerSize + 4 * clusterCount(image))
  const view = new DataView(bytes.buffer)
  bytes.set(ImageExamination.formatHeader({ ...image, flags: hasEmptyFlag(image) ? 1 : 0, isInUse: image.dirty }))
  const unit = image.version === 1 ? image.clusterSize / 512 : 1
  const first = dataStart(image) / image.clusterSize
  const preallocated = Array.from({ length: image.preallocated }, (_, cluster) => cluster)
  const grown = [...image.delta.clusters].filter((cluster) => cluster >= image.preallocated).sort((a, b) => a - b)
  const present = [...preallocated, ...grown]
  present.forEach((cluster, index) => view.setUint32(headerSize + 4 * cluster, (first + index) * unit, true))
  return bytes
}

const written = (bytes: content.Bytes, position: number, data: Uint8Array): content.Bytes =>
  Option.getOrThrow(content.write(bytes, position, data, undefined)).bytes

/**
 * The bytes of an image file: the real header and index, and, where the data
 * begins, a marker that identifies the delta.
 */
export const toBytes = (image: Image, token: number): content.Bytes => {
  const sized = content.truncate(content.empty, fileSize(image), undefined).bytes
  const headed = image.raw ? sized : written(sized, 0, header(image))
  const marked = image.delta.tree === undefined
    ? headed
    : written(headed, dataStart(image), encoder.encode(`${mark}${token}\n`))
  return image.tracking === undefined || image.dirty
    ? marked
    : tracking.append(marked, image.tracking, { ...image, end: dataEnd(image) })
}

/** Bytes with a marker for a delta at a position, where there is room for it. */
export const withMarkerAt = (bytes: content.Bytes, position: number, token: number): content.Bytes =>
  bytes.size > position + mark.length + 20 ? written(bytes, position, encoder.encode(`${mark}${token}\n`)) : bytes

/** Bytes of an image with a marker for the data in it, where there is room for data. */
export const withMarker = (bytes: content.Bytes, image: Image, token: number): content.Bytes =>
  withMarkerAt(bytes, dataStart(image), token)

/** Why a file is not an image. */
export type Problem = "short" | "signature" | "header"

const deltaAt = (
  bytes: content.Bytes,
  position: number,
  deltas: (token: number) => Option.Option<Delta>
): { readonly delta: Delta; readonly token: number } | undefined => {
  const text = decoder.decode(content.read(bytes, position, mark.length + 20))
  if (!text.startsWith(mark)) return undefined
  const token = Number(text.slice(mark.length).split("\n")[0])
  return Option.match(deltas(token), { onNone: () => undefined, onSome: (delta) => ({ delta, token }) })
}

/** How much of a file the tool reads to open it as an image, in bytes. */
export const firstRead = 4096

/** Reads an image from bytes. Generation 1.15 takes any value where the in-use flag is for the flag. */
export const fromBytes = (
  bytes: content.Bytes,
  deltas: (token: number) => Option.Option<Delta>,
  anyMark: boolean,
  least = firstRead
): Either.Either<Image, Problem> => {
  const start = content.read(bytes, 0, headerSize)
  if (start.length < headerSize || bytes.size < least) return Either.left("short")
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  const signature = decoder.decode(start.subarray(0, 16))
  const version = signature === signatures[1] ? 1 : signature === signatures[2] ? 2 : undefined
  if (version === undefined) return Either.left("signature")
  const clusterSize = view.getUint32(28, true) * 512
  const sectors = version === 1 ? view.getUint32(36, true) : Number(view.getBigUint64(36, true))
  const isClusterSize = clusterSize >= 32_768 && clusterSize <= 2 ** 26 && (clusterSize & (clusterSize - 1)) === 0
  if (view.getUint32(16, true) !== 2 || !isClusterSize) return Either.left("header")
  const image: Image = {
    _tag: "Image",
    raw: false,
    preallocated: 0,
    version,
    clusterSize,
    size: Math.floor(sectors * 512 / clusterSize) * clusterSize,
    dirty: anyMark ? view.getUint32(44, true) !== 0 : view.getUint32(44, true) === inUse,
    truncated: false,
    staleFlag: false,
    delta: noDelta,
    tracking: tracking.read(bytes, start, clusterSize)
  }
  const index = content.read(bytes, headerSize, 4 * clusterCount(image))
  const entries = new DataView(index.buffer, index.byteOffset, index.byteLength)
  let clusters = HashSet.empty<number>()
  const places = new Set<number>()
  for (let cluster = 0; (cluster + 1) * 4 <= index.length; cluster++) {
    const place = entries.getUint32(cluster * 4, true)
    if (place === 0) continue
    clusters = HashSet.add(clusters, cluster)
    places.add(place)
  }
  if (HashSet.size(clusters) === 0) return Either.right({ ...image, truncated: bytes.size < dataStart(image) })
  const found = deltaAt(bytes, dataStart(image), deltas)
  const read: Image = {
    ...image,
    staleFlag: view.getUint32(52, true) === 1,
    // Clusters without data belong to a preallocated image.
    delta: { tree: found === undefined ? "garbage" : found.delta.tree, clusters },
    hasDuplicates: places.size < HashSet.size(clusters),
    token: found?.token
  }
  return Either.right({ ...read, truncated: bytes.size < dataStart(read) + places.size * clusterSize })
}

/** Reads a regular file as a raw image. */
export const fromRawBytes = (
  bytes: content.Bytes,
  clusterSize: number,
  deltas: (token: number) => Option.Option<Delta>
): Image => {
  const found = deltaAt(bytes, 0, deltas)
  return {
    _tag: "Image",
    raw: true,
    preallocated: 0,
    version: 2,
    clusterSize,
    size: bytes.size,
    dirty: false,
    truncated: false,
    staleFlag: false,
    delta: found === undefined ? { tree: "garbage", clusters: HashSet.empty() } : found.delta,
    token: found?.token
  }
}
