/** What of a disk has changed since a snapshot, as generations 7 and 9 keep it: in the kernel, or at the end of an image. */
import * as ChangeTracking from "@effect-ploop/core/ChangeTracking"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as content from "./content.js"

/** The size of a block in the map, in bytes. */
const blockSize = 65_536

/** What has changed since a snapshot, by blocks of the disk of 64 KiB. */
export interface Tracking {
  readonly since: SnapshotId
  readonly blocks: HashSet.HashSet<number>
}

/** The tracking that begins with a snapshot. */
export const begin = (since: SnapshotId): Tracking => ({ since, blocks: HashSet.empty() })

function* blocksIn(clusters: Iterable<number>, clusterSize: number, size: number): Iterable<number> {
  for (const cluster of clusters) {
    const end = Math.ceil(Math.min((cluster + 1) * clusterSize, size) / blockSize)
    for (let block = Math.floor(cluster * clusterSize / blockSize); block < end; block++) yield block
  }
}

/** The tracking after writes to clusters. */
export const written = (
  tracking: Tracking | undefined,
  clusters: Iterable<number>,
  { clusterSize, size }: Sizes
): Tracking | undefined =>
  tracking === undefined ? undefined : {
    since: tracking.since,
    blocks: HashSet.union(tracking.blocks, HashSet.fromIterable(blocksIn(clusters, clusterSize, size)))
  }

/** A disk and its clusters have these sizes, in bytes. */
interface Sizes {
  readonly clusterSize: number
  readonly size: number
}

/** The parts of the map that have a bit, by their numbers. */
const partsOf = ({ blocks }: Tracking, clusterSize: number): ReadonlyMap<number, Uint8Array> => {
  const parts = new Map<number, Uint8Array>()
  const perPart = clusterSize * 8
  for (const block of blocks) {
    const number = Math.floor(block / perPart)
    const part = parts.get(number) ?? new Uint8Array(clusterSize)
    parts.set(number, part)
    const bit = block % perPart
    part[bit >> 3] = part[bit >> 3]! | 1 << (bit & 7)
  }
  return parts
}

/** How many clusters the map takes at the end of the file. */
export const clustersOf = (tracking: Tracking | undefined, clusterSize: number): number =>
  tracking === undefined ? 0 : partsOf(tracking, clusterSize).size + 1

const write = (bytes: content.Bytes, at: number, data: Uint8Array): content.Bytes =>
  Option.getOrThrow(content.write(bytes, at, data, undefined)).bytes

/** The bytes of an image with the map behind its clusters. */
export const append = (
  bytes: content.Bytes,
  tracking: Tracking,
  { clusterSize, end, size }: Sizes & { readonly end: number }
): content.Bytes => {
  let at = end
  let next = bytes
  const places: Array<bigint> = []
  for (const [number, part] of partsOf(tracking, clusterSize)) {
    next = write(next, at, part)
    while (places.length < number) places.push(0n)
    places[number] = BigInt(at / 512)
    at += clusterSize
  }
  const map = { since: tracking.since, size: BigInt(size), blockSize: BigInt(blockSize), parts: places }
  const start = ChangeTracking.withPosition(content.read(bytes, 0, 64), BigInt(at))
  return write(write(next, at, ChangeTracking.format(map, clusterSize)), 0, start)
}

const changed = (bytes: content.Bytes, map: ChangeTracking.Tracking, clusterSize: number): HashSet.HashSet<number> => {
  const blocks = Math.ceil(Number(map.size) / blockSize)
  const found = new Set<number>()
  map.parts.forEach((place, number) => {
    const part = place > 1n ? content.read(bytes, Number(place) * 512, clusterSize) : undefined
    for (let bit = 0; place !== 0n && bit < clusterSize * 8; bit++) {
      const block = number * clusterSize * 8 + bit
      if (block >= blocks) break
      if (part === undefined || ((part[bit >> 3]! >> (bit & 7)) & 1) === 1) found.add(block)
    }
  })
  return HashSet.fromIterable(found)
}

/** The map at the end of an image, if it has one that counts. */
export const read = (bytes: content.Bytes, start: Uint8Array, clusterSize: number): Tracking | undefined => {
  const at = ChangeTracking.position(start)
  if (at === undefined) return undefined
  const map = Either.getOrUndefined(ChangeTracking.parse(content.read(bytes, Number(at), clusterSize)))
  // The tool makes maps with blocks of this size only.
  return map === undefined || map.blockSize !== BigInt(blockSize)
    ? undefined
    : { since: map.since, blocks: changed(bytes, map, clusterSize) }
}
