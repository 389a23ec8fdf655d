import * as ByteSize from "@effect-ploop/core/ByteSize"
import { baseName } from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import type * as content from "../content.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import * as image from "../image.js"
import * as mounts from "../mounts.js"
import * as space from "../space.js"
import type { Device, FileRef, Volume } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, generation, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { partitionStart } from "../transaction.js"
import { temporarily } from "./mounts.js"

const notMounted = (tool: Tool): Answer<never> => toolError(tool, 38, "The image is not mounted")

/** The device of the request, whose file system must be mounted. */
const named = (tool: Tool, request: Request.Running): Answer<Device> =>
  Either.gen(function*() {
    const { tx } = tool
    if (request.disk !== undefined) {
      const disk = yield* disks.openUnlocked(tool, request.disk, "tool")
      const device = devices.find(tool, disk, undefined)
      return device === undefined ? yield* notMounted(tool) : yield* requireMount(tool, device)
    }
    if (request.device !== undefined) {
      const device = tx.device(request.device)
      return device === undefined
        ? yield* toolError(
          tool,
          tool.operation.startsWith("discard") ? 1 : 38,
          `Can't open or read /sys/block/${baseName(request.device)}/dev: No such file or directory`
        )
        : yield* requireMount(tool, device)
    }
    const target = absolute(tool, request.target ?? "")
    const path = Either.getOrElse(files.realPath(tx, target), () => target)
    const mount = mounts.ofTarget(tx.mounts, path)
    const device = mount === undefined ? undefined : tx.device(mount.device)
    return device === undefined ? yield* toolError(tool, 38, `Unable to find ploop device by ${target}`) : device
  })

const requireMount = (tool: Tool, device: Device): Answer<Device> =>
  tool.tx.mountsOf(device.device).length === 0
    ? toolError(tool, 38, `Unable to find mount point for ${device.device}`)
    : Either.right(device)

const volumeOf = (tool: Tool, device: Device): Volume => tool.tx.volume(device.volume!)

const requireMaintenance = (tool: Tool): Answer<void> => Refusal.balloonMaintenance(tool, generation(tool))

export const balloonSize = (tool: Tool, device: Device): number => {
  const file = devices.balloon(tool.tx, device.volume!)
  return file === undefined ? 0 : files.sizeOf(tool.tx.inode(file))
}

/** The hidden file, which the tool opens through the file system. */
export const balloonFile = (tool: Tool, device: Device): Answer<FileRef> => {
  const file = devices.balloon(tool.tx, device.volume!)
  if (file !== undefined) return Either.right(file)
  const [mount] = tool.tx.mountsOf(device.device)
  return toolError(tool, 3, `Can't ioctl mount point ${mount?.target}: No such file or directory`)
}

/** The device of the request, whose file system has a balloon. */
const ballooned = (tool: Tool, request: Request.Running): Answer<Device> =>
  Either.flatMap(named(tool, request), (device) => Either.map(balloonFile(tool, device), () => device))

export const balloonStatus = (tool: Tool, request: Request.Running): Answer<Result.Balloon> =>
  Either.map(ballooned(tool, request), (device) => ({
    size: ByteSize.make(balloonSize(tool, device)),
    ...(trait(tool, GenerationTraits.hasMaintenance) && { maintenance: device.maintenance })
  }))

export const balloonClear = (tool: Tool, request: Request.Running): Answer<Result.Maintenance> =>
  Either.flatMap(requireMaintenance(tool), () =>
    Either.map(named(tool, request), (device) => {
      tool.tx.setDevice({ ...device, maintenance: "OFF" })
      return "OFF" as const
    }))

/** Removes the clusters within these blocks from the image, and returns how many. */
const punch = (tool: Tool, device: Device, runs: ReadonlyArray<space.Run>): Answer<number> => {
  const top = device.levels.at(-1)
  const inode = top === undefined ? undefined : tool.tx.inode(top.file)
  if (top === undefined || inode?.body._tag !== "Image" || inode.body.raw) return Either.right(0)
  const perCluster = device.clusterSize / space.blockSize
  const first = partitionStart(device) / device.clusterSize
  const found = image.withEachCluster(inode.body)
  const { clusters } = found.delta
  const kept = HashSet.mutate(clusters, (set) => {
    for (const { length, start } of runs) {
      const end = Math.floor((start + length) / perCluster)
      for (let cluster = Math.ceil(start / perCluster); cluster < end; cluster++) HashSet.remove(set, cluster + first)
    }
  })
  const freed = HashSet.size(clusters) - HashSet.size(kept)
  return freed === 0
    ? Either.right(0)
    : Either.map(disks.setImage(tool, top.file, { ...found, delta: { ...found.delta, clusters: kept } }), () => freed)
}

