import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as byteImage from "../byteImage.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as image from "../image.js"
import { minimum } from "../minimum.js"
import { relayout } from "../relayout.js"
import * as space from "../space.js"
import type { Device, Volume } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { generation, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { balloonFile, balloonSize, inflate } from "./balloon.js"
import { attach, refuseUnmountable, requireAttachable, temporarily } from "./mounts.js"
import { refuseTooLarge, sectors } from "./sectors.js"
import { requireUnshared, requireUnsharedImages, requireUnsharedOnTheWay } from "./sharing.js"

const inodeSize = 256

const current = (tool: Tool, device: Device): Device => tool.tx.device(device.device) ?? device

/** Grows a device and its top delta to a size. */
const setSize = (tool: Tool, device: Device, size: number): Answer<Device> =>
  Either.gen(function*() {
    if (device.topReadOnly) return yield* toolError(tool, 3, "PLOOP_IOC_GROW: Read-only file system")
    if (device.maintenance !== "OFF") return yield* toolError(tool, 3, "PLOOP_IOC_GROW: Device or resource busy")
    const top = device.levels.at(-1)!
    const { body } = tool.tx.inode(top.file)
    if (body._tag === "Image") yield* disks.setImage(tool, top.file, { ...body, size })
    const grown = { ...device, size }
    tool.tx.setDevice(grown)
    return grown
  })

/** Resizes the file system to this many bytes. */
const resizeFileSystem = (tool: Tool, device: Device, bytes: number): Answer<void> => {
  const { tx } = tool
  const volume = tx.volume(device.volume!)
  const layout = volume.layout!
  const blocks = Math.floor(bytes / space.blockSize)
  const least = blocks < layout.blocks ? minimum(volume) : blocks
  const found = blocks < least ? Option.none() : relayout(volume, { ...layout, blocks })
  if (Option.isNone(found)) {
    return toolError(
      tool,
      26,
      `/sbin/resize2fs: New size smaller than minimum (${least})\nCommand resize2fs exited with code 1`
    )
  }
  tx.setVolume(found.value.volume)
  tx.touch(volume.id, found.value.touched)
  tx.touchTables(volume.id)
  return Either.void
}

/** Discards what is behind the end of the file system. */
const discardBehind = (tool: Tool, device: Device): Answer<void> =>
  Either.gen(function*() {
    const settled = tool.tx.settle()
    if (Either.isLeft(settled)) return yield* toolError(tool, 7, "Can't write image: No space left on device")
    const top = device.levels.at(-1)!
    const { body } = tool.tx.inode(top.file)
    const { layout } = tool.tx.volume(device.volume!)
    if (body._tag !== "Image" || body.raw) return
    const end = (device.partitioned ? 1 : 0) + Math.ceil(layout!.blocks * space.blockSize / device.clusterSize)
    const last = device.partitioned ? Math.ceil(device.size / device.clusterSize) - 1 : -1
    const found = image.withEachCluster(body)
    const clusters = HashSet.filter(found.delta.clusters, (cluster) => cluster < end || cluster === last)
    yield* disks.setImage(tool, top.file, { ...found, delta: { ...found.delta, clusters } })
  })

const refuse = (tool: Tool, size: number, least?: number): Answer<never> =>
  toolError(
    tool,
    38,
    `Unable to change image size to ${sectors(size)} sectors` +
      (least === undefined ? "" : `, minimal size is ${sectors(least)}`)
  )

/** What a file system has; the balloon is part of its capacity. */
export const measure = (tool: Tool, device: Device, volume: Volume) => {
  const { blockSize, blocks, freeBlocks, inodes } = devices.numbers(volume)
  const balloon = balloonSize(tool, device)
  return {
    size: volume.layout!.blocks * space.blockSize,
    available: freeBlocks * blockSize + balloon,
    capacity: blocks * blockSize,
    balloon,
    tables: inodes * inodeSize
  }
}

/** The same as core takes it. */
export const inBigInts = (measured: ReturnType<typeof measure>): Refusal.MeasuredFileSystem => ({
  size: BigInt(measured.size),
  available: BigInt(measured.available),
  capacity: BigInt(measured.capacity),
  balloon: BigInt(measured.balloon),
  tables: BigInt(measured.tables)
})

/** The balloon that stands for what is too much: the tool assumes that its tables were never available to files. */
const withoutTables = (excess: number, tables: number): number => excess > tables ? excess - tables : excess

/** The same in proportion to what files can have, in sectors and in the single precision of the tool. */
const shareOf = (size: number, excess: number, capacity: number): number => {
  const ratio = Math.fround(Math.fround(capacity / 512) / Math.fround(size / 512))
  const share = Math.floor(Math.fround(Math.fround(excess / 512) * ratio)) * 512
  return Math.ceil(share / space.blockSize) * space.blockSize
}

/** Refuses to shrink a mounted file system to less than it can have. */
const requirePossible = (tool: Tool, request: Request.Resize, device: Device, disk: disks.Disk): Answer<void> => {
  if (device.volume === undefined || tool.tx.mountsOf(device.device).length === 0) return Either.void
  const found = inBigInts(measure(tool, device, tool.tx.volume(device.volume)))
  return Refusal.shrinkMounted(tool, generation(tool), request, disk.descriptor.clusterSize, found)
}

/** Whether the tool unmounts the file system of a device that is only attached, to resize it. */
const isResizedAsIdle = (tool: Tool, { device }: Device): boolean =>
  trait(tool, GenerationTraits.shrinksAttachedAsIdle) && tool.tx.mountsOf(device).length === 0

/** Resizes a disk whose file system is mounted, even if only for the resize. */
const resizeRunning = (
  tool: Tool,
  disk: disks.Disk,
  device: Device,
  size: number,
  { byBalloon, online }: { readonly byBalloon: boolean; readonly online: boolean }
): Answer<void> =>
  Either.gen(function*() {
    const cluster = device.clusterSize
    if (device.volume === undefined) return yield* refuseUnmountable(tool, disk, device)
    yield* balloonFile(tool, device)
    if (size > device.size) {
      yield* inflate(tool, device, 0)
      const grown = yield* setSize(tool, current(tool, device), size)
      yield* disks.change(tool, disk, { diskSize: ByteSize.make(size) })
      return yield* resizeFileSystem(tool, grown, device.partitioned ? size - 2 * cluster : size)
    }
    const volume = tool.tx.volume(device.volume)
    const wanted = size - 4 * cluster
    const now = volume.layout!.blocks * space.blockSize
    // An XFS cannot get smaller: the tool mounts it, and inflates the balloon.
    const isIdle = volume.layout!.type !== "xfs" && !byBalloon && (!online || isResizedAsIdle(tool, device))
    if (isIdle) {
      if (!device.partitioned && !trait(tool, traits.shrinksUnpartitioned)) {
        return yield* toolError(tool, 9, `Can't find out offset from start of ploop device (${device.device})`)
      }
      if (online) disks.dropStatfs(tool, disk)
      if (balloonSize(tool, device) > 0) yield* inflate(tool, device, 0)
      yield* resizeFileSystem(tool, device, wanted)
      return yield* discardBehind(tool, current(tool, device))
    }
    if (wanted > now) {
      yield* inflate(tool, device, 0)
      return yield* resizeFileSystem(tool, device, wanted)
    }
    const measured = measure(tool, device, volume)
    const balloon = trait(tool, GenerationTraits.shrinksByShare)
      ? shareOf(now, now - wanted, measured.capacity)
      : withoutTables(now - wanted, measured.tables)
    if (balloon > measured.available) {
      return yield* refuse(tool, wanted, Number(Refusal.leastMounted(generation(tool), inBigInts(measured))))
    }
    yield* inflate(tool, device, balloon)
    // Of a disk that was idle, nobody could see before that the balloon cannot take as much.
    if (byBalloon) {
      const request = { size: ByteSize.make(size) }
      yield* Refusal.shrinkMounted(tool, generation(tool), request, disk.descriptor.clusterSize, inBigInts(measured))
    }
  })

const refuseRawShrink = (tool: Tool, disk: disks.Disk, request: Request.Resize): Answer<void> =>
  Either.gen(function*() {
    if (request.balloon || !Refusal.isCutWhenIdle(generation(tool), disk.descriptor)) return
    const { image } = yield* disks.openForSize(tool, disk, SnapshotTree.top(disk.tree))
    yield* Refusal.shrinkIdleRaw(tool, generation(tool), request, ByteSize.make(image.size))
  })

export const resize = (tool: Tool, request: Request.Resize): Answer<void> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "tool")
    const device = devices.find(tool, disk, undefined)
    yield* Refusal.resize(tool, request, device?.device)
    yield* Refusal.resizeByBalloon(tool, generation(tool), request)
    yield* disks.lock(tool, disk)
    yield* requireUnshared(tool, disk, [SnapshotTree.top(disk.tree).file])
    yield* requireUnsharedOnTheWay(tool, disk)
    const cluster = disk.descriptor.clusterSize
    const size = ClusterSize.roundUp(request.size, cluster)
    const change = (running: Device, online: boolean): Answer<void> =>
      size <= 4n * cluster ? refuse(tool, Number(size)) : Either.flatMap(
        refuseTooLarge(tool, size),
        () =>
          Either.mapLeft(
            resizeRunning(tool, disk, running, Number(size), { byBalloon: request.balloon, online }),
            (error) => error._tag === "SizeRefused" ? Refusal.smallestDisk(error, cluster) : error
          )
      )
    if (device !== undefined) {
      if (isResizedAsIdle(tool, device)) yield* refuseRawShrink(tool, disk, request)
      yield* requirePossible(tool, request, device, disk)
      return yield* change(device, true)
    }
    yield* refuseRawShrink(tool, disk, request)
    yield* requireAttachable(tool, disk)
    return yield* temporarily(tool, disk, (attached) => change(attached, false), false)
  })

