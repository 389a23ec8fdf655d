/** The tool's check, on the bytes of an image file. */
import type { Generation } from "@effect-ploop/core/Generation"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as content from "./content.js"
import { Check, flag, type Outcome, type Repairs } from "./imageCheck/check.js"
import { NewerCheck } from "./imageCheck/newerCheck.js"

const { headerLength } = ImageExamination

/** How much of a file each generation reads for its header, in bytes. */
const startLength: Readonly<Record<Generation, number>> = { "1.15": headerLength, "7": 4096, "9": 4096 }

const isClusterSize = (sectors: bigint): boolean =>
  sectors >= 64n && sectors <= 131_072n && (sectors & (sectors - 1n)) === 0n

/** What stops a check at the header. */
const wrongHeader = (header: ImageExamination.Header, path: string): string | undefined => {
  const { clusterSectors, firstSector, type, version } = header
  if (version === undefined) return `Wrong signature in image ${path}`
  if (type !== 2) return `Wrong type in image ${path}`
  if (!isClusterSize(clusterSectors)) return `Wrong cluster size ${Number(clusterSectors) | 0} in image ${path}`
  return firstSector % clusterSectors !== 0n || firstSector === 0n
    ? `Wrong first block offset in image ${path}`
    : undefined
}

/** Checks an image as a generation does, and makes the repairs that the options allow. */
export const check = (generation: Generation, bytes: content.Bytes, path: string, repairs: Repairs): Outcome => {
  const ended = (code: number, errors: ReadonlyArray<string>, lines: ReadonlyArray<string> = []): Outcome => ({
    code,
    errors,
    lines,
    bytes
  })
  const start = content.read(bytes, 0, headerLength)
  if (bytes.size < startLength[generation]) return ended(6, [], ["Short read PVD header"])
  const header = ImageExamination.readHeader(start)
  const wrong = wrongHeader(header, path)
  if (wrong !== undefined) return ended(11, [wrong])
  if (generation !== "1.15") return new NewerCheck(generation, bytes, path, header, repairs).run()
  if (header.inUse === 0 && !repairs.force) return ended(0, [])
  if (header.inUse !== 0 && (header.flags & flag.converting) !== 0) {
    return ended(17, [`Image ${path} is in the changing version state`])
  }
  return new Check(bytes, path, header, repairs).run()
}