/** Whether a raw image is all that a device has, from the start or since everything above it was merged into it. */
const isRawAlone = (tool: Tool, { levels, version }: Device): boolean => {
  const [base, ...others] = levels
  if (base === undefined || others.length > 0) return false
  const { body } = tool.tx.inode(base.file)
  return body._tag === "Image" ? body.raw : version === 0
}

/** Fails where the balloon cannot grow. The kernel has begun by then, except for a raw image. */
const requireInflatable = (tool: Tool, device: Device): Answer<void> => {
  if (isRawAlone(tool, device)) {
    return toolError(tool, 38, "Ballooning for raw format is not supported")
  }
  const reason = device.readOnly
    ? "Bad file descriptor"
    : volumeOf(tool, device).layout?.type === "ext3"
    ? "Operation not supported"
    : undefined
  if (reason === undefined) return Either.void
  if (trait(tool, GenerationTraits.hasMaintenance)) tool.tx.setDevice({ ...device, maintenance: "BALLOON" })
  tool.tx.checkpoint()
  return toolError(tool, 20, `Can't fallocate balloon: ${reason}`)
}

/** Gives the balloon file this size, and returns how many clusters the image lost. */
export const inflate = (tool: Tool, device: Device, size: number): Answer<number> =>
  Either.gen(function*() {
    const { tx } = tool
    const inode = tx.inode(yield* balloonFile(tool, device))
    if (inode.body._tag !== "Bytes") return 0
    if (size > files.sizeOf(inode)) yield* requireInflatable(tool, device)
    const volume = volumeOf(tool, device)
    const held = [...HashMap.values(inode.body.pieces)].flatMap((piece) => piece.runs)
    const taken = space.allocate(space.release(volume.space!, held), Math.ceil(size / space.blockSize))
    if (Option.isNone(taken)) {
      return yield* toolError(tool, 20, "Can't fallocate balloon: No space left on device")
    }
    const { runs, space: free } = taken.value
    const body: content.Bytes = {
      _tag: "Bytes",
      size,
      pieces: size === 0 ? HashMap.empty() : HashMap.make([0, { bytes: new Uint8Array(0), runs }])
    }
    tx.setVolume({ ...volume, space: free })
    tx.setAttributes(volume.id, { ...inode, body, mtime: tx.now })
    return trait(tool, GenerationTraits.countsReturnedSpace) ? yield* punch(tool, device, runs) : 0
  })

const clustersOf = (device: Device, count: number): ByteSize.ByteSize => ByteSize.make(count * device.clusterSize)

export const balloonChange = (tool: Tool, request: Request.BalloonChange): Answer<Result.BalloonChanged> =>
  Either.gen(function*() {
    const device = yield* ballooned(tool, request)
    const before = balloonSize(tool, device)
    const after = Number(request.size)
    const truncated = before === after ? 0 : yield* inflate(tool, device, after)
    return {
      before: ByteSize.make(before),
      after: ByteSize.make(after),
      truncated: clustersOf(device, truncated)
    }
  })

const lines = (
  tool: Tool,
  request: Request.Running,
  line: (size: number, device: Device) => string
): Answer<ReadonlyArray<string>> =>
  Either.flatMap(
    requireMaintenance(tool),
    () => Either.map(ballooned(tool, request), (device) => [line(balloonSize(tool, device), device)])
  )

export const balloonComplete = (tool: Tool, request: Request.Running) =>
  lines(tool, request, (_, { maintenance }) => `Nothing to complete: kernel is in "${maintenance}" state`)

const freeBlocks = (tool: Tool, request: Request.Running) =>
  lines(tool, request, (size) => size === 0 ? "Nothing to do: hidden balloon is empty" : "No free blocks found")

export const balloonCheck = freeBlocks

export const balloonRepair = freeBlocks

/** The largest extent that the kernel accepts, in blocks: a block group. */
const largestExtent = 32_768

