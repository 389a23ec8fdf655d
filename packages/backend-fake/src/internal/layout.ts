import type { FileSystemType } from "@effect-ploop/core/FileSystemType"
import * as space from "./space.js"

export const blocksPerGroup = 32_768
const inodesPerBlock = 16
/** What mkfs takes for small: less than 512 MiB. */
const smallBlocks = 131_072
const descriptorsPerBlock = 64
/** The journal of the tool's mkfs: 128 MiB. */
const journalBlocks = 32_768
/** The tool reserves space to grow, of which the format can use this many blocks per copy. */
const mostReservedBlocks = 1024
/** So that a file system can grow at all, mkfs gets a size that is this much larger: 16 GiB. */
const leastGrowth = 4_194_304

/** XFS keeps a log of 64 MiB, and has an inode of 512 bytes for every four of them. */
const xfs = { logBlocks: 16_384, tableBlocks: 4, leastBlocks: 76_800, inodesPerBlock: 2 }

/** How the tool's mkfs lays out a file system. */
export interface Layout {
  readonly type: FileSystemType
  /** The block size that the file system reports, in bytes. Space is always allocated in blocks of 4 KiB. */
  readonly blockSize: number
  readonly blocks: number
  readonly inodesPerGroup: number
  /** Whether it is in a partition, and not on the device itself. */
  readonly partitioned: boolean
  /** Empty when it has none. */
  readonly label: string
  readonly journalBlocks: number
  /** The blocks that each copy of the group descriptors reserves, into which they grow. */
  readonly reservedBlocks: number
}

export const groups = (layout: Layout): number => Math.ceil(layout.blocks / blocksPerGroup)

const isXfs = ({ type }: Layout): boolean => type === "xfs"

/** The inodes in use in a new file system: the reserved ones without the root. */
export const reservedInodes = (layout: Layout): number => isXfs(layout) ? 2 : 9

export const inodes = (layout: Layout): number =>
  isXfs(layout) ? layout.blocks * xfs.inodesPerBlock : groups(layout) * layout.inodesPerGroup

const isPower = (value: number, base: number): boolean => {
  let power = base
  while (power < value) power *= base
  return power === value
}

/** Whether a group has a copy of the superblock; only some have. */
const hasBackup = (group: number): boolean => group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7)

/** The blocks of a superblock, the group descriptors and the space reserved for more of them: one copy. */
const copyBlocks = (layout: Layout): number =>
  1 + Math.ceil(groups(layout) / descriptorsPerBlock) + layout.reservedBlocks

/** The same, of all copies. */
const backupBlocks = (layout: Layout): number => {
  const count = groups(layout)
  let backups = 0
  for (let group = 0; group < count; group++) if (hasBackup(group)) backups++
  return backups * copyBlocks(layout)
}

/** What a group of blocks has of the file system's own. */
interface Group {
  /** The blocks in front of its bitmaps. */
  readonly copy: number
  /** The blocks of its part of the inode table. */
  readonly inodes: number
  /** All of them, with its two bitmaps. */
  readonly overhead: number
}

export const group = (layout: Layout, index: number): Group => {
  const copy = hasBackup(index) ? copyBlocks(layout) : 0
  const inodes = layout.inodesPerGroup / inodesPerBlock
  return { copy, inodes, overhead: copy + inodes + 2 }
}

/** The blocks of the tables that are written when a file system is made: all except the inodes and the journal. */
export const tableBlocks = (layout: Layout): number =>
  isXfs(layout) ? xfs.tableBlocks : backupBlocks(layout) + groups(layout) * 2

/** The blocks of the inode tables, which are written later by default. */
export const inodeBlocks = (layout: Layout): number => isXfs(layout) ? 0 : inodes(layout) / inodesPerBlock

/** The blocks that the file system uses itself. */
export const overhead = (layout: Layout): number =>
  isXfs(layout) ? xfs.logBlocks : tableBlocks(layout) + inodeBlocks(layout) + layout.journalBlocks

/** How many blocks there are for an inode: what the tool chooses, or what mkfs does. */
export type InodeRatio = "fixed" | "by size"

const blocksPerInode = (ratio: InodeRatio, blocks: number): number =>
  ratio === "by size" && blocks < smallBlocks ? 1 : 4

/** What is chosen for a new file system. */
export interface Choice extends Pick<Layout, "blockSize" | "label" | "partitioned" | "type"> {
  /** In bytes; that of the tool unless given. */
  readonly journalSize?: number | undefined
  /** In bytes; as far as the format allows it unless given. */
  readonly growsTo?: number | undefined
}

/** The blocks of the descriptors of all groups. */
const descriptorBlocks = (blocks: number): number => Math.ceil(Math.ceil(blocks / blocksPerGroup) / descriptorsPerBlock)

const reservedFor = (growsTo: number | undefined, blocks: number): number =>
  growsTo === undefined
    ? mostReservedBlocks
    : Math.min(
      descriptorBlocks(Math.ceil(growsTo / space.blockSize) + leastGrowth) - descriptorBlocks(blocks),
      mostReservedBlocks
    )

/** The layout of a new file system that may have this many bytes; undefined when it is too small for its journal. */
export const layout = (
  { growsTo, journalSize, ...choice }: Choice,
  bytes: number,
  ratio: InodeRatio
): Layout | undefined => {
  const blocks = Math.floor(bytes / space.blockSize)
  const count = Math.floor(blocks / blocksPerInode(ratio, blocks))
  const perGroup = Math.ceil(count / Math.max(Math.ceil(blocks / blocksPerGroup), 1))
  const found: Layout = {
    ...choice,
    blocks,
    inodesPerGroup: Math.ceil(perGroup / inodesPerBlock) * inodesPerBlock,
    journalBlocks: journalSize === undefined ? journalBlocks : Math.ceil(journalSize / space.blockSize),
    reservedBlocks: reservedFor(growsTo, blocks)
  }
  if (isXfs(found)) return blocks < xfs.leastBlocks ? undefined : found
  return found.journalBlocks <= (blocks - backupBlocks(found)) / 2 ? found : undefined
}
