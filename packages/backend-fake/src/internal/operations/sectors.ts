import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Either from "effect/Either"
import type { Answer, Tool } from "../tool.js"
import { generation, said } from "../tool.js"

/** The unit in which the tool prints sizes. */
export const sectors = (bytes: number | bigint): bigint => BigInt(bytes) / ByteSize.sectorSize

/** The largest disk with a file system, in bytes. */
const largest = (tool: Tool): bigint => (generation(tool) === "1.15" ? 16n : 50n) << 40n

/** The tool makes no file system in a larger disk, and makes none larger. */
export const refuseTooLarge = (tool: Tool, size: bigint): Answer<void> =>
  size <= largest(tool) ? Either.void : said(
    tool,
    38,
    `An incorrect block device size is specified: ${sectors(size)} sectors.` +
      ` The maximum allowed size is ${sectors(largest(tool))} sectors`
  )
