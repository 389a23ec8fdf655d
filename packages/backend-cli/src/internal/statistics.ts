import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Option from "effect/Option"
import type { FileSystemNumbers } from "./hostFiles.js"
import { powerOfTwo } from "./superblock.js"

/** The numbers of a file system as the tool prints them, in whole KiB. */
export interface Statistics {
  readonly size: ByteSize.ByteSize
  readonly free: ByteSize.ByteSize
  readonly inodes: bigint
  readonly freeInodes: bigint
  readonly blockSize: ByteSize.ByteSize
}

/** More blocks than any disk has. */
const tooMany = 1n << 52n

/** None unless the numbers can be those of a file system. */
export const make = (
  { blockSize: bytes, blocks, freeBlocks, freeInodes, inodes }: FileSystemNumbers
): Option.Option<Statistics> => {
  if (blocks > tooMany || freeBlocks > blocks || freeInodes > inodes) return Option.none()
  return Option.map(powerOfTwo(bytes), (blockSize) => {
    const size = blocks * bytes / 1024n
    const used = (blocks - freeBlocks) * bytes / 1024n
    return { size: ByteSize.KiB(size), free: ByteSize.KiB(size - used), inodes, freeInodes, blockSize }
  })
}
