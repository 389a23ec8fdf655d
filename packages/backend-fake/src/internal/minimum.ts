/**
 * The smallest size of a file system: what resize2fs estimates and refuses to go
 * below. It counts groups of blocks, so that the estimate of ext4 exceeds what is in use. It is
 * exact but for the blocks that map files, which the host in memory does not count.
 */
import * as HashMap from "effect/HashMap"
import * as layouts from "./layout.js"
import type { Volume } from "./state.js"

/** How many groups have their inode tables together in ext4. */
const flexible = 16

/** A last group with fewer blocks for files is not worth having. */
const leastInGroup = 50

/** How many extents a block has. */
const extentsPerBlock = 340

/** ext4 keeps this part of the lost blocks for the extents of what is moved. */
const lostPerMargin = 500

interface Need {
  readonly layout: layouts.Layout
  /** The blocks in use that are not the file system's own, with the journal. */
  readonly data: number
  readonly inodes: number
}

const isFlexible = ({ layout }: Need): boolean => layout.type === "ext4"

const overhead = ({ layout }: Need, from: number, to: number): number => {
  let sum = 0
  for (let index = from; index < to; index++) sum += layouts.group(layout, index).overhead
  return sum
}

/** How many groups have their tables written when there are this many: all that share their place. */
const withTables = (need: Need, count: number): number =>
  isFlexible(need)
    ? Math.min(count - count % flexible + flexible, layouts.groups(need.layout))
    : count

/** Room for files in the groups from one to another. */
const roomIn = (need: Need, from: number, to: number): number =>
  to > from ? (to - from) * layouts.blocksPerGroup - overhead(need, from, to) : 0

/**
 * How many groups hold the inodes and the data, and how much of the data is counted as lying below the last of them:
 * resize2fs leaves out the groups that it adds before the end of those whose tables it has counted already.
 */
const groupsFor = (need: Need): { readonly count: number; readonly below: number } => {
  let count = Math.ceil(need.inodes / need.layout.inodesPerGroup)
  let tables = withTables(need, count)
  let room = Math.max(0, count * layouts.blocksPerGroup - overhead(need, 0, tables))
  let below = roomIn(need, 0, count - 1)
  while (need.data > room) {
    const more = Math.ceil((need.data - room) / layouts.blocksPerGroup)
    const before = tables
    below += roomIn(need, count - 1, count)
    count += more
    if (count > tables || !isFlexible(need)) tables = withTables(need, count)
    below += roomIn(need, before, Math.min(tables, count - 1))
    room += more * layouts.blocksPerGroup - overhead(need, before, tables)
  }
  return { count, below }
}

/** Where the part of a group of the inode table ends. */
const tableEnd = (need: Need, index: number): number => {
  const first = isFlexible(need) ? index - index % flexible : index
  const together = isFlexible(need) ? Math.min(flexible, layouts.groups(need.layout) - first) : 1
  const { copy, inodes } = layouts.group(need.layout, first)
  return first * layouts.blocksPerGroup + copy + 2 * together + (index - first + 1) * inodes
}

/** What ext4 adds: the further it shrinks, the more extents may be needed for what is moved. */
const margin = (need: Need, blocks: number): number =>
  isFlexible(need)
    ? Math.min(
      Math.floor((need.layout.blocks - blocks) / lostPerMargin),
      Math.max(Math.ceil(need.data / extentsPerBlock), need.inodes)
    )
    : 0

const least = (need: Need): number => {
  const { layout } = need
  const { below, count } = groupsFor(need)
  const last = count - 1
  const own = overhead(need, isFlexible(need) && last < flexible ? 0 : last, withTables(need, count))
  const blocks = Math.max(
    last * layouts.blocksPerGroup + own + Math.max(leastInGroup, need.data - below),
    tableEnd(need, last)
  )
  return blocks >= layout.blocks ? layout.blocks : blocks + margin(need, blocks)
}

/** In blocks. */
export const minimum = (volume: Volume): number => {
  const layout = volume.layout!
  const free = volume.space?.freeBlocks ?? 0
  return least({
    layout,
    data: layout.blocks - layouts.overhead(layout) + layout.journalBlocks - free,
    inodes: layouts.reservedInodes(layout) + HashMap.size(volume.inodes)
  })
}
