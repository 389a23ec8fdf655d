import type { HostPath } from "@effect-ploop/core/HostPath"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Image } from "../image.js"
import type { Answer, Tool } from "../tool.js"
import { denied, generation, said } from "../tool.js"

const imageMissing = [4, "Can't open"] as const

/** The image of a snapshot. */
export const open = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.OpenImage> => {
  const node = disk.descriptor.images.find((image) => image.id === id)
  const isBase = SnapshotTree.nodes(disk.tree).some((other) => other.id === id && other.parent === undefined)
  return node === undefined
    ? said(tool, 38, `Can't find image by uuid ${id}`)
    : disks.openImage(tool, disks.imagePath(tool, disk, node.file), {
      raw: isBase && disks.isRaw(disk),
      clusterSize: disk.descriptor.clusterSize,
      missing: imageMissing
    })
}

/** Devices with a name of their own keep the snapshot they are attached at; an idle temporary one is taken down. */
const requireFree = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId, path: string): Answer<void> => {
  if (id === SnapshotId.top) return Either.void
  const attached = devices.attachedAt(tool, disk, path)
  if (attached.length === 0) return Either.void
  const idle = devices.isTemporary(disk.tree, id) &&
    attached.every((device) => tool.tx.mountsOf(device.device).length === 0)
  return idle
    ? Either.map(Either.all(attached.map((device) => devices.detach(tool, device))), () => undefined)
    : said(tool, 17, `Snapshot ${id} is busy by device(s): ${attached.map(({ device }) => `${device} `).join("")}`)
}

const merged = (parent: Image, child: Image): Image => ({
  ...parent,
  size: parent.layout === "raw" ? child.size : Math.max(parent.size, child.size),
  dirty: child.dirty,
  token: undefined,
  delta: {
    tree: child.delta.tree ?? parent.delta.tree,
    clusters: HashSet.union(parent.delta.clusters, child.delta.clusters)
  }
})

const requireClean = (tool: Tool, disk: disks.Disk, opened: disks.OpenImage): Answer<void> => {
  const inUse = devices.find(tool, disk, undefined)?.levels.some((level) => files.same(level.file, opened.ref)) === true
  return opened.image.dirty && !inUse ? said(tool, 4, `Image is in use ${opened.path}`) : Either.void
}

/** Marks a snapshot as temporary, so that what was begun with it is finished later. */
export const markTemporary = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> =>
  disks.change(tool, disk, {
    snapshots: disk.descriptor.snapshots.map((snapshot) =>
      snapshot.id === id ? { ...snapshot, temporary: true } : snapshot
    )
  })

/** Merges a snapshot into its parent: its data goes to the parent's file, and the parent's identifier is lost. */
export const mergeInto = (tool: Tool, before: disks.Disk, child: SnapshotId.SnapshotId): Answer<disks.Disk> =>
  Either.gen(function*() {
    let disk = before
    const node = SnapshotTree.nodes(disk.tree).find(({ id }) => id === child)
    const parent = node?.parent
    if (parent === undefined) {
      return yield* said(tool, 38, `Can't find parent of uuid ${child} (is that a base image?)`)
    }
    const children = SnapshotTree.children(disk.tree, parent).length
    if (children > 1) {
      return yield* said(
        tool,
        38,
        `Can't merge to snapshot ${parent}: it has ${children} child${children === 1 ? "" : "ren"}`
      )
    }
    const upper = yield* open(tool, disk, child)
    const lower = yield* open(tool, disk, parent)
    yield* requireFree(tool, disk, parent, lower.path)
    yield* requireFree(tool, disk, child, upper.path)
    if (generation(tool) !== "1.15") {
      disk = yield* markTemporary(tool, disk, parent)
      // A merge that fails now leaves the mark.
      tool.tx.keep()
    }
    for (const opened of [upper, lower]) yield* requireClean(tool, disk, opened)
    const running = devices.find(tool, disk, undefined)
    if (running !== undefined && running.levels.some((level) => files.same(level.file, upper.ref))) {
      yield* devices.sync(tool, running)
    }
    const { image } = yield* open(tool, disk, child)
    yield* disks.setImage(tool, lower.ref, merged(lower.image, image))
    const temporary = devices.isTemporary(disk.tree, child)
    const next = yield* disks.change(tool, disk, {
      images: disk.descriptor.images
        .filter((entry) => entry.id !== child)
        .map((entry) => entry.id === parent ? { ...entry, id: child } : entry),
      snapshots: disk.descriptor.snapshots
        .filter((snapshot) => snapshot.id !== child)
        .map((snapshot) => snapshot.id === parent ? { ...snapshot, id: child, temporary } : snapshot)
    })
    yield* denied(tool, 35, `unlink ${upper.path}`)(files.unlink(tool.tx, upper.path))
    devices.drop(tool, upper.ref)
    return next
  })

const inUse = (tool: Tool, disk: disks.Disk, path: HostPath): boolean =>
  devices.attachedAt(tool, disk, path).some((device) => device.component !== undefined)

/** Merges away the temporary snapshots that have one child and that nobody uses. */
export const mergeTemporary = (tool: Tool, before: disks.Disk): Answer<disks.Disk> =>
  Either.gen(function*() {
    let disk = before
    for (;;) {
      const next = SnapshotTree.nodes(disk.tree).find((node) =>
        node.temporary && SnapshotTree.children(disk.tree, node.id).length === 1 &&
        !inUse(tool, disk, disks.imagePath(tool, disk, node.file))
      )
      if (next === undefined) return disk
      disk = yield* mergeInto(tool, disk, SnapshotTree.children(disk.tree, next.id)[0]!.id)
    }
  })
