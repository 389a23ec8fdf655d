import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as byteImage from "../byteImage.js"
import type * as content from "../content.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Image } from "../image.js"
import * as image from "../image.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { checks, denied, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"

const imageMissing = [4, "Can't open"] as const

const sector = 512

const rawMissing = [7, "Can't open"] as const

/** The image of a snapshot. */
export const open = (
  tool: Tool,
  disk: disks.Disk,
  id: SnapshotId.SnapshotId,
  purpose: "open" | "rewrite" = "open"
): Answer<disks.OpenImage> => {
  const node = disk.descriptor.images.find((image) => image.id === id)
  const isBase = SnapshotTree.nodes(disk.tree).some((other) => other.id === id && other.parent === undefined)
  const raw = isBase && disks.isRaw(disk)
  return node === undefined
    ? toolError(tool, 38, `Can't find image by uuid ${id}`)
    : disks.openImage(tool, disks.imagePath(tool, disk, node.file), {
      raw,
      clusterSize: disk.descriptor.clusterSize,
      missing: raw ? rawMissing : imageMissing,
      purpose
    })
}

/** Fails when a device shows the snapshot. */
const requireFree = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId, path: string): Answer<void> => {
  if (id === SnapshotId.top) return Either.void
  const attached = devices.attachedAt(tool, disk, path)
  return attached.length === 0
    ? Either.void
    : toolError(tool, 17, `Snapshot ${id} is busy by device(s): ${attached.map(({ device }) => `${device} `).join("")}`)
}

/** The tool counts a raw image in sectors, and appends to its file what is missing. */
const mergedSize = (parent: Image, child: Image): number =>
  parent.raw
    ? parent.size + Math.max(0, child.size - Math.ceil(parent.size / sector) * sector)
    : Math.max(parent.size, child.size)

const together = (one: HashSet.HashSet<number>, other: HashSet.HashSet<number>): HashSet.HashSet<number> =>
  HashSet.size(other) === 0 ? one : HashSet.size(one) === 0 ? other : HashSet.union(one, other)

const merged = (parent: Image, child: Image): Image => ({
  ...parent,
  // What was tracked in the parent ends where the child begins.
  tracking: parent.raw ? undefined : child.tracking,
  size: mergedSize(parent, child),
  dirty: child.dirty,
  token: undefined,
  delta: {
    tree: child.delta.tree ?? parent.delta.tree,
    clusters: together(parent.delta.clusters, child.delta.clusters)
  }
})

const requireClean = (tool: Tool, disk: disks.Disk, opened: disks.OpenImage): Answer<void> => {
  if (!opened.image.dirty) return Either.void
  const inUse = devices.find(tool, disk, undefined)?.levels.some((level) => files.same(level.file, opened.ref)) === true
  return inUse ? Either.void : toolError(tool, 4, `Image is in use ${opened.path}`)
}

/** Marks a snapshot as temporary, so that an unfinished merge is finished later. */
export const markTemporary = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> =>
  disks.change(tool, disk, {
    snapshots: disk.descriptor.snapshots.map((snapshot) =>
      snapshot.id === id ? { ...snapshot, temporary: true } : snapshot
    )
  })

/** The first cluster of the disk that the tool cannot read from the topmost of these images that has it. */
const unreadable = (tool: Tool, images: ReadonlyArray<disks.OpenImage>): number | undefined => {
  const found = images.flatMap(({ path }, level) => {
    const bytes = disks.foreignBytes(tool, path)?.bytes
    const index = bytes === undefined ? undefined : byteImage.unreadable(bytes)
    const isHidden = index !== undefined &&
      images.slice(0, level).some((upper) => HashSet.has(upper.image.delta.clusters, index))
    return index === undefined || isHidden ? [] : [index]
  })
  return found.length === 0 ? undefined : Math.min(...found)
}

const requireAlike = (tool: Tool, images: ReadonlyArray<disks.OpenImage>): Answer<void> => {
  const [first] = images
  const other = images.find(({ image }) =>
    image.clusterSize !== first!.image.clusterSize || image.version !== first!.image.version
  )
  return other === undefined ? Either.void : toolError(tool, 11, `Wrong version ${other.path}`)
}

const clustersOf = (images: ReadonlyArray<disks.OpenImage>): HashSet.HashSet<number> =>
  HashSet.fromIterable(images.flatMap(({ image }) => [
    ...image.delta.clusters,
    ...Array.from({ length: image.preallocated }, (_, cluster) => cluster)
  ]))

