import type * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import * as image from "../image.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, context, denied, generation, refused, said, unsupported } from "../tool.js"
import { markTemporary, mergeChain, mergeInto, mergeTemporary, open as openImage, removeLeaf } from "./merging.js"
import { attach } from "./mounts.js"

/** How many images may lie on each other. */
const longestChain = 127

const ids = (nodes: ReadonlyArray<SnapshotTree.Node>): ReadonlyArray<SnapshotId.SnapshotId> =>
  nodes.map((node) => node.id)

const baseName = (tool: Tool, disk: disks.Disk, stripped: boolean): string => {
  const { file } = disk.descriptor.images[0]!
  return stripped && generation(tool) === "9" ? file.replace(/\.\{[^{}]*\}$/, "") : file
}

/** The new top delta: an empty image as large as the one that it is built on. */
const newDelta = (tool: Tool, on: image.Image): image.Image => ({
  ...disks.emptyDelta(on),
  version: !on.raw ? on.version : tool.tx.state.largeDisks ? 2 : 1
})

/** A running device gets the new delta on top, and the mark of being in use goes with it. */
const layUpon = (
  tool: Tool,
  device: Device,
  below: disks.OpenImage,
  level: { readonly file: disks.OpenImage["ref"]; readonly path: string },
  made: image.Image
): Answer<void> =>
  Either.gen(function*() {
    if (device.snapshot !== undefined) return yield* said(tool, 3, "PLOOP_IOC_SNAPSHOT: Invalid argument")
    yield* devices.sync(tool, device)
    const inode = tool.tx.inode(below.ref)
    if (inode.body._tag === "Image") yield* disks.setImage(tool, below.ref, { ...inode.body, dirty: false })
    yield* disks.setImage(tool, level.file, { ...made, dirty: true })
    devices.push(tool, device, level)
  })

const repaired = (tool: Tool, opened: disks.OpenImage, device: Device | undefined): Answer<void> =>
  opened.image.dirty && device === undefined && generation(tool) === "1.15"
    ? disks.setImage(tool, opened.ref, { ...opened.image, dirty: false, staleFlag: false })
    : Either.void

const openTop = (tool: Tool, disk: disks.Disk): Answer<disks.OpenImage> =>
  Either.gen(function*() {
    if (generation(tool) === "9") {
      const base = disks.base(tool, disk)
      if (Either.isLeft(files.lookup(tool.tx, base))) {
        return yield* said(tool, 23, `Can not open ${base}: No such file or directory`)
      }
    }
    return yield* disks.openForSize(tool, disk, SnapshotTree.top(disk.tree))
  })

const refuseStuck = (tool: Tool, disk: disks.Disk, device: Device | undefined): Answer<void> => {
  const stuck = SnapshotTree.nodes(disk.tree).find((node) =>
    node.temporary && SnapshotTree.children(disk.tree, node.id).length > 1
  )
  return stuck === undefined || device !== undefined || generation(tool) !== "1.15"
    ? Either.void
    : unsupported(
      tool,
      "generation 1.15 takes no snapshot of an idle disk while a temporary one has several children: " +
        `delete a child of ${stuck.id} first`
    )
}

