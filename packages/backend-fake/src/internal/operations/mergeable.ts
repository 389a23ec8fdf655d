import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Refusal from "@effect-ploop/core/Refusal"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import { top } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as content from "../content.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { checks, generation, trait } from "../tool.js"

const sector = 512n

/** What the bytes of an image that something else wrote say: nothing unless they begin with a header. */
const readBytes = (bytes: content.Bytes): Pick<Refusal.MergedImage, "clusterSize" | "isDirty"> => {
  const start = content.read(bytes, 0, ImageExamination.headerLength)
  const header = start.length < ImageExamination.headerLength ? undefined : ImageExamination.readHeader(start)
  return header !== undefined && ImageExamination.isHeader(header)
    ? { clusterSize: header.clusterSectors * sector, isDirty: header.inUse !== 0 }
    : { clusterSize: undefined, isDirty: false }
}

const readImage = (tool: Tool, path: string): Pick<Refusal.MergedImage, "clusterSize" | "isDirty"> => {
  const foreign = disks.foreignBytes(tool, path)
  if (foreign !== undefined) return readBytes(foreign.bytes)
  const opened = disks.openImage(tool, path, { raw: false, clusterSize: 0n, missing: [4, "open"] })
  return Either.isRight(opened)
    ? { clusterSize: BigInt(opened.right.image.clusterSize), isDirty: opened.right.image.dirty }
    : { clusterSize: undefined, isDirty: false }
}

/** What a backend sees of an image that is to be merged. */
const observed = (tool: Tool, disk: disks.Disk, node: SnapshotTree.Node, runs: boolean): Refusal.MergedImage => {
  const path = disks.imagePath(tool, disk, node.file)
  const { clusterSize, isDirty } = readImage(tool, path)
  return {
    image: path,
    isRawBase: node.parent === undefined && disks.isRaw(disk),
    exists: files.exists(tool.tx, path),
    clusterSize,
    isDirty: isDirty && !runs
  }
}

/** Refuses to merge images that the device of a component shows, where it could not be unmounted afterwards. */
const requireNotShown = (tool: Tool, disk: disks.Disk, nodes: ReadonlyArray<SnapshotTree.Node>): Answer<void> =>
  trait(tool, GenerationTraits.marksReadOnlyDevices)
    ? checks(
      ...[...nodes].reverse().map(({ file, id }) => () => {
        const shown = devices.having(tool, disk, disks.imagePath(tool, disk, file))
        return Refusal.shownImages(tool, generation(tool), id, shown.map(({ device }) => device))
      })
    )
    : Either.void

const requireImages = (tool: Tool, disk: disks.Disk, nodes: ReadonlyArray<SnapshotTree.Node>): Answer<void> => {
  const attached = devices.all(tool, disk)
  // A device of a component may have any of the images.
  const inUse = attached.some(({ component }) => component !== undefined)
    ? SnapshotTree.nodes(disk.tree)
    : attached.length > 0
    ? SnapshotTree.chain(disk.tree, top)
    : []
  const chain = inUse.map(({ id }) => id)
  return Refusal.mergeable(
    tool,
    generation(tool),
    disk,
    nodes.map((node) => observed(tool, disk, node, chain.includes(node.id)))
  )
}

const requireNodes = (tool: Tool, disk: disks.Disk, nodes: ReadonlyArray<SnapshotTree.Node>): Answer<void> =>
  Either.flatMap(requireNotShown(tool, disk, nodes), () => requireImages(tool, disk, nodes))

/** Refuses what merges temporary snapshots while somebody may read from the device of one. */
export const requireNoTemporaryDevice = (tool: Tool, disk: disks.Disk): Answer<void> =>
  Refusal.temporaryDevices(
    tool,
    generation(tool),
    disk.tree,
    devices.all(tool, disk).filter(({ component }) => component?.startsWith("~") === true).map(({ device }) => device)
  )

/**
 * Refuses to merge temporary snapshots on the way where that would stop a device,
 * and to merge the top delta of a read-only device.
 */
const requireDevicesMergeable = (
  tool: Tool,
  disk: disks.Disk,
  merged: ReadonlyArray<SnapshotId> = []
): Answer<void> =>
  Either.flatMap(requireNoTemporaryDevice(tool, disk), () => {
    const own = devices.find(tool, disk, undefined)
    const device = own?.topReadOnly === true ? own.device : undefined
    return Refusal.readOnlyMerge(tool, generation(tool), disk.tree, merged, device)
  })

/** Refuses what would merge temporary snapshots, or the one that is to be deleted, that cannot be merged. */
export const requireMergeable = (tool: Tool, disk: disks.Disk, id?: SnapshotId): Answer<void> =>
  Either.flatMap(
    requireDevicesMergeable(tool, disk, id === undefined ? [] : [id]),
    () => requireNodes(tool, disk, Refusal.mergedOnTheWay(generation(tool), disk.tree, id))
  )

/**
 * The same for a snapshot that is deleted once the disk was switched to it, which
 * discards the top delta. A snapshot that a device shows stays.
 */
export const requireMergeableBelow = (tool: Tool, disk: disks.Disk, id: SnapshotId): Answer<void> =>
  Either.flatMap(
    requireDevicesMergeable(tool, disk),
    () => requireImages(tool, disk, Refusal.mergedAfterSwitch(generation(tool), disk.tree, id))
  )

/** Refuses to merge images that cannot be merged. */
export const requireMergeableImages = (
  tool: Tool,
  disk: disks.Disk,
  ids: ReadonlyArray<SnapshotId>,
  merged: ReadonlyArray<SnapshotId> = []
): Answer<void> =>
  Either.flatMap(
    requireDevicesMergeable(tool, disk, merged),
    () => requireNodes(tool, disk, SnapshotTree.nodes(disk.tree).filter(({ id }) => ids.includes(id)))
  )

/** The same for the snapshots of a range, in place. */
export const requireMergeableRange = (
  tool: Tool,
  disk: disks.Disk,
  { merged, survivor }: Refusal.MergeRange
): Answer<void> => requireMergeableImages(tool, disk, [survivor, ...merged], merged)
