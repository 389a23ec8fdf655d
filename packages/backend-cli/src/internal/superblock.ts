import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Option from "effect/Option"

/** How much of the start of a file system `blockSize` needs, in bytes. */
export const length = 2048

/** A number that can be the block size of a file system. */
export const powerOfTwo = (value: bigint): Option.Option<ByteSize.ByteSize> =>
  value >= 512n && value <= 65536n && (value & (value - 1n)) === 0n
    ? Option.some(ByteSize.ByteSizeFromSelf.make(value))
    : Option.none()

/** The block size in the superblock of an ext or XFS file system. */
export const blockSize = (start: Uint8Array): Option.Option<ByteSize.ByteSize> => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (view.byteLength >= 1082 && view.getUint16(1024 + 56, true) === 0xef53) {
    return powerOfTwo(1024n << BigInt(Math.min(view.getUint32(1024 + 24, true), 16)))
  }
  return view.byteLength >= 8 && view.getUint32(0) === 0x58465342
    ? powerOfTwo(BigInt(view.getUint32(4)))
    : Option.none()
}
