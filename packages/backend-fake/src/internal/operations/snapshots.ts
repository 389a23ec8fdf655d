import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotChange from "@effect-ploop/core/SnapshotChange"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as deviceTable from "../deviceTable.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import * as image from "../image.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, checks, context, denied, generation, refused, toolError, trait } from "../tool.js"
import * as tracking from "../tracking.js"
import * as traits from "../traits.js"
import { requireMergeable, requireMergeableBelow, requireMergeableRange } from "./mergeable.js"
import {
  markTemporary,
  mergeChain,
  mergeInto,
  mergeTemporary,
  open as openImage,
  remaining,
  removeLeaf,
  requireCopyableInto
} from "./merging.js"
import { attach, requireAttachable } from "./mounts.js"
import { repair } from "./repairing.js"
import { requireUnshared, requireUnsharedOnTheWay } from "./sharing.js"

/** The maximum number of images in a chain. */
const longestChain = 127

const baseName = (tool: Tool, disk: disks.Disk, stripped: boolean): string => {
  const { file } = disk.descriptor.images[0]!
  return stripped && trait(tool, traits.replacesIdentifierInName) ? file.replace(/\.\{[^{}]*\}$/, "") : file
}

/** A new top delta: an empty image as large as the one below it. */
export const newDelta = (tool: Tool, on: image.Image): image.Image =>
  disks.emptyDelta(on, on.raw ? GenerationTraits.defaultVersion(generation(tool), tool.tx.rest) : on.version)

const sector = 512

/** Fails where the tool makes no delta on a raw image, because its size is not a whole number of clusters. */
const requireWholeClusters = (tool: Tool, { clusterSize, raw, size }: image.Image): Answer<void> => {
  const sectors = Math.floor(size / sector)
  const perCluster = clusterSize / sector
  return !raw || sectors % perCluster === 0 || !trait(tool, traits.alignsNewDeltas) ? Either.void : toolError(
    tool,
    1,
    `An incorrect block device size is specified: ${sectors} sectors. ` +
      `The block device size must be aligned to the cluster block size ${perCluster}`
  )
}

/** Adds the new top delta to a running device. The in-use flag moves to it. */
const addDelta = (
  tool: Tool,
  device: Device,
  below: disks.OpenImage,
  level: { readonly file: disks.OpenImage["ref"]; readonly path: string },
  made: image.Image
): Answer<void> =>
  Either.gen(function*() {
    if (device.snapshot !== undefined) return yield* toolError(tool, 3, "PLOOP_IOC_SNAPSHOT: Invalid argument")
    if (device.maintenance !== "OFF") {
      return yield* toolError(tool, 3, "PLOOP_IOC_SNAPSHOT: Device or resource busy")
    }
    yield* devices.sync(tool, device)
    const inode = tool.tx.inode(below.ref)
    const current = tool.tx.device(device.device) ?? device
    if (inode.body._tag === "Image") {
      // What was tracked up to now is kept with the snapshot from which another tracking begins.
      const kept = made.tracking === undefined ? undefined : current.tracking
      yield* disks.setImage(tool, below.ref, { ...devices.frozen(inode.body), dirty: false, tracking: kept })
    }
    yield* disks.setImage(tool, level.file, { ...made, dirty: true, tracking: undefined })
    devices.push(tool, { ...current, tracking: made.tracking ?? current.tracking }, level)
  })

const repaired = (tool: Tool, opened: disks.OpenImage, device: Device | undefined): Answer<void> =>
  opened.image.dirty && device === undefined && trait(tool, traits.repairsTopImage)
    ? disks.foreignBytes(tool, opened.path) !== undefined
      ? repair(tool, [{ path: opened.path, raw: false, printed: `Image is in use ${opened.path}` }])
      : disks.setImage(tool, opened.ref, { ...opened.image, dirty: false, staleFlag: false })
    : Either.void

const openTop = (tool: Tool, disk: disks.Disk): Answer<disks.OpenImage> =>
  disks.openForSize(tool, disk, SnapshotTree.top(disk.tree))

/** Fails where the tool cannot take a snapshot with this identifier. */
const refuseSnapshot = (tool: Tool, { tree }: disks.Disk, id: SnapshotId.SnapshotId): Answer<void> => {
  if (Option.isSome(SnapshotTree.get(tree, id))) return toolError(tool, 38, `The snapshot ${id} already exist`)
  return SnapshotTree.chain(tree, SnapshotId.top).length < longestChain ? Either.void : toolError(
    tool,
    38,
    `Unable to create a snapshot. The maximum number of snapshots (${longestChain - 1}) has been reached`
  )
}