const isRawBase = (disk: disks.Disk): boolean => disks.isRaw(disk) && SnapshotTree.top(disk.tree).parent === undefined

/** Grows an image, but neither its partition nor its file system. */
export const grow = (tool: Tool, request: Request.Grow): Answer<void> =>
  Either.gen(function*() {
    const size = Number(request.size)
    if (request.device !== undefined) {
      const device = tool.tx.device(request.device)
      if (device === undefined) {
        return yield* toolError(tool, 2, `Can't open device ${request.device}: No such file or directory`)
      }
      yield* growRunning(tool, device, size)
      return
    }
    if (request.image !== undefined) {
      const opened = yield* disks.openImage(tool, tool.path.resolve("/", request.image), {
        raw: request.raw,
        clusterSize: ClusterSize.standard,
        missing: [4, "Can't open"],
        purpose: "rewrite"
      })
      yield* requireUnsharedImages(tool, [opened.path])
      return yield* growIdle(tool, opened, size)
    }
    const disk = yield* disks.open(tool, request.disk ?? "")
    const top = SnapshotTree.top(disk.tree).file
    yield* requireUnshared(tool, disk, [top])
    yield* Refusal.grow(tool, request, disks.versionOf(tool, disks.imagePath(tool, disk, top)))
    const device = devices.find(tool, disk, undefined)
    const growsDevice = device !== undefined || (trait(tool, GenerationTraits.growsThroughDevice) && !isRawBase(disk))
    if (growsDevice) yield* Refusal.growRunning(tool, request, disk.descriptor.clusterSize)
    // The tool writes a `.tmp` file first and removes it when that fails, and any earlier one with it.
    disks.dropAside(tool, disk)
    tool.tx.checkpoint()
    if (device !== undefined) {
      yield* growRunning(tool, device, size)
    } else if (trait(tool, GenerationTraits.growsThroughDevice)) {
      yield* requireAttachable(tool, disk)
      const attached = yield* attach(tool, disk, { snapshot: undefined, readOnly: false, component: undefined })
      yield* devices.detach(tool, yield* growRunning(tool, attached, size))
    } else {
      const node = SnapshotTree.top(disk.tree)
      const opened = yield* disks.openImage(tool, disks.imagePath(tool, disk, node.file), {
        raw: node.parent === undefined && disks.isRaw(disk),
        clusterSize: disk.descriptor.clusterSize,
        missing: [4, "Can't open"],
        purpose: "rewrite"
      })
      yield* growIdle(tool, opened, size)
    }
    yield* disks.change(tool, disk, { diskSize: request.size })
  })

