import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Either from "effect/Either"
import type { Answer, Tool } from "../tool.js"
import { toolError, trait } from "../tool.js"

/** The unit in which the tool prints sizes. */
export const sectors = (bytes: number | bigint): bigint => BigInt(bytes) / ByteSize.sectorSize

/** Refuses a disk that is too large for the tool to make or grow a file system in it. */
export const refuseTooLarge = (tool: Tool, size: bigint): Answer<void> => {
  const largest = trait(tool, GenerationTraits.largestFileSystem)
  return size <= largest ? Either.void : toolError(
    tool,
    38,
    `An incorrect block device size is specified: ${sectors(size)} sectors.` +
      ` The maximum allowed size is ${sectors(largest)} sectors`
  )
}
