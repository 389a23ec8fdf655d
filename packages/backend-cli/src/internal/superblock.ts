import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Option from "effect/Option"

/** How much of the start of a file system is needed, in bytes. */
export const length = 2048

/** A number that can be the block size of a file system. */
export const powerOfTwo = (value: bigint): Option.Option<ByteSize.ByteSize> =>
  value >= 512n && value <= 65536n && (value & (value - 1n)) === 0n
    ? Option.some(ByteSize.ByteSizeFromSelf.make(value))
    : Option.none()

const isExt = (view: DataView): boolean => view.byteLength >= length && view.getUint16(1024 + 56, true) === 0xef53

const isXfs = (view: DataView): boolean => view.byteLength >= 16 && view.getUint32(0) === 0x58465342

const blocksOf = (view: DataView): bigint | undefined =>
  isExt(view)
    ? BigInt(view.getUint32(1024 + 4, true)) + (BigInt(view.getUint32(1024 + 336, true)) << 32n)
    : isXfs(view)
    ? view.getBigUint64(8)
    : undefined

/** The size in the superblock of an ext or XFS file system, in bytes. */
export const size = (start: Uint8Array): Option.Option<bigint> => {
  const blocks = blocksOf(new DataView(start.buffer, start.byteOffset, start.byteLength))
  return blocks === undefined ? Option.none() : Option.map(blockSize(start), (bytes) => blocks * bytes)
}

/** The block size in the superblock of an ext or XFS file system. */
export const blockSize = (start: Uint8Array): Option.Option<ByteSize.ByteSize> => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (isExt(view)) {
    return powerOfTwo(1024n << BigInt(Math.min(view.getUint32(1024 + 24, true), 16)))
  }
  return isXfs(view) ? powerOfTwo(BigInt(view.getUint32(4))) : Option.none()
}