/** Takes a snapshot: what was the top delta gets its identifier, and a new top delta is laid upon it. */
const take = (
  tool: Tool,
  before: disks.Disk,
  id: SnapshotId.SnapshotId,
  temporary: boolean
): Answer<disks.Disk> =>
  Either.gen(function*() {
    yield* disks.refuseOld(tool, before)
    if (Option.isSome(SnapshotTree.get(before.tree, id))) {
      return yield* said(tool, 38, `The snapshot ${id} already exist`)
    }
    if (SnapshotTree.chain(before.tree, SnapshotId.top).length >= longestChain) {
      return yield* said(
        tool,
        38,
        `Unable to create a snapshot. The maximum number of snapshots (${longestChain - 1}) has been reached`
      )
    }
    const device = devices.find(tool, before, undefined)
    yield* repaired(tool, yield* openTop(tool, before), device)
    yield* refuseStuck(tool, before, device)
    const disk = yield* mergeTemporary(tool, before)
    const opened = yield* openTop(tool, disk)
    const file = `${baseName(tool, disk, true)}.${tool.tx.uuid()}`
    const path = disks.imagePath(tool, disk, file)
    const made = newDelta(tool, opened.image)
    const ref = yield* disks.makeImage(tool, path, made)
    const running = devices.find(tool, disk, undefined)
    if (running !== undefined) yield* layUpon(tool, running, opened, { file: ref, path }, made)
    const renamed = (other: SnapshotId.SnapshotId) => other === SnapshotId.top ? id : other
    return yield* disks.change(tool, disk, {
      images: [
        ...disk.descriptor.images.map((entry) => ({ ...entry, id: renamed(entry.id) })),
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
    })
  })

export const createSnapshot = (tool: Tool, request: Request.CreateSnapshot): Answer<SnapshotId.SnapshotId> =>
  Either.gen(function*() {
    const disk = yield* disks.open(tool, request.disk)
    const id = request.id ?? tool.tx.uuid()
    yield* take(tool, disk, id, false)
    return id
  })

export const createTemporarySnapshot = (
  tool: Tool,
  request: Request.CreateTemporarySnapshot
): Answer<Result.TemporarySnapshot> =>
  Either.gen(function*() {
    const target = request.target === undefined ? undefined : absolute(tool, request.target)
    if (target !== undefined) yield* devices.requireDirectory(tool, target)
    const before = yield* disks.read(tool, request.disk, "backend")
    const component = `~${request.component}`
    const other = devices.find(tool, before, component)
    if (other !== undefined) {
      return yield* refused(new PloopError.AlreadyMounted({ ...context(tool), device: other.device }))
    }
    disks.lock(tool, before)
    const id = request.id ?? tool.tx.uuid()
    const disk = yield* take(tool, before, id, true)
    const device = yield* attach(tool, disk, { snapshot: id, readOnly: true, component })
    if (target !== undefined) yield* devices.mount(tool, device, target)
    return {
      ...devices.attachment(device),
      disk: request.disk,
      id,
      ...(target !== undefined && { target })
    }
  })

/** Goes back to a snapshot: the top delta is dropped, and a new one is laid upon the snapshot. */
const switchTo = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> =>
  Either.gen(function*() {
    yield* disks.refuseOld(tool, disk)
    if (id === SnapshotId.top) return yield* said(tool, 38, `Nothing to do, already on ${id} snapshot`)
    const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, id))
    if (node === undefined) return yield* said(tool, 38, `Can't find snapshot by uuid ${id}`)
    if (node.temporary) return yield* said(tool, 38, `Snapshot ${id} is temporary`)
    const { image, path } = yield* disks.openForSize(tool, disk, node)
    if (image.dirty && generation(tool) === "1.15") return yield* said(tool, 4, `Image is in use ${path}`)
    const device = devices.find(tool, disk, undefined)
    if (device !== undefined) {
      return yield* said(
        tool,
        38,
        `Unable to perform switch to snapshot operation on running device (${device.device})`
      )
    }
    const children = SnapshotTree.children(disk.tree, SnapshotId.top).length
    if (children > 0) {
      return yield* refused(
        new PloopError.SnapshotHasChildren({ ...context(tool), exitCode: 38, id: SnapshotId.top, children })
      )
    }
    const old = disks.fileOf(tool, disk, SnapshotId.top)!
    const file = `${baseName(tool, disk, false)}.${tool.tx.uuid()}`
    yield* disks.makeImage(tool, disks.imagePath(tool, disk, file), newDelta(tool, image))
    const next = yield* disks.change(tool, disk, {
      images: [
        ...disk.descriptor.images.filter((entry) => entry.id !== SnapshotId.top),
        { id: SnapshotId.top, type: disks.isRaw(disk) ? "Plain" : "Compressed", file }
      ],
      snapshots: [
        ...disk.descriptor.snapshots.filter((entry) => entry.id !== SnapshotId.top),
        { id: SnapshotId.top, parent: id, temporary: false }
      ]
    })
    disks.dropStatfs(tool, disk)
    // A file that is gone already is no hindrance.
    files.unlink(tool.tx, old)
    return next
  })

export const switchSnapshot = (tool: Tool, request: Request.OfSnapshot): Answer<void> =>
  Either.gen(function*() {
    yield* switchTo(tool, yield* disks.open(tool, request.disk), request.id)
  })

/** What a switch refuses, known before anything is changed. */
const openSwitchable = (tool: Tool, request: Request.OfSnapshot): Answer<disks.Disk> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "backend")
    const { id } = request
    const found = { ...context(tool), id }
    const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, id))
    if (node === undefined) return yield* refused(new PloopError.SnapshotNotFound(found))
    if (id === SnapshotId.top) return yield* refused(new PloopError.SnapshotIsCurrent(found))
    if (node.temporary) return yield* refused(new PloopError.SnapshotIsTemporary(found))
    disks.lock(tool, disk)
    const device = devices.find(tool, disk, undefined)
    return device === undefined
      ? disk
      : yield* refused(new PloopError.ImageInUse({ ...context(tool), device: device.device }))
  })