const requireAligned = (tool: Tool, size: number, cluster: number): Answer<void> =>
  size % cluster === 0 ? Either.void : toolError(
    tool,
    38,
    `An incorrect block device size is specified: ${sectors(size)} sectors.` +
      ` The block device size must be aligned to the cluster block size ${sectors(cluster)}`
  )

const requireHeld = (tool: Tool, size: number, version: Device["version"]): Answer<void> =>
  Refusal.grow(tool, { size: ByteSize.make(size) }, version === 0 ? undefined : version)

const growRunning = (tool: Tool, device: Device, size: number): Answer<Device> =>
  Either.gen(function*() {
    yield* requireAligned(tool, size, device.clusterSize)
    yield* requireHeld(tool, size, device.version)
    if (size < device.size) {
      return yield* toolError(
        tool,
        38,
        `Incorrect new size specified ${sectors(size)} current size ${sectors(device.size)}`
      )
    }
    return size === device.size ? device : yield* setSize(tool, device, size)
  })

/** A raw image is rounded up to whole blocks, because it has no clusters. */
const rawBlock = 4096

const growIdle = (tool: Tool, opened: disks.OpenImage, wanted: number): Answer<void> =>
  Either.gen(function*() {
    const { dirty, raw } = opened.image
    if (!raw) yield* requireHeld(tool, wanted, opened.image.version)
    if (dirty) return yield* toolError(tool, 4, `Image is in use ${opened.path}`)
    if (!raw) yield* requireAligned(tool, wanted, opened.image.clusterSize)
    // The file of a raw image may end within a sector, which the tool adds to.
    const partial = raw ? opened.image.size % 512 : 0
    const missing = partial === 0 ? 0 : 512 - partial
    const size = (raw ? Math.ceil(wanted / rawBlock) * rawBlock : wanted) - missing
    if (size < opened.image.size) {
      return yield* toolError(
        tool,
        38,
        `Error: new size ${sectors(size)} is less than the old size ${sectors(opened.image.size)}`
      )
    }
    if (size > opened.image.size) {
      const foreign = raw ? undefined : disks.foreignBytes(tool, opened.path)
      const worked = foreign === undefined ? undefined : byteImage.grow(foreign.bytes, size)
      if (worked !== undefined) return yield* disks.setWorked(tool, opened.ref, worked)
      const grown = { ...opened.image, size }
      yield* raw
        ? disks.setRaw(tool, opened, grown, false)
        : disks.setImage(tool, opened.ref, image.rewritten(grown))
    }
  })
