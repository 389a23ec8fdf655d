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
  size: parent.raw ? child.size : Math.max(parent.size, child.size),
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

/** Brings the data of images, the uppermost first, into the last of them, and removes the files of the others. */
const mergeImages = (tool: Tool, disk: disks.Disk, ids: ReadonlyArray<SnapshotId.SnapshotId>): Answer<void> =>
  Either.gen(function*() {
    const running = devices.find(tool, disk, undefined)
    for (const id of ids) yield* requireClean(tool, disk, yield* open(tool, disk, id))
    if (running !== undefined) yield* devices.sync(tool, running)
    const [upper, ...lower] = yield* Either.all(ids.map((id) => open(tool, disk, id)))
    const into = lower.at(-1)!
    yield* disks.setImage(tool, into.ref, lower.reduce((image, below) => merged(below.image, image), upper!.image))
    for (const { path, ref } of [upper!, ...lower.slice(0, -1)]) {
      yield* denied(tool, 35, `unlink ${path}`)(files.unlink(tool.tx, path))
      devices.drop(tool, ref)
    }
  })

/** What is left in the descriptor: the first identifier, with the file and the place of the last. */
const remaining = ({ descriptor, tree }: disks.Disk, ids: ReadonlyArray<SnapshotId.SnapshotId>): disks.Change => {
  const [survivor] = ids
  const last = ids.at(-1)
  const kept = <A extends { readonly id: SnapshotId.SnapshotId }>(entries: ReadonlyArray<A>) =>
    entries.filter(({ id }) => id === last || !ids.includes(id))
  const temporary = devices.isTemporary(tree, survivor!)
  return {
    images: kept(descriptor.images).map((entry) => entry.id === last ? { ...entry, id: survivor! } : entry),
    snapshots: kept(descriptor.snapshots).map((entry) =>
      entry.id === last ? { ...entry, id: survivor!, temporary } : entry
    )
  }
}

/** Merges the images of a chain, the uppermost first, into the last: that is the file in which the first lives on. */
export const mergeChain = (
  tool: Tool,
  before: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>
): Answer<disks.Disk> =>
  Either.gen(function*() {
    let disk = before
    for (const id of ids) yield* requireFree(tool, disk, id, disks.fileOf(tool, disk, id) ?? "")
    if (generation(tool) !== "1.15") {
      disk = yield* markTemporary(tool, disk, ids.at(-1)!)
      // A merge that fails now leaves the mark.
      tool.tx.keep()
    }
    return yield* disks.changeWith(tool, disk, remaining(disk, ids), () => mergeImages(tool, disk, ids))
  })

/** Merges a snapshot into its parent: its data goes to the parent's file, and the parent's identifier is lost. */
export const mergeInto = (tool: Tool, disk: disks.Disk, child: SnapshotId.SnapshotId): Answer<disks.Disk> => {
  const parent = SnapshotTree.nodes(disk.tree).find(({ id }) => id === child)?.parent
  if (parent === undefined) {
    return said(tool, 38, `Can't find parent of uuid ${child} (is that a base image?)`)
  }
  const children = SnapshotTree.children(disk.tree, parent).length
  return children > 1
    ? said(tool, 38, `Can't merge to snapshot ${parent}: it has ${children} children`)
    : mergeChain(tool, disk, [child, parent])
}

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