/** Makes the new top delta, on the running device too, and returns its file as the descriptor has it. */
const addTop = (tool: Tool, disk: disks.Disk, begun: tracking.Tracking | undefined): Answer<string> => {
  const opened = openTop(tool, disk)
  if (Either.isLeft(opened)) return Either.left(opened.left)
  const below = opened.right
  const aligned = requireWholeClusters(tool, below.image)
  if (Either.isLeft(aligned)) return Either.left(aligned.left)
  const file = `${baseName(tool, disk, true)}.${tool.tx.uuid()}`
  const path = disks.imagePath(tool, disk, file)
  const running = devices.find(tool, disk, undefined)
  // The tool copies what is tracked of an idle disk to the new top delta.
  const copied = running === undefined && !below.image.raw ? below.image.tracking : undefined
  const made = { ...newDelta(tool, below.image), tracking: begun ?? copied }
  const ref = disks.makeImage(tool, path, made)
  if (Either.isLeft(ref)) return Either.left(ref.left)
  return running === undefined
    ? Either.right(file)
    : Either.map(addDelta(tool, running, below, { file: ref.right, path }, made), () => file)
}

/** The descriptor of a disk whose top delta became a snapshot under a new top delta. */
const withSnapshot = (
  disk: disks.Disk,
  id: SnapshotId.SnapshotId,
  temporary: boolean,
  file: string
): disks.Change => {
  const renamed = (other: SnapshotId.SnapshotId) => other === SnapshotId.top ? id : other
  return {
    images: [
      ...disk.descriptor.images.map((entry) => ({ id: renamed(entry.id), type: entry.type, file: entry.file })),
      { id: SnapshotId.top, type: disks.isRaw(disk) ? "Plain" : "Compressed", file }
    ],
    snapshots: [
      ...disk.descriptor.snapshots.map((entry) => ({
        id: renamed(entry.id),
        parent: renamed(entry.parent),
        temporary: entry.temporary || (temporary && entry.id === SnapshotId.top)
      })),
      { id: SnapshotId.top, parent: id, temporary: false }
    ]
  }
}

/** Takes a snapshot: the top delta gets its identifier, and a new top delta is added. */
const take = (
  tool: Tool,
  before: disks.Disk,
  id: SnapshotId.SnapshotId,
  { temporary = false, track = false }: { readonly temporary?: boolean; readonly track?: boolean } = {}
): Answer<disks.Disk> => {
  const device = devices.find(tool, before, undefined)
  const allowed = checks(
    () => Refusal.trackChanges(tool, generation(tool), { track }, before),
    () => Refusal.otherWriter(tool, devices.otherWriter(tool, before, undefined)?.device),
    () => requireUnsharedOnTheWay(tool, before),
    () => requireMergeable(tool, before),
    () => disks.refuseOld(tool, before),
    () => refuseSnapshot(tool, before, id),
    () => Either.flatMap(openTop(tool, before), (opened) => repaired(tool, opened, device)),
    () => Refusal.createSnapshot(tool, generation(tool), before.tree, device?.device)
  )
  if (Either.isLeft(allowed)) return Either.left(allowed.left)
  const disk = mergeTemporary(tool, before)
  if (Either.isLeft(disk)) return disk
  const file = addTop(tool, disk.right, track ? tracking.begin(id) : undefined)
  return Either.isRight(file)
    ? disks.change(tool, disk.right, withSnapshot(disk.right, id, temporary, file.right))
    : Either.left(file.left)
}

export const createSnapshot = (tool: Tool, request: Request.CreateSnapshot): Answer<SnapshotId.SnapshotId> => {
  const disk = disks.open(tool, request.disk)
  if (Either.isLeft(disk)) return Either.left(disk.left)
  const id = request.id ?? tool.tx.uuid()
  return Either.map(take(tool, disk.right, id, { track: request.track }), () => id)
}

