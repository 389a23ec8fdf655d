import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The type in the header of every image. */
const imageType = 2

const isClusterSize = Schema.is(Schema.typeSchema(ClusterSize.ClusterSize))

/** What the header of an image says. */
export interface ImageHeader {
  readonly version: FormatVersion
  readonly size: ByteSize.ByteSize
  readonly clusterSize: ByteSize.ByteSize
  /** Where the first cluster begins, in bytes. */
  readonly start: bigint
  /** Whether the in-use flag is set. */
  readonly isInUse: boolean
  /**
   * Whether it is a header as the tool writes it. Another one may have a type or clusters
   * that the tool does not know, or a size that is not a whole number of clusters. Its
   * in-use flag still says that a device may write to the image.
   */
  readonly isRegular: boolean
}

/** None unless the bytes are a header: signature, sizes and the length of the index table agree. */
export const read = (bytes: Uint8Array): Option.Option<ImageHeader> => {
  if (bytes.byteLength < ImageExamination.headerLength) return Option.none()
  const header = ImageExamination.readHeader(bytes)
  const { clusterSectors, firstSector, inUse, sectors, type, version } = header
  return version !== undefined && ImageExamination.isHeader(header)
    ? Option.some({
      version,
      size: ByteSize.fromSectors(sectors),
      clusterSize: ByteSize.fromSectors(clusterSectors),
      start: firstSector * ByteSize.sectorSize,
      isInUse: inUse !== 0,
      isRegular: type === imageType && isClusterSize(ByteSize.fromSectors(clusterSectors)) &&
        sectors % clusterSectors === 0n
    })
    : Option.none()
}
