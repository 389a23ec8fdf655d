import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import type { KernelPart } from "@effect-ploop/core/GenerationTraits"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import { HostPath as HostPathSchema } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as deviceTable from "../deviceTable.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Device, Level } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { context, generation, refused, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { temporarily } from "./mounts.js"

const imageInfoOf = (size: number, clusterSize: number, version: 0 | 1 | 2): Result.ImageInfo => ({
  size: ByteSize.make(size),
  clusterSize: ClusterSize.make(clusterSize),
  ...(version !== 0 && { version })
})

export const imageInfo = (tool: Tool, request: Request.OfDisk): Answer<Result.ImageInfo> =>
  Either.gen(function*() {
    const disk = yield* disks.open(tool, request.disk)
    const device = devices.find(tool, disk, undefined)
    if (device !== undefined) return imageInfoOf(device.size, device.clusterSize, device.version)
    const { image, path } = yield* disks.openForSize(tool, disk, SnapshotTree.top(disk.tree))
    if (image.dirty && trait(tool, traits.refusesInUseFlag)) return yield* toolError(tool, 4, `Image is in use ${path}`)
    return imageInfoOf(
      // The file of a raw disk may end within a sector.
      Math.floor(image.size / 512) * 512,
      image.raw ? Number(disk.descriptor.clusterSize) : image.clusterSize,
      image.raw ? 0 : image.version
    )
  })

const fileSystemInfoOf = (
  numbers: devices.Numbers,
  source: Result.FileSystemInfo["source"]
): Result.FileSystemInfo => ({
  size: ByteSize.make(numbers.blocks * numbers.blockSize),
  free: ByteSize.make(numbers.freeBlocks * numbers.blockSize),
  inodes: BigInt(numbers.inodes),
  freeInodes: BigInt(numbers.freeInodes),
  blockSize: ByteSize.make(numbers.blockSize),
  source
})

export const fileSystemInfo = (tool: Tool, request: Request.FileSystemInfo): Answer<Result.FileSystemInfo> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "backend")
    disks.makeLockFile(tool, disk)
    const device = devices.find(tool, disk, undefined)
    // The tool reads it beside the descriptor, but writes it beside the base image.
    const cached = devices.readStatfs(tool, `${tool.path.dirname(tool.path.resolve("/", request.disk))}/.statfs`)
    const source = yield* Refusal.fileSystemInfo(tool, request, {
      isCached: cached !== undefined,
      isRunning: device !== undefined
    })
    if (cached !== undefined) return fileSystemInfoOf(cached, source)
    if (source === "temporary-mount") yield* disks.judge(tool, request.disk)
    yield* disks.lock(tool, disk)
    const numbers = device === undefined
      ? yield* temporarily(tool, disk, (attached) => Either.right(numbersOf(tool, attached)))
      : yield* mountedNumbers(tool, device)
    return fileSystemInfoOf(numbers, source)
  })

const numbersOf = ({ tx }: Tool, device: Device): devices.Numbers => devices.numbers(tx.volume(device.volume!))

const mountedNumbers = (tool: Tool, device: Device): Answer<devices.Numbers> => {
  if (device.volume !== undefined && tool.tx.mountsOf(device.device).length > 0) {
    return Either.right(numbersOf(tool, device))
  }
  const error = Refusal.unmountedFileSystem(tool)
  const exitCode = trait(tool, traits.unmountedFileSystemCode)
  return refused(exitCode === undefined ? error : new PloopError.NotMounted({ ...context(tool, error.text), exitCode }))
}

const ownDevice = (tool: Tool, disk: disks.Disk) => {
  const found = devices.find(tool, disk, undefined)
  return found === devices.ofOther(tool, disk, undefined) ? undefined : found
}

export const deviceOf = (tool: Tool, request: Request.DeviceOf): Answer<Option.Option<Result.Attachment>> =>
  Either.map(
    request.component === undefined
      ? disks.openUnlocked(tool, request.disk)
      : disks.read(tool, request.disk, "backend"),
    (disk) => {
      const { component } = request
      const device = component === undefined
        ? ownDevice(tool, disk)
        : devices.all(tool, disk).find((other) => other.component === component)
      return Option.map(Option.fromNullable(device), devices.attachment)
    }
  )

