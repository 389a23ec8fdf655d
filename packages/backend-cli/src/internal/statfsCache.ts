import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Option from "effect/Option"
import { powerOfTwo } from "./superblock.js"

/** The numbers of the file system that an unmount by descriptor leaves beside the base image. */
export const name = ".statfs"

/** Five numbers of 8 bytes. */
export const length = 40

export interface Statistics {
  readonly size: ByteSize.ByteSize
  readonly free: ByteSize.ByteSize
  readonly inodes: bigint
  readonly freeInodes: bigint
  readonly blockSize: ByteSize.ByteSize
}

/** More blocks than any disk has. */
const tooMany = 1n << 52n

/** The numbers as the tool prints them, in whole KiB; none unless they can be those of a file system. */
export const read = (bytes: Uint8Array): Option.Option<Statistics> => {
  if (bytes.byteLength !== length) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const [bsize, blocks, bfree, inodes, ifree] = [0, 8, 16, 24, 32].map((at) => view.getBigUint64(at, true)) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint
  ]
  if (blocks > tooMany || bfree > blocks || ifree > inodes) return Option.none()
  return Option.map(powerOfTwo(bsize), (blockSize) => {
    const size = blocks * bsize / 1024n
    const used = (blocks - bfree) * bsize / 1024n
    return {
      size: ByteSize.KiB(size),
      free: ByteSize.KiB(size - used),
      inodes,
      freeInodes: ifree,
      blockSize
    }
  })
}