export const snapshotAndSwitch = (tool: Tool, request: Request.SnapshotAndSwitch): Answer<SnapshotId.SnapshotId> =>
  Either.gen(function*() {
    const disk = yield* openSwitchable(tool, request)
    const kept = request.keepAs ?? tool.tx.uuid()
    const taken = yield* take(tool, disk, kept, false)
    const switched = switchTo(tool, taken, request.id)
    // A snapshot that was taken for nothing is taken back.
    if (Either.isLeft(switched) && Either.isRight(remove(tool, taken, kept))) tool.tx.keep()
    return yield* Either.map(switched, () => kept)
  })

export const switchAndDelete = (tool: Tool, request: Request.OfSnapshot): Answer<void> =>
  Either.gen(function*() {
    const { id } = request
    const disk = yield* openSwitchable(tool, request)
    const children = SnapshotTree.children(disk.tree, id).filter((node) => node.id !== SnapshotId.top).length
    if (children > 0) {
      return yield* refused(new PloopError.SnapshotHasChildren({ ...context(tool), id, children }))
    }
    const switched = yield* switchTo(tool, disk, id)
    // A snapshot that cannot be removed now stays; the switch has happened.
    tool.tx.keep()
    yield* remove(tool, switched, id)
  })

const remove = (tool: Tool, disk: disks.Disk, id: SnapshotId.SnapshotId): Answer<disks.Disk> =>
  Either.gen(function*() {
    yield* disks.refuseOld(tool, disk)
    const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, id))
    if (node === undefined) return yield* said(tool, 43, `Can't find snapshot by uuid ${id}`)
    if (id === SnapshotId.top && devices.find(tool, disk, undefined) !== undefined) {
      return yield* said(tool, 38, `Unable to delete active snapshot ${id}`)
    }
    const children = SnapshotTree.children(disk.tree, id)
    const next = children.length === 0
      ? yield* removeLeaf(tool, disk, node)
      : children.length === 1
      ? yield* mergeInto(tool, disk, children[0]!.id)
      : node.temporary
      ? disk
      : yield* markTemporary(tool, disk, id)
    // What cannot be merged now stays; the snapshot is deleted all the same.
    return yield* Either.orElse(mergeTemporary(tool, next), () => disks.readAnyName(tool, disk.path))
  })

const becameOf = (
  before: SnapshotTree.SnapshotTree,
  after: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): Result.SnapshotDeleted => {
  if (id === SnapshotId.top) {
    const parent = Option.getOrUndefined(SnapshotTree.parent(before, id))
    return { _tag: "Deleted", id, ...(parent !== undefined && { becameTop: parent.id }) }
  }
  if (Option.isSome(SnapshotTree.get(after, id))) {
    return { _tag: "MarkedTemporary", id, children: ids(SnapshotTree.children(after, id)) }
  }
  const child = SnapshotTree.children(before, id)[0]
  return child === undefined ? { _tag: "Deleted", id } : { _tag: "MergedIntoChild", id, child: child.id }
}

/**
 * When the top delta is deleted, its parent takes its name. What stands behind
 * the top delta in the descriptor is not told of that.
 */
const losesParent = (snapshots: ReadonlyArray<DiskDescriptor.Snapshot>): boolean => {
  const index = snapshots.findIndex(({ id }) => id === SnapshotId.top)
  const renamed = snapshots[index]?.parent
  return snapshots.slice(index + 1).some(({ id, parent }) => id === renamed || parent === renamed)
}

export const deleteSnapshot = (tool: Tool, { disk: name, id }: Request.OfSnapshot): Answer<Result.SnapshotDeleted> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, name, "backend")
    const children = SnapshotTree.children(disk.tree, id)
    if (children.length > 1 && devices.isTemporary(disk.tree, id)) {
      return { _tag: "MarkedTemporary", id, children: ids(children) }
    }
    if (id === SnapshotId.top && children.length > 0) {
      return yield* refused(new PloopError.SnapshotHasChildren({ ...context(tool), id, children: children.length }))
    }
    if (id === SnapshotId.top && losesParent(disk.descriptor.snapshots)) {
      return yield* unsupported(
        tool,
        "ploop loses the parent of other snapshots when it deletes this top delta; a switch to the parent discards the same"
      )
    }
    disks.lock(tool, disk)
    const next = yield* remove(tool, disk, id)
    return becameOf(disk.tree, next.tree, id)
  })

