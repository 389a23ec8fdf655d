import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Option from "effect/Option"

/** What the header of an image says. */
export interface ImageHeader {
  readonly version: FormatVersion
  readonly size: ByteSize.ByteSize
  readonly clusterSize: ByteSize.ByteSize
  /** Where the first cluster begins, in bytes. */
  readonly start: bigint
  /** Whether the in-use flag is set. */
  readonly isInUse: boolean
  /** Whether it is a header as the tool writes it. The in-use flag of another one still says that a device may write. */
  readonly isRegular: boolean
}

/** None unless the bytes are a header: signature, sizes and the length of the index table agree. */
export const read = (bytes: Uint8Array): Option.Option<ImageHeader> => {
  if (bytes.byteLength < ImageExamination.headerLength) return Option.none()
  const header = ImageExamination.readHeader(bytes)
  const { clusterSectors, firstSector, inUse, sectors, version } = header
  return version !== undefined && ImageExamination.isHeader(header)
    ? Option.some({
      version,
      size: ByteSize.fromSectors(sectors),
      clusterSize: ByteSize.fromSectors(clusterSectors),
      start: firstSector * ByteSize.sectorSize,
      isInUse: inUse !== 0,
      isRegular: ImageExamination.isRegular(header)
    })
    : Option.none()
}