/**
 * The lower image, where it is worked on as bytes. It gets the size of the upper one, which is less only where somebody
 * has changed that header: no image of the tool is smaller than its clusters.
 */
const workedBytes = (tool: Tool, { image, path, ref }: disks.OpenImage, size: number): content.Bytes | undefined => {
  if (image.raw) return undefined
  const foreign = disks.foreignBytes(tool, path)?.bytes
  return foreign ?? (size < image.size ? files.bytesOf(tool.tx, ref) : undefined)
}

/** The lower image, made ready for a merge: its header is rewritten. None where it is not bytes. */
const readyBytes = (tool: Tool, into: disks.OpenImage, size: number): byteImage.Worked | undefined => {
  const bytes = workedBytes(tool, into, size)
  return bytes === undefined ? undefined : byteImage.grow(bytes, size)
}

/**
 * Fails where the data of an upper image cannot be read. The lower image has
 * been made ready by then, and has the clusters before that one.
 */
const requireCopyable = (tool: Tool, uppers: ReadonlyArray<disks.OpenImage>, into: disks.OpenImage): Answer<void> => {
  const alike = requireAlike(tool, uppers)
  if (Either.isLeft(alike)) return alike
  const ready = readyBytes(tool, into, uppers[0]!.image.size)
  if (ready !== undefined && ready.code !== 0) return disks.setWorked(tool, into.ref, ready)
  const index = unreadable(tool, uppers)
  return index === undefined ? Either.void : failCopy(tool, uppers, into, { ready, index })
}

/** Fails a merge at the cluster that cannot be read. */
const failCopy = (
  tool: Tool,
  uppers: ReadonlyArray<disks.OpenImage>,
  into: disks.OpenImage,
  { index, ready }: { readonly ready: byteImage.Worked | undefined; readonly index: number }
): Answer<never> => {
  const size = mergedSize(into.image, uppers[0]!.image)
  const copied = HashSet.filter(clustersOf(uppers), (cluster) => cluster < index)
  const clusters = HashSet.union(into.image.delta.clusters, copied)
  const left = { ...into.image, size, delta: { ...into.image.delta, clusters } }
  const stored = ready === undefined
    ? disks.setImage(tool, into.ref, into.image.raw ? left : { ...image.rewritten(left), dirty: true })
    : disks.setBytes(tool, into.ref, byteImage.marked(byteImage.withClusters(ready.bytes, sorted(copied))))
  return Either.flatMap(stored, () => {
    tool.tx.checkpoint()
    return toolError(tool, 6, "pread: Input/output error")
  })
}

const sorted = (clusters: HashSet.HashSet<number>): ReadonlyArray<number> => [...clusters].sort((a, b) => a - b)

/** The same for a merge into a new file, which stays where it was when the merge failed. */
export const requireCopyableInto = (
  tool: Tool,
  disk: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  into: string
): Answer<void> =>
  Either.gen(function*() {
    if (devices.find(tool, disk, undefined) !== undefined) return
    const images = yield* Either.all(ids.map((id) => open(tool, disk, id)))
    for (const each of images) yield* requireClean(tool, disk, each)
    if (images[0]!.image.size === 0) {
      return yield* toolError(tool, 38, "Incorrect block device size specified: 0 sectors")
    }
    if (images.some((each) => each.image.raw)) return
    yield* requireAlike(tool, images)
    const index = unreadable(tool, images)
    if (index === undefined) return
    const made = disks.emptyDelta(images[0]!.image)
    const clusters = HashSet.filter(clustersOf(images), (cluster) => cluster < index)
    const left = { ...made, dirty: true, delta: { tree: "garbage" as const, clusters } }
    yield* disks.makeImage(tool, into, image.withEmptyFlag(left))
    tool.tx.checkpoint()
    return yield* toolError(tool, 6, "pread: Input/output error")
  })

/** Merges into an image of which only the bytes are known: what else is in the file stays. */
const mergeIntoBytes = (
  tool: Tool,
  into: disks.OpenImage,
  uppers: ReadonlyArray<disks.OpenImage>,
  result: Image
): Answer<void> => {
  const ready = readyBytes(tool, into, uppers[0]!.image.size)
  if (ready === undefined) return disks.setImage(tool, into.ref, image.rewritten(result))
  const filled = byteImage.withClusters(ready.bytes, sorted(clustersOf(uppers)))
  return disks.setBytes(tool, into.ref, image.withMarker(filled, result, files.remember(tool.tx, result.delta)))
}

