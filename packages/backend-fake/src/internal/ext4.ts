import * as space from "./space.js"

const blocksPerGroup = 32_768
const inodesPerBlock = 16
const descriptorsPerBlock = 64
const journalBlocks = 32_768
/** The tool asks for room to grow, of which the format can use this much. */
const reservedDescriptorBlocks = 1024

/** How many inodes a new file system has before the first file: the reserved ones without the root. */
export const reservedInodes = 9

/** How the tool's mkfs lays out an ext4 file system. */
export interface Layout {
  readonly type: "ext3" | "ext4"
  /** What it says its blocks are, in bytes; space is given out in blocks of 4 KiB whatever it says. */
  readonly blockSize: number
  readonly blocks: number
  readonly inodesPerGroup: number
}

export const groups = (layout: Layout): number => Math.ceil(layout.blocks / blocksPerGroup)

export const inodes = (layout: Layout): number => groups(layout) * layout.inodesPerGroup

const isPower = (value: number, base: number): boolean => {
  let power = base
  while (power < value) power *= base
  return power === value
}

/** Only some groups have a copy of the superblock. */
const hasBackup = (group: number): boolean => group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7)

/** Blocks of the superblocks, group descriptors and the room for more of them, copies included. */
const backupBlocks = (layout: Layout): number => {
  const count = groups(layout)
  let backups = 0
  for (let group = 0; group < count; group++) if (hasBackup(group)) backups++
  return backups * (1 + Math.ceil(count / descriptorsPerBlock) + reservedDescriptorBlocks)
}

/** Blocks of the tables that a new file system is written with: all but the inodes and the journal. */
export const tableBlocks = (layout: Layout): number => backupBlocks(layout) + groups(layout) * 2

/** Blocks of the tables of inodes, which are written later unless told otherwise. */
export const inodeBlocks = (layout: Layout): number => inodes(layout) / inodesPerBlock

/** Blocks that the file system keeps for itself. */
export const overhead = (layout: Layout): number => tableBlocks(layout) + inodeBlocks(layout) + journalBlocks

/** The layout of a new file system in a partition of so many bytes; none when its journal does not fit. */
export const layout = (type: Layout["type"], blockSize: number, partition: number): Layout | undefined => {
  const blocks = Math.floor(partition / space.blockSize)
  const perGroup = Math.ceil(Math.floor(blocks / 4) / Math.max(Math.ceil(blocks / blocksPerGroup), 1))
  const found: Layout = {
    type,
    blockSize,
    blocks,
    inodesPerGroup: Math.ceil(perGroup / inodesPerBlock) * inodesPerBlock
  }
  return journalBlocks <= (blocks - backupBlocks(found)) / 2 ? found : undefined
}
