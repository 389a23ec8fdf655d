import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import * as Either from "effect/Either"
import * as files from "./files.js"
import type { Tool } from "./tool.js"

/** The same for every name of a file; the path itself when the file is not there. */
export const real = (tool: Tool, path: string): string => Either.getOrElse(files.realPath(tool.tx, path), () => path)

/** The directory with the links of a volume. */
export const linksOf = (tool: Tool, directory: string): string => tool.path.join(directory, DiskVolume.linksName)

/** The directories of the children of the volume in this directory. */
export const childrenOf = (tool: Tool, directory: string): ReadonlyArray<string> => {
  const links = linksOf(tool, directory)
  const names = Either.getOrElse(files.readDirectory(tool.tx, links), (): ReadonlyArray<string> => [])
  return [...new Set(names.map((name) => real(tool, tool.path.join(links, name))))].sort()
}