/** Which file has the result of a merge: that of the last image, or a new one, of which the last image is only read. */
export type MergeResult = "last image" | "new file"

/** Leaves the in-use flag of the lower image set, as a merge does that fails after it has begun. */
const leaveMarked = (tool: Tool, { image, path, ref }: disks.OpenImage): Answer<void> => {
  const bytes = disks.foreignBytes(tool, path)?.bytes
  const marked = image.raw
    ? Either.void
    : bytes === undefined
    ? disks.setImage(tool, ref, { ...image, dirty: true })
    : disks.setBytes(tool, ref, byteImage.marked(bytes))
  return Either.map(marked, () => tool.tx.checkpoint())
}

/** Opens the lower image and sets its in-use flag, then opens the others. When one of them fails, the flag stays. */
const openBelow = (
  tool: Tool,
  openClean: (id: SnapshotId.SnapshotId) => Answer<disks.OpenImage>,
  ids: ReadonlyArray<SnapshotId.SnapshotId>
): Answer<void> =>
  Either.flatMap(openClean(ids.at(-1)!), (into) => {
    const failed = ids.slice(0, -1).map(openClean).find(Either.isLeft)
    return failed === undefined ? Either.void : Either.flatMap(leaveMarked(tool, into), () => Either.left(failed.left))
  })

const isBase = ({ tree }: disks.Disk, id: SnapshotId.SnapshotId | undefined): boolean =>
  SnapshotTree.nodes(tree).some((node) => node.id === id && node.parent === undefined)

const failsReadOnly = (tool: Tool, disk: disks.Disk, ids: ReadonlyArray<SnapshotId.SnapshotId>): boolean =>
  trait(tool, GenerationTraits.failsReadOnlyMerges) === "everywhere" || !isBase(disk, ids.at(-1))

/** Whether the driver copies what is below the top delta into it, so that the upper file stays. */
const mergesUp = (tool: Tool, disk: disks.Disk, ids: ReadonlyArray<SnapshotId.SnapshotId>): boolean =>
  trait(tool, traits.mergesIntoTopDelta) && ids[0] === SnapshotId.top && !isBase(disk, ids.at(-1)) &&
  devices.find(tool, disk, undefined) !== undefined

/** Opens the images to merge, topmost first: each must be clean, and is read as it is when all have been tested. */
const openMerged = (
  tool: Tool,
  disk: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  running: Device | undefined,
  result: MergeResult
): Answer<ReadonlyArray<disks.OpenImage>> => {
  const openClean = (id: SnapshotId.SnapshotId) =>
    Either.flatMap(
      open(tool, disk, id, result === "last image" && id === ids.at(-1) ? "rewrite" : "open"),
      (opened) => Either.map(requireClean(tool, disk, opened), () => opened)
    )
  const marksFirst = trait(tool, traits.marksMergedFirst) && running === undefined && result === "last image"
  const ready = checks(
    ...(marksFirst ? [() => openBelow(tool, openClean, ids)] : ids.map((id) => () => openClean(id))),
    () =>
      running?.topReadOnly === true && ids[0] === SnapshotId.top && failsReadOnly(tool, disk, ids)
        ? toolError(tool, 3, "PLOOP_IOC_MERGE: Read-only file system")
        : Either.void,
    () => running === undefined ? Either.void : devices.sync(tool, running)
  )
  return Either.isRight(ready) ? Either.all(ids.map((id) => open(tool, disk, id))) : Either.left(ready.left)
}

/** Stores what the last image is after the merge. */
const storeMerged = (
  tool: Tool,
  into: disks.OpenImage,
  uppers: ReadonlyArray<disks.OpenImage>,
  { result, rewrites }: { readonly result: Image; readonly rewrites: boolean }
): Answer<void> => {
  if (result.raw) return disks.setRaw(tool, into, result, HashSet.has(clustersOf(uppers), 0))
  if (!rewrites) return disks.setImage(tool, into.ref, result)
  return mergeIntoBytes(tool, into, uppers, result)
}

/** Removes the files of images that were merged into another. */
const removeMerged = (
  tool: Tool,
  running: Device | undefined,
  images: ReadonlyArray<disks.OpenImage>
): Answer<void> =>
  checks(...images.map(({ path, ref }) => () =>
    Either.map(
      denied(tool, 35, `unlink ${path}`)(files.unlink(tool.tx, path)),
      () => devices.drop(tool, running?.device, ref)
    )
  ))

