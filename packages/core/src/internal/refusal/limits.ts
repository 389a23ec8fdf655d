import * as ByteSize from "../../ByteSize.js"
import * as ClusterSize from "../../ClusterSize.js"
import * as FormatVersion from "../../FormatVersion.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type * as Result from "../../Result.js"
import type { MeasuredFileSystem, SizedDisk } from "./model.js"

/** How many clusters of a disk stay outside its file system after a resize. */
export const reservedClusters = 4n

/** The smallest disk of a file system. */
const around = (fileSystem: bigint, clusterSize: ClusterSize.ClusterSize): ByteSize.ByteSize =>
  ClusterSize.roundUp(ByteSize.make(fileSystem + reservedClusters * clusterSize), clusterSize)

export const leastMounted = (
  generation: Generation,
  { available, size, tables }: Pick<MeasuredFileSystem, "available" | "size" | "tables">
): bigint => size - available - (GenerationTraits.shrinksByShare[generation] ? 0n : tables)

/** What ext4 keeps of its space for itself, so that a balloon cannot have it: 2 %, at most 16 MiB. */
const keptByExt4 = (size: bigint): bigint => {
  const share = size / 50n
  const most = ByteSize.MiB(16)
  return share < most ? share : most
}

const minimum = (
  generation: Generation,
  { clusterSize, fileSystem, size }: SizedDisk
): ByteSize.ByteSize | undefined => {
  switch (fileSystem?._tag) {
    case undefined:
      return undefined
    case "Mounted":
      return around(leastMounted(generation, fileSystem.measured) + keptByExt4(fileSystem.measured.size), clusterSize)
    case "Idle":
      return around(fileSystem.least, clusterSize)
    case "CutWhenIdle":
      return ClusterSize.roundUp(ByteSize.make(size + 1n), clusterSize)
  }
}

const smaller = (a: ByteSize.ByteSize, b: ByteSize.ByteSize): ByteSize.ByteSize => a < b ? a : b

export const sizeLimits = (generation: Generation, disk: SizedDisk): Result.SizeLimits => {
  const least = minimum(generation, disk)
  const maximumGrow = FormatVersion.maximumSize(disk.version ?? 2)
  return {
    size: disk.size,
    ...(least !== undefined && { minimum: least }),
    maximum: smaller(GenerationTraits.largestFileSystem[generation], maximumGrow),
    maximumGrow
  }
}
