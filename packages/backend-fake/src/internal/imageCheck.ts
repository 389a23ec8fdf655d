/** The tool's check, on the bytes of an image file. */
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as content from "./content.js"
import { Check, type Outcome, type Repairs } from "./imageCheck/check.js"
import { NewerCheck } from "./imageCheck/newerCheck.js"

const { headerLength } = ImageExamination

/** How much of a file each generation reads for its header, in bytes. */
const startLength: Row<number> = { "1.15": headerLength, "7": 4096, "9": 4096 }

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

type Arguments = ConstructorParameters<typeof Check>

const checks: Row<(...args: Arguments) => Check> = {
  "1.15": (...args) => new Check(...args),
  "7": (...args) => new NewerCheck("7", ...args),
  "9": (...args) => new NewerCheck("9", ...args)
}

/** Checks an image as a generation does, and makes the repairs that the options allow. */
export const check = (generation: Generation, bytes: content.Bytes, path: string, repairs: Repairs): Outcome => {
  if (bytes.size < startLength[generation]) return { code: 6, errors: [], lines: ["Short read PVD header"], bytes }
  const header = ImageExamination.readHeader(content.read(bytes, 0, headerLength))
  const wrong = wrongHeader(header, path)
  if (wrong !== undefined) return { code: 11, errors: [wrong], lines: [], bytes }
  return checks[generation](bytes, path, header, repairs).run()
}