export const createTemporarySnapshot = (
  tool: Tool,
  request: Request.CreateTemporarySnapshot
): Answer<Result.TemporarySnapshot> =>
  Either.gen(function*() {
    const target = request.target === undefined ? undefined : absolute(tool, request.target)
    if (target !== undefined) yield* devices.requireDirectory(tool, target)
    const before = yield* disks.read(tool, request.disk, "backend")
    const component = `~${request.component}`
    yield* Refusal.attachedDisk(tool, devices.find(tool, before, component)?.device)
    yield* requireAttachable(tool, before)
    yield* disks.lock(tool, before)
    const id = request.id ?? tool.tx.uuid()
    const disk = yield* take(tool, before, id, { temporary: true })
    const device = yield* attach(tool, disk, { snapshot: id, readOnly: true, component })
    if (target !== undefined) yield* devices.mount(tool, device, target)
    return {
      ...devices.attachment(device),
      disk: request.disk,
      id,
      ...(target !== undefined && { target })
    }
  })

/** Removes the cached numbers of the file system, where they are gone even when the switch fails. */
const forgetNumbers = (tool: Tool, disk: disks.Disk): void => {
  if (!trait(tool, traits.forgetsNumbersBeforeSwitch)) return
  disks.dropStatfs(tool, disk)
  tool.tx.checkpoint()
}

/** Goes back to a snapshot: replaces the top delta with a new one on top of the snapshot. */
const switchTo = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> => {
  forgetNumbers(tool, disk)
  const opened = Either.flatMap(
    openSnapshot(tool, disk, id),
    (opened) => Either.map(refuseSwitch(tool, disk, opened), () => opened)
  )
  if (Either.isLeft(opened)) return Either.left(opened.left)
  const aligned = requireWholeClusters(tool, opened.right.image)
  if (Either.isLeft(aligned)) return Either.left(aligned.left)
  const old = disks.fileOf(tool, disk, SnapshotId.top)!
  const file = `${baseName(tool, disk, false)}.${tool.tx.uuid()}`
  const ref = disks.makeImage(tool, disks.imagePath(tool, disk, file), newDelta(tool, opened.right.image))
  if (Either.isLeft(ref)) return Either.left(ref.left)
  const next = disks.change(tool, disk, {
    images: [
      ...disk.descriptor.images.filter((entry) => entry.id !== SnapshotId.top),
      { id: SnapshotId.top, type: disks.isRaw(disk) ? "Plain" : "Compressed", file }
    ],
    snapshots: [
      ...disk.descriptor.snapshots.filter((entry) => entry.id !== SnapshotId.top),
      { id: SnapshotId.top, parent: id, temporary: false }
    ]
  })
  if (Either.isLeft(next)) return next
  disks.dropStatfs(tool, disk)
  // The file may be gone already.
  files.unlink(tool.tx, old)
  return next
}

/** Whether the tool does not find the top delta by this identifier: the descriptor has another one for it. */
const isUnknownTop = (disk: disks.Disk, id: SnapshotId.SnapshotId): boolean => disk.isOld && id === SnapshotId.top

/** Opens the image of the snapshot that is switched to. */
const openSnapshot = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.OpenImage> => {
  const old = disks.refuseOld(tool, disk)
  if (Either.isLeft(old)) return Either.left(old.left)
  if (isUnknownTop(disk, id)) return toolError(tool, 38, `Can't find snapshot by uuid ${id}`)
  if (id === SnapshotId.top) return toolError(tool, 38, `Nothing to do, already on ${id} snapshot`)
  const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, id))
  if (node === undefined) return toolError(tool, 38, `Can't find snapshot by uuid ${id}`)
  return node.temporary
    ? toolError(tool, 38, `Snapshot ${id} is temporary`)
    : disks.openForSize(tool, disk, node)
}

/** Fails where the disk cannot be switched to the snapshot that has this image. */
const refuseSwitch = (tool: Tool, disk: disks.Disk, { image, path }: disks.OpenImage): Answer<void> => {
  if (image.dirty && trait(tool, traits.refusesInUseFlag)) return toolError(tool, 4, `Image is in use ${path}`)
  const device = devices.find(tool, disk, undefined)
  if (device !== undefined) {
    return toolError(tool, 38, `Unable to perform switch to snapshot operation on running device (${device.device})`)
  }
  const children = SnapshotTree.children(disk.tree, SnapshotId.top).length
  return children === 0 ? Either.void : refused(
    new PloopError.SnapshotHasChildren({ ...context(tool), exitCode: 38, id: SnapshotId.top, children })
  )
}

export const switchSnapshot = (tool: Tool, request: Request.OfSnapshot): Answer<void> =>
  Either.flatMap(disks.open(tool, request.disk), (disk) =>
    checks(
      () => Refusal.otherWriter(tool, devices.otherWriter(tool, disk, undefined)?.device),
      () => switchTo(tool, disk, request.id)
    ))