/** Copies into the top delta of a running disk what the images below it have, and removes the file of the next one. */
const mergeUp = (tool: Tool, disk: disks.Disk, ids: ReadonlyArray<SnapshotId.SnapshotId>): Answer<void> =>
  Either.gen(function*() {
    const running = devices.find(tool, disk, undefined)
    const [top, next] = yield* openMerged(tool, disk, ids, running, "last image")
    const chain = yield* Either.all(SnapshotTree.chain(disk.tree, SnapshotId.top).map(({ id }) => open(tool, disk, id)))
    const { delta } = merged(next!.image, top!.image)
    yield* disks.setImage(tool, top!.ref, {
      ...top!.image,
      token: undefined,
      delta: { ...delta, clusters: clustersOf(chain) }
    })
    yield* removeMerged(tool, running, [next!])
  })

/** Merges the data of images, topmost first, into the last one, and removes the files of the others. */
const mergeImages = (
  tool: Tool,
  disk: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  kept: MergeResult
): Answer<void> => {
  const running = devices.find(tool, disk, undefined)
  const opened = openMerged(tool, disk, ids, running, kept)
  if (Either.isLeft(opened)) return Either.left(opened.left)
  const [upper, ...lower] = opened.right
  const into = lower.at(-1)!
  const uppers = [upper!, ...lower.slice(0, -1)]
  const isIdle = running === undefined
  const rewrites = isIdle && kept === "last image"
  return checks(
    () => rewrites ? requireCopyable(tool, uppers, into) : Either.void,
    () => {
      const all = lower.reduce((above, below) => merged(below.image, above), upper!.image)
      // The tool moves what is tracked of an idle disk only.
      const result = isIdle ? all : { ...all, tracking: undefined }
      return storeMerged(tool, into, uppers, { result, rewrites })
    },
    () => removeMerged(tool, running, uppers)
  )
}

/** Merges an image into another that is not known to be below it, and leaves both files. */
export const mergeBare = (tool: Tool, upper: disks.OpenImage, into: disks.OpenImage): Answer<void> =>
  Either.flatMap(requireCopyable(tool, [upper], into), () => {
    // What is tracked in the upper image takes the place of what is tracked in the other.
    const tracking = upper.image.tracking ?? into.image.tracking
    const result = { ...merged(into.image, upper.image), tracking }
    return storeMerged(tool, into, [upper], { result, rewrites: true })
  })

/**
 * What remains in the descriptor: the first identifier, with the file of the
 * last, or its own, in the position of the last, or of the first where the tool keeps that.
 */
export const remaining = (
  tool: Tool,
  { descriptor, tree }: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  keepsFile = false
): disks.Change => {
  const [survivor] = ids
  const last = ids.at(-1)
  const place = trait(tool, GenerationTraits.mergesInPlaceOfParent) ? last : survivor
  const only = <A extends { readonly id: SnapshotId.SnapshotId }>(
    entries: ReadonlyArray<A>,
    merge: (lowest: A) => A
  ): ReadonlyArray<A> =>
    entries
      .filter(({ id }) => id === place || !ids.includes(id))
      .map((entry) => entry.id === place ? merge(entries.find(({ id }) => id === last)!) : entry)
  const temporary = devices.isTemporary(tree, survivor!)
  return {
    images: only(descriptor.images, (lowest) => ({
      ...(keepsFile ? descriptor.images.find(({ id }) => id === survivor)! : lowest),
      id: survivor!
    })),
    snapshots: only(descriptor.snapshots, (lowest) => ({ ...lowest, id: survivor!, temporary }))
  }
}

/**
 * Merges the images of a chain, topmost first, into the last one. The
 * identifier of the first survives, in the file of the last.
 */
export const mergeChain = (
  tool: Tool,
  before: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  kept: MergeResult = "last image"
): Answer<disks.Disk> => {
  const free = checks(...ids.map((id) => () => requireFree(tool, before, id, disks.fileOf(tool, before, id) ?? "")))
  if (Either.isLeft(free)) return Either.left(free.left)
  const marked = trait(tool, traits.marksBeforeMerge) ? markTemporary(tool, before, ids.at(-1)!) : undefined
  if (marked !== undefined && Either.isLeft(marked)) return marked
  // If the merge fails, the snapshot stays marked.
  if (marked !== undefined) tool.tx.checkpoint()
  const disk = marked?.right ?? before
  const up = kept === "last image" && mergesUp(tool, disk, ids)
  return disks.changeWith(
    tool,
    disk,
    remaining(tool, disk, ids, up),
    () => up ? mergeUp(tool, disk, ids) : mergeImages(tool, disk, ids, kept)
  )
}