export const isMounted = (tool: Tool, request: Request.OfDisk): Answer<boolean> =>
  Either.map(deviceOf(tool, request), Option.isSome)

/** The identifiers of the deltas of a disk, by the real paths of their images. */
const identifiers = (tool: Tool, disk: disks.Disk): ReadonlyMap<string, SnapshotId> =>
  new Map(
    SnapshotTree.nodes(disk.tree).map(({ file, id }) => {
      const path = disks.imagePath(tool, disk, file)
      return [Either.getOrElse(files.realPath(tool.tx, path), () => path), id]
    })
  )

const isDeleted = ({ tx }: Tool, { file }: Level): boolean => tx.inode(file).links === 0

const attachedDevice = (tool: Tool, ids: ReadonlyMap<string, SnapshotId>) => (device: Device) => {
  const { levels, topReadOnly: readOnly } = device
  /** A file at the path of a removed image is another file. */
  const idOf = (level: Level) =>
    isDeleted(tool, level) && files.exists(tool.tx, level.path) ? undefined : ids.get(level.path)
  if (idOf(levels[0]!) === undefined) return []
  const snapshot = idOf(levels.at(-1)!)
  const attached: Result.AttachedDevice = {
    ...devices.attachment(device),
    ...(snapshot !== undefined && { snapshot }),
    readOnly,
    targets: tool.tx.mountsOf(device.device).map(({ target }) => HostPathSchema.make(target)),
    images: levels.map(({ path }) => HostPathSchema.make(path)),
    deleted: levels.filter((level) => isDeleted(tool, level)).map(({ path }) => HostPathSchema.make(path))
  }
  return [attached]
}

export const attachments = (
  tool: Tool,
  request: Request.OfDisk
): Answer<ReadonlyArray<Result.AttachedDevice>> =>
  Either.map(
    disks.read(tool, request.disk, "backend"),
    (disk) => deviceTable.all(tool.tx.devices).flatMap(attachedDevice(tool, identifiers(tool, disk)))
  )

export const listDevices = (tool: Tool): Answer<ReadonlyArray<Result.RunningDevice>> =>
  Either.right(
    deviceTable.all(tool.tx.devices).map((device) => {
      const target = devices.targetOf(tool.tx, device)
      return {
        device: device.device,
        image: HostPathSchema.make(device.levels[0]!.path),
        ...(tool.tx.inode(device.levels[0]!.file).links === 0 && { deleted: true }),
        ...(target !== undefined && { target }),
        ...(device.component !== undefined && { component: device.component })
      }
    })
  )

export const topDelta = (tool: Tool, { disk: name }: Request.OfDisk): Answer<HostPath> =>
  Either.map(
    disks.readAnyName(tool, name),
    (disk) => disks.imagePath(tool, disk, SnapshotTree.top(disk.tree).file)
  )

const present = (name: string, neededFor: string): Result.Prerequisite => ({
  name,
  status: "present",
  neededFor,
  remedy: ""
})

const kernelPart = (tool: Tool) => (name: KernelPart): Result.Prerequisite => {
  const part = present(name, GenerationTraits.kernelPartUse[name])
  return name === "large disk support" && !tool.tx.rest.largeDisks
    ? {
      ...part,
      status: "missing",
      remedy: "set the option largeDisks of the fake host; format version 1 works without it"
    }
    : part
}

export const prerequisites = (tool: Tool): Answer<ReadonlyArray<Result.Prerequisite>> =>
  Either.right([
    present(`ploop, generation ${generation(tool)}`, "everything"),
    ...trait(tool, GenerationTraits.kernelParts).map(kernelPart(tool))
  ])

export const deviceStatistics = (tool: Tool, request: Request.OfDevice): Answer<Result.DeviceStatistics> => {
  const device = tool.tx.device(request.device)
  return device === undefined
    ? toolError(tool, 9, `sysfs opendir: No such file or directory`)
    : Either.right({ ...device.statistics })
}