/** Opens a disk for a switch, and refuses before anything is changed. */
const openSwitchable = (tool: Tool, request: Request.OfSnapshot): Answer<disks.Disk> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "backend")
    yield* Refusal.switchTo(tool, disk.tree, request.id)
    yield* Refusal.otherWriter(tool, devices.otherWriter(tool, disk, undefined)?.device)
    disks.makeLockFile(tool, disk)
    yield* Refusal.runningDisk(tool, devices.find(tool, disk, undefined)?.device)
    yield* requireUnsharedOnTheWay(tool, disk)
    return disk
  })

export const snapshotAndSwitch = (tool: Tool, request: Request.SnapshotAndSwitch): Answer<SnapshotId.SnapshotId> =>
  Either.gen(function*() {
    const disk = yield* openSwitchable(tool, request)
    yield* requireMergeable(tool, disk)
    yield* disks.lock(tool, disk)
    const kept = request.keepAs ?? tool.tx.uuid()
    const taken = yield* take(tool, disk, kept)
    const switched = switchTo(tool, taken, request.id)
    // When the switch fails, the snapshot is deleted again.
    if (Either.isLeft(switched) && Either.isRight(remove(tool, taken, kept))) tool.tx.checkpoint()
    return yield* Either.map(switched, () => kept)
  })

export const switchAndDelete = (tool: Tool, request: Request.OfSnapshot): Answer<void> =>
  Either.gen(function*() {
    const { id } = request
    const disk = yield* openSwitchable(tool, request)
    yield* Refusal.switchAndDelete(tool, disk.tree, id)
    yield* requireUnshared(tool, disk, [disk.descriptor.images.find((image) => image.id === id)?.file])
    yield* requireMergeableBelow(tool, disk, id)
    yield* disks.lock(tool, disk)
    const switched = yield* switchTo(tool, disk, id)
    // If the snapshot cannot be deleted now, it stays: the switch has happened.
    tool.tx.checkpoint()
    yield* removeUnrefused(tool, switched, id)
  })

/** Removes one snapshot: a leaf with its file; one with a child is merged into it; any other is marked. */
const removeNode = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> => {
  const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, id))
  if (node === undefined) return toolError(tool, 43, `Can't find snapshot by uuid ${id}`)
  if (id === SnapshotId.top && devices.find(tool, disk, undefined) !== undefined) {
    return toolError(tool, 38, `Unable to delete active snapshot ${id}`)
  }
  const [child, ...others] = SnapshotTree.children(disk.tree, id)
  return child === undefined
    ? removeLeaf(tool, disk, node)
    : others.length === 0
    ? mergeInto(tool, disk, child.id)
    : node.temporary
    ? Either.right(disk)
    : markTemporary(tool, disk, id)
}

/** What the tool does when it deletes a snapshot, whatever a backend would refuse. */
const removeUnrefused = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> => {
  const next = removeNode(tool, disk, id)
  if (Either.isLeft(next)) return next
  // A merge that fails leaves another temporary snapshot; this one is deleted anyway.
  return Either.orElse(mergeTemporary(tool, next.right), () => disks.readAnyName(tool, disk.path))
}

const remove = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> => {
  const allowed = checks(
    () =>
      id === SnapshotId.top
        ? Refusal.shownImages(tool, generation(tool), id, devices.ofTop(tool, disk).map(({ device }) => device))
        : Either.void,
    () => requireMergeable(tool, disk, id),
    () => disks.refuseOld(tool, disk),
    () =>
      isUnknownTop(disk, id)
        ? toolError(tool, 43, `Can't find snapshot by uuid ${id}`)
        : Either.void
  )
  return Either.flatMap(allowed, () => removeUnrefused(tool, disk, id))
}

export const deleteSnapshot = (tool: Tool, { disk: name, id }: Request.OfSnapshot): Answer<Result.SnapshotDeleted> => {
  const found = disks.read(tool, name, "backend")
  if (Either.isLeft(found)) return Either.left(found.left)
  const disk = found.right
  const marked = SnapshotChange.alreadyMarked(disk.tree, id)
  if (Option.isSome(marked)) return Either.right(marked.value)
  const allowed = checks(
    () => Refusal.deleteSnapshot(tool, disk, id),
    () => Refusal.oldTopMerged(tool, generation(tool), disk, id),
    () => requireUnshared(tool, disk, Refusal.writtenWhenDeleted(disk.tree, id)),
    () => disks.lock(tool, disk)
  )
  return Either.isRight(allowed)
    ? Either.map(remove(tool, disk, id), (next) => SnapshotChange.deleted(disk.tree, next.tree, id))
    : Either.left(allowed.left)
}