const discardFrom = (tool: Tool, device: Device, request: Request.Discard): Answer<Result.Discarded> => {
  if (request.toFree !== undefined && request.toFree < device.clusterSize) {
    return toolError(tool, 38, `Can't shrink by less than ${device.clusterSize} bytes`)
  }
  if (device.maintenance !== "OFF") {
    return toolError(tool, 3, "Error in ioctl(PLOOP_IOC_DISCARD_INIT): Device or resource busy")
  }
  const minimum = Number(request.minBlock ?? 0n) / space.blockSize
  if (minimum > largestExtent && !trait(tool, traits.trimsNothingQuietly)) {
    return toolError(tool, 255, "Can't trim file system: Invalid argument")
  }
  const most = request.toFree === undefined ? Infinity : Math.ceil(Number(request.toFree) / device.clusterSize)
  const perCluster = device.clusterSize / space.blockSize
  const first = partitionStart(device) / device.clusterSize
  const inode = tool.tx.inode(device.levels.at(-1)!.file)
  const own = inode.body._tag === "Image" ? image.withEachCluster(inode.body).delta.clusters : HashSet.empty<number>()
  const runs: Array<space.Run> = []
  let found = 0
  for (const [start, length] of space.runs(volumeOf(tool, device).space!)) {
    if (length < minimum) continue
    const end = Math.floor((start + length) / perCluster)
    for (let cluster = Math.ceil(start / perCluster); cluster < end && found < most; cluster++) {
      if (!HashSet.has(own, cluster + first)) continue
      found++
      runs.push({ start: cluster * perCluster, length: perCluster })
    }
  }
  return Either.map(punch(tool, device, runs), (freed) => ({
    truncated: clustersOf(device, freed),
    // The clusters at the end of the file move to where the freed clusters were.
    relocated: trait(tool, GenerationTraits.countsReturnedSpace) ? freed : 0
  }))
}

const untouched: Result.Discarded = { truncated: ByteSize.make(0), relocated: 0 }

/** How a device reads and writes its images; none by `kaio`. */
const io = "direct"

/** Refuses what the tool would not do, and what a shell would read in the path of an image. */
const requireDefragmentable = (tool: Tool, request: Request.Discard): Answer<void> =>
  Either.gen(function*() {
    if (request.disk === undefined || (!request.defrag && !request.defragOnly)) return
    const disk = yield* disks.openUnlocked(tool, request.disk, "tool")
    const paths = disk.descriptor.images.map(({ file }) => {
      const path = disks.imagePath(tool, disk, file)
      return Either.getOrElse(files.realPath(tool.tx, path), () => path)
    })
    yield* Refusal.defragPaths(tool, generation(tool), paths)
    yield* Refusal.defragDevice(tool, generation(tool), request, devices.find(tool, disk, undefined) && io)
  })

export const discard = (tool: Tool, request: Request.Discard): Answer<Result.Discarded> =>
  Either.gen(function*() {
    yield* Refusal.discard(tool, generation(tool), request)
    yield* requireDefragmentable(tool, request)
    // Data that is moved together reads as before.
    if (request.defragOnly) return yield* Either.map(named(tool, request), () => untouched)
    const disk = request.disk === undefined ? undefined : yield* disks.open(tool, request.disk)
    if (disk !== undefined && request.automount && devices.find(tool, disk, undefined) === undefined) {
      return yield* temporarily(tool, disk, (device) => discardFrom(tool, device, request))
    }
    return yield* discardFrom(tool, yield* named(tool, request), request)
  })

const mebibytes = (bytes: number): ByteSize.ByteSize => ByteSize.MiB(Math.floor(bytes / 2 ** 20))

export const discardStatus = (tool: Tool, request: Request.Running): Answer<Result.DiscardStatus> =>
  Either.gen(function*() {
    if (request.disk !== undefined) {
      const disk = yield* disks.open(tool, request.disk)
      yield* Refusal.idleDisk(tool, devices.find(tool, disk, undefined)?.device)
    }
    const device = yield* named(tool, request)
    const numbers = devices.numbers(volumeOf(tool, device))
    const balloon = balloonSize(tool, device)
    const data = device.size - numbers.freeBlocks * numbers.blockSize - balloon
    const { body } = tool.tx.inode(device.levels.at(-1)!.file)
    return {
      balloon: mebibytes(balloon),
      ...(data >= 0 && { data: mebibytes(data) }),
      disk: mebibytes(device.size - balloon),
      image: mebibytes(body._tag === "Image" ? image.fileSize(body) : 0)
    }
  })