/** Merges a snapshot into its parent: the data goes to the parent's file, and the parent's identifier is gone. */
export const mergeInto = (
  tool: Tool,
  disk: disks.Disk,
  child: SnapshotId.SnapshotId,
  kept: MergeResult = "last image"
): Answer<disks.Disk> => {
  const parent = SnapshotTree.nodes(disk.tree).find(({ id }) => id === child)?.parent
  if (parent === undefined) {
    return toolError(tool, 38, `Can't find parent of uuid ${child} (is that a base image?)`)
  }
  const children = SnapshotTree.children(disk.tree, parent).length
  return children > 1
    ? toolError(tool, 38, `Can't merge to snapshot ${parent}: it has ${children} children`)
    : mergeChain(tool, disk, [child, parent], kept)
}

/** Removes a leaf of the tree and its file. When it is the top delta, its parent becomes the top delta. */
export const removeLeaf = (tool: Tool, disk: disks.Disk, node: SnapshotTree.Node): Answer<disks.Disk> =>
  Either.gen(function*() {
    const { id, parent } = node
    if (parent === undefined) return yield* toolError(tool, 38, "Unable to delete base image")
    if (id === SnapshotId.top && devices.isTemporary(disk.tree, parent)) {
      return yield* toolError(tool, 38, "Unable to delete top delta, parent snapshot is temporary")
    }
    const path = disks.imagePath(tool, disk, node.file)
    const attached = devices.attachedAt(tool, disk, path)
    if (attached.length > 0 && id !== SnapshotId.top) {
      const names = attached.map(({ device }) => `${device} `).join("")
      return yield* toolError(tool, 17, `Snapshot ${id} is busy by device(s): ${names}`)
    }
    const renamed = (other: SnapshotId.SnapshotId) => id === SnapshotId.top && other === parent ? SnapshotId.top : other
    const next = yield* disks.change(tool, disk, {
      images: disk.descriptor.images
        .filter((entry) => entry.id !== id)
        .map((entry) => ({ ...entry, id: renamed(entry.id) })),
      snapshots: disk.descriptor.snapshots
        .filter((entry) => entry.id !== id)
        .map((entry) => ({ ...entry, id: renamed(entry.id), parent: renamed(entry.parent) }))
    })
    // The snapshot is gone, even if its file cannot be removed.
    tool.tx.checkpoint()
    yield* denied(tool, 35, `unlink ${path}`)(files.unlink(tool.tx, path))
    return next
  })

const inUse = (tool: Tool, disk: disks.Disk, path: HostPath): boolean =>
  devices.attachedAt(tool, disk, path).some((device) => device.component !== undefined)

/**
 * Merges or removes the temporary snapshots that no device uses and that have
 * at most one child. On an idle disk, some generations stop at the first that
 * has more.
 */
export const mergeTemporary = (tool: Tool, before: disks.Disk): Answer<disks.Disk> => {
  let disk = before
  for (;;) {
    const next = nextTemporary(tool, disk)
    if (next === undefined) return Either.right(disk)
    const [child] = SnapshotTree.children(disk.tree, next.id)
    // The tool loses this top delta on the way, and goes on without the merge.
    if (child?.id === SnapshotId.top && disk.isOld && trait(tool, GenerationTraits.losesOldTop)) {
      return Either.right(disk)
    }
    const merged = child === undefined ? removeLeaf(tool, disk, next) : mergeInto(tool, disk, child.id)
    if (Either.isLeft(merged)) return merged
    disk = merged.right
  }
}

/** The temporary snapshot to merge or remove next. */
const nextTemporary = (tool: Tool, disk: disks.Disk): SnapshotTree.Node | undefined => {
  const temporary = SnapshotTree.nodes(disk.tree).filter((node) => node.temporary)
  if (temporary.length === 0) return undefined
  const children = ({ id }: SnapshotTree.Node) => SnapshotTree.children(disk.tree, id).length
  const stops = trait(tool, GenerationTraits.stopsAtSharedTemporary) &&
    devices.find(tool, disk, undefined) === undefined
  const next = temporary.find((node) =>
    (stops || children(node) < 2) && !inUse(tool, disk, disks.imagePath(tool, disk, node.file))
  )
  return next === undefined || children(next) > 1 ? undefined : next
}