/** Moves the image of a snapshot to a new file, as large as the topmost of the merged images. */
const moveInto = (
  tool: Tool,
  disk: disks.Disk,
  id: SnapshotId.SnapshotId,
  into: HostPath,
  size: number
): Answer<disks.Disk> =>
  Either.gen(function*() {
    const opened = yield* openImage(tool, disk, id)
    // The tool copies data to a new image without updating its header, which has the empty flag set.
    const isCopied = devices.find(tool, disk, undefined) === undefined
    const moved = { ...opened.image, size }
    yield* disks.setImage(tool, opened.ref, isCopied ? image.withEmptyFlag(moved) : moved)
    yield* denied(tool, 1, `Can't create ${into}`)(files.rename(tool.tx, opened.path, into))
    for (const device of deviceTable.ofFile(tool.tx.devices, opened.ref)) {
      tool.tx.setDevice({
        ...device,
        levels: device.levels.map((level) => files.same(level.file, opened.ref) ? { ...level, path: into } : level)
      })
    }
    return yield* disks.change(tool, disk, {
      images: disk.descriptor.images.map((entry) =>
        entry.id === id ? { ...entry, file: disks.relative(tool, disk.home, into) } : entry
      )
    })
  })

/** Fails where images cannot be merged into a new file. The descriptor of the merged disk stays. */
const requireMergedInto = (
  tool: Tool,
  disk: disks.Disk,
  ids: ReadonlyArray<SnapshotId.SnapshotId>,
  into: HostPath
): Answer<void> => {
  const copyable = requireCopyableInto(tool, disk, ids, into)
  if (Either.isRight(copyable)) return copyable
  return Either.gen(function*() {
    const marked = trait(tool, traits.marksBeforeMerge) ? yield* markTemporary(tool, disk, ids.at(-1)!) : disk
    yield* disks.leaveAside(tool, marked, remaining(tool, marked, ids))
    return yield* copyable
  })
}

export const mergeSnapshots = (tool: Tool, request: Request.MergeSnapshots): Answer<Result.Merged> =>
  Either.gen(function*() {
    const before = yield* disks.read(tool, request.disk, "backend")
    const range = yield* Refusal.mergeRange(tool, before.tree, request)
    yield* Refusal.oldTop(tool, generation(tool), before, range.survivor)
    const id = range.survivor
    const into = request.into === undefined ? undefined : absolute(tool, request.into)
    const { images } = before.descriptor
    const written = into === undefined ? images.filter((image) => range.merged.includes(image.id)) : []
    yield* requireUnsharedOnTheWay(tool, before)
    yield* requireUnshared(tool, before, written.map(({ file }) => file))
    if (into !== undefined) {
      yield* Refusal.mergeIntoFile(tool, generation(tool), before, range)
      yield* Refusal.existingFile(tool, into, files.exists(tool.tx, into))
      yield* disks.requireParent(tool, tool.path.dirname(into))
    }
    yield* requireMergeableRange(tool, before, range)
    yield* disks.lock(tool, before)
    if (into !== undefined) yield* requireMergedInto(tool, before, [id, ...range.merged], into)
    const uppermost = Either.map(openImage(tool, before, id), ({ image }) => image.size)
    const result = into === undefined ? "last image" : "new file"
    let disk = before
    if (trait(tool, traits.mergesRanges)) disk = yield* mergeChain(tool, disk, [id, ...range.merged], result)
    else for (let step = 0; step < range.merged.length; step++) disk = yield* mergeInto(tool, disk, id, result)
    if (into !== undefined) disk = yield* moveInto(tool, disk, id, into, yield* uppermost)
    return {
      survivor: id,
      image: disks.fileOf(tool, disk, id)!,
      gone: SnapshotChange.gone(before.tree, disk.tree)
    }
  })

export const listSnapshots = (tool: Tool, { disk }: Request.OfDisk): Answer<SnapshotTree.SnapshotTree> =>
  Either.map(disks.readAnyName(tool, disk), ({ tree }) => tree)
