import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import * as Option from "effect/Option"

/** How much of an image the header takes, in bytes. */
export const length = 64

/** In sectors: more than any disk has. */
const tooMany = 1n << 43n

/** What the header of an image says. */
export interface ImageHeader {
  readonly version: FormatVersion
  readonly size: ByteSize.ByteSize
  readonly clusterSize: ByteSize.ByteSize
  /** Where the first cluster begins, in bytes. */
  readonly start: bigint
  /** Whether the in-use flag is set. */
  readonly isInUse: boolean
}

const signatures: ReadonlyMap<string, FormatVersion> = new Map([["WithoutFreeSpace", 1], ["WithouFreSpacExt", 2]])

/** The version of the format by the first 16 bytes of an image. */
export const version = (bytes: Uint8Array): Option.Option<FormatVersion> =>
  Option.fromNullable(signatures.get(new TextDecoder().decode(bytes.subarray(0, 16))))

/** None unless the bytes are a header: signature, sizes and the length of the index table agree. */
export const read = (bytes: Uint8Array): Option.Option<ImageHeader> => {
  if (bytes.byteLength < length) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const clusterSectors = BigInt(view.getUint32(28, true))
  const clusters = BigInt(view.getUint32(32, true))
  const firstSector = BigInt(view.getUint32(48, true))
  return Option.filterMap(version(bytes), (version) => {
    const sectors = version === 1 ? BigInt(view.getUint32(36, true)) : view.getBigUint64(36, true)
    const fits = clusterSectors > 0n && firstSector > 0n && firstSector % clusterSectors === 0n &&
      clusters * clusterSectors >= sectors && sectors < tooMany
    return fits
      ? Option.some({
        version,
        size: ByteSize.fromSectors(sectors),
        clusterSize: ByteSize.fromSectors(clusterSectors),
        start: firstSector * ByteSize.sectorSize,
        isInUse: view.getUint32(44, true) !== 0
      })
      : Option.none()
  })
}