/** The images that a merge goes through, the one that is merged first. */
const mergeRange = (tool: Tool, disk: disks.Disk, request: Request.MergeSnapshots) =>
  Either.gen(function*() {
    const { tree } = disk
    const id = request.snapshot ?? SnapshotId.top
    const chain = ids(SnapshotTree.chain(tree, id))
    const found = { ...context(tool), id }
    if (chain.length === 0) return yield* refused(new PloopError.SnapshotNotFound(found))
    if (chain.length === 1) return yield* refused(new PloopError.SnapshotIsBase(context(tool)))
    const { downTo } = request
    if (downTo !== undefined) {
      if (Option.isNone(SnapshotTree.get(tree, downTo))) {
        return yield* refused(new PloopError.SnapshotNotFound({ ...found, id: downTo }))
      }
      if (chain.indexOf(downTo) < 1) {
        return yield* refused(new PloopError.SnapshotNotAncestor({ ...found, ancestor: downTo }))
      }
    }
    const steps = request.all === true ? chain.length - 1 : downTo === undefined ? 1 : chain.indexOf(downTo)
    for (const ancestor of chain.slice(1, steps + 1)) {
      const children = SnapshotTree.children(tree, ancestor).length
      if (children > 1 || ancestor === SnapshotId.top) {
        return yield* refused(new PloopError.SnapshotHasChildren({ ...context(tool), id: ancestor, children }))
      }
    }
    return { id, chain: chain.slice(0, steps + 1) }
  })

const requireNew = (tool: Tool, disk: disks.Disk, into: HostPath, chain: ReadonlyArray<string>): Answer<void> => {
  if (generation(tool) === "9") {
    return unsupported(tool, "generation 9 loses snapshots when it merges into a new file")
  }
  if (generation(tool) === "7" && chain.length > 2) {
    return unsupported(tool, "generation 7 stops half-way when it merges more than two images into a new file")
  }
  if (disks.isRaw(disk) && SnapshotTree.base(disk.tree).id === chain.at(-1)) {
    return unsupported(tool, "ploop cannot merge a raw base image into a new file")
  }
  return Either.isRight(files.lookup(tool.tx, into))
    ? refused(new PloopError.AlreadyExists({ ...context(tool), path: into }))
    : Either.void
}

/** Moves the image of a snapshot to a new file, which is made as large as the uppermost of those merged. */
const moveInto = (
  tool: Tool,
  disk: disks.Disk,
  id: SnapshotId.SnapshotId,
  into: HostPath,
  size: number
): Answer<disks.Disk> =>
  Either.gen(function*() {
    const opened = yield* openImage(tool, disk, id)
    // What is copied into a new image is not told to its header, which says that it is empty.
    const isCopied = devices.find(tool, disk, undefined) === undefined
    const moved = { ...opened.image, size }
    yield* disks.setImage(tool, opened.ref, isCopied ? image.calledEmpty(moved) : moved)
    yield* denied(tool, 1, `Can't create ${into}`)(files.rename(tool.tx, opened.path, into))
    for (const device of tool.tx.state.devices) {
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

export const mergeSnapshots = (tool: Tool, request: Request.MergeSnapshots): Answer<Result.Merged> =>
  Either.gen(function*() {
    const before = yield* disks.read(tool, request.disk, "backend")
    const { chain, id } = yield* mergeRange(tool, before, request)
    const into = request.into === undefined ? undefined : absolute(tool, request.into)
    if (into !== undefined) yield* requireNew(tool, before, into, chain)
    disks.lock(tool, before)
    const uppermost = Either.map(openImage(tool, before, id), ({ image }) => image.size)
    let disk = before
    if (generation(tool) === "1.15") disk = yield* mergeChain(tool, disk, chain)
    else for (let step = 1; step < chain.length; step++) disk = yield* mergeInto(tool, disk, id)
    if (into !== undefined) disk = yield* moveInto(tool, disk, id, into, yield* uppermost)
    const after = disk.tree
    return {
      survivor: id,
      image: disks.fileOf(tool, disk, id)!,
      gone: ids(SnapshotTree.nodes(before.tree)).filter((other) => Option.isNone(SnapshotTree.get(after, other)))
    }
  })

export const listSnapshots = (tool: Tool, { disk }: Request.OfDisk): Answer<SnapshotTree.SnapshotTree> =>
  Either.map(disks.readAnyName(tool, disk), ({ tree }) => tree)
