import * as DevicePath from "@effect-ploop/core/DevicePath"
import { Disk } from "@effect-ploop/core/Disk"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as deviceTable from "./deviceTable.js"
import * as disks from "./disk.js"
import * as files from "./files.js"
import type * as image from "./image.js"
import * as layouts from "./layout.js"
import * as mounts from "./mounts.js"
import * as space from "./space.js"
import type { Device, FileRef, Level, Volume } from "./state.js"
import { rootInode } from "./state.js"
import type { Answer, Tool } from "./tool.js"
import { context, denied, refused, toolError, trait } from "./tool.js"
import * as traits from "./traits.js"
import type { Transaction } from "./transaction.js"

// Names

const nodesOf = (device: DevicePath.DevicePath): ReadonlyArray<string> => [device, DevicePath.partition(device)]

const isTaken = (tx: Transaction, device: DevicePath.DevicePath): boolean =>
  tx.device(device) !== undefined || Either.isRight(files.lookup(tx, device))

/** The name of the next device, on a host whose kernel numbers devices. */
export const next = (tx: Transaction): DevicePath.DevicePath => {
  let number = tx.rest.nextDevice
  while (isTaken(tx, DevicePath.make(`/dev/ploop${number}`))) number++
  return DevicePath.make(`/dev/ploop${number}`)
}

const choose = (tool: Tool): DevicePath.DevicePath => {
  const { tx } = tool
  if (!trait(tool, GenerationTraits.namesDevicesAtRandom)) {
    const device = next(tx)
    tx.update({ nextDevice: Number(/\d+$/.exec(device)![0]) + 1 })
    return device
  }
  for (;;) {
    const device = DevicePath.make(`/dev/mapper/ploop${1000 + parseInt(tx.hex(8), 16) % 65_535}`)
    if (!isTaken(tx, device)) return device
  }
}

// Looking for devices

/** The path by which the kernel knows a file: the wanted one when the file was renamed. */
const knownPath = (tx: Transaction, level: Level, wanted: string): string => {
  const found = files.lookup(tx, level.path)
  return Either.isRight(found) && files.same(found.right, level.file) ? level.path : wanted
}

/** The devices that run on this base image. */
export const ofBase = (tool: Tool, base: string): ReadonlyArray<Device> => {
  const { tx } = tool
  if (deviceTable.isEmpty(tx.devices)) return []
  const found = files.lookup(tx, base)
  if (Either.isLeft(found)) return []
  const devices = deviceTable.ofFile(tx.devices, found.right)
  if (devices.length === 0) return devices
  const path = Either.getOrElse(files.realPath(tx, base), () => base)
  return devices.filter(({ levels: [level] }) =>
    level !== undefined && files.same(level.file, found.right) &&
    (!trait(tool, GenerationTraits.findsDevicesByPath) || knownPath(tx, level, path) === path)
  )
}

const running = (tool: Tool, disk: disks.Disk): ReadonlyArray<Device> => ofBase(tool, disks.base(tool, disk))

/** The device that has this image file, as whichever of its levels. */
export const ofImage = (tool: Tool, path: string): Device | undefined => {
  const found = files.lookup(tool.tx, path)
  return Either.isLeft(found)
    ? undefined
    : deviceTable.ofFile(tool.tx.devices, found.right)[0]
}

/** The path of the base image by which a device was attached. */
const basePath = (tool: Tool, { levels: [level] }: Device, base: string): string =>
  level === undefined ? base : knownPath(tool.tx, level, base)

/**
 * The device of another disk that has the base image of this one by another name,
 * which the tool takes for that of this disk.
 */
export const ofOther = (tool: Tool, disk: disks.Disk, component: string | undefined): Device | undefined => {
  const base = disks.base(tool, disk)
  const path = Either.getOrElse(files.realPath(tool.tx, base), () => base)
  return running(tool, disk).find((device) => device.component === component && basePath(tool, device, path) !== path)
}

/** The device of the disk with this component name; its unnamed device when undefined. */
export const find = (tool: Tool, disk: disks.Disk, component: string | undefined): Device | undefined =>
  running(tool, disk).find((device) => device.component === component)

/** The device that writes to the top delta of the disk under another name than this one; none if one has this name. */
export const otherWriter = (tool: Tool, disk: disks.Disk, own: string | undefined): Device | undefined => {
  const all = running(tool, disk)
  if (all.length === 0) return undefined
  const file = files.lookup(tool.tx, disks.fileOf(tool, disk, SnapshotId.top) ?? "")
  // A raw top has no header with a flag that would say so.
  const isRawTop = disks.isRaw(disk) && disk.descriptor.images.length === 1
  return isRawTop || Either.isLeft(file) || all.some(({ component }) => component === own) ?
    undefined :
    all.find((device) => {
      const level = device.levels.at(-1)
      return (!device.topReadOnly || trait(tool, GenerationTraits.marksReadOnlyDevices)) && level !== undefined &&
        files.same(level.file, file.right)
    })
}

/** The device with another name than this one that writes to the top delta. */
export const writer = (tool: Tool, disk: disks.Disk, own: string | undefined): Device | undefined => {
  const found = otherWriter(tool, disk, own)
  return found?.topReadOnly === true ? undefined : found
}

/** The devices that show the top delta, if none runs the disk itself. */
export const ofTop = (tool: Tool, disk: disks.Disk): ReadonlyArray<Device> => {
  const all = attachedAt(tool, disk, disks.fileOf(tool, disk, SnapshotId.top) ?? "")
  return all.some(({ component }) => component === undefined) ? [] : all
}

/** Every device of the disk, found by the paths of its images. */
export const all = (tool: Tool, disk: disks.Disk): ReadonlyArray<Device> => {
  if (deviceTable.isEmpty(tool.tx.devices)) return []
  const paths = new Set(
    disk.descriptor.images.map((entry) => {
      const path = disks.imagePath(tool, disk, entry.file)
      return Either.getOrElse(files.realPath(tool.tx, path), () => path)
    })
  )
  return [...paths].flatMap((path) => deviceTable.ofBase(tool.tx.devices, path))
}

/** The devices of components of the disk that have this file as one of their levels. */
export const having = (tool: Tool, disk: disks.Disk, path: string): ReadonlyArray<Device> => {
  const file = files.lookup(tool.tx, path)
  return Either.isLeft(file)
    ? []
    : running(tool, disk).filter(({ component, levels }) =>
      component !== undefined && levels.some((level) => files.same(level.file, file.right))
    )
}

/** The devices of the disk whose top level is this file. */
export const attachedAt = (tool: Tool, disk: disks.Disk, path: string): ReadonlyArray<Device> => {
  const all = running(tool, disk)
  if (all.length === 0) return all
  const file = files.lookup(tool.tx, path)
  return Either.isLeft(file) ? [] : all.filter((device) => {
    const top = device.levels.at(-1)
    return top !== undefined && files.same(top.file, file.right)
  })
}

export const attachment = (device: Device): Result.Attachment => ({
  device: device.device,
  ...(device.partitioned && { partition: DevicePath.partition(device.device) }),
  ...(device.component !== undefined && { component: device.component })
})

export const targetOf = (tx: Transaction, device: Device): HostPath | undefined => {
  const mount = tx.mountsOf(device.device)[0]
  return mount === undefined ? undefined : HostPath.make(mount.target)
}

// Attaching

/** Sets the in-use flag. What is tracked is the kernel's from now on. */
const markInUse = (tool: Tool, opened: disks.OpenImage): Answer<void> =>
  disks.setImage(tool, opened.ref, { ...opened.image, dirty: true, tracking: undefined })

/** Sets the in-use flag of an image that a device only shows, where the tool does. What is tracked stays. */
const markShown = (tool: Tool, { image, ref }: disks.OpenImage): Answer<void> =>
  trait(tool, GenerationTraits.marksReadOnlyDevices) && tool.tx.inode(ref).body._tag === "Image"
    ? disks.setHeader(tool, ref, { ...image, dirty: true })
    : Either.void

/** The tree that the chain shows: that of the highest delta that has one. */
const visible = (chain: ReadonlyArray<disks.OpenImage>): Volume | "garbage" | undefined =>
  chain.findLast(({ image }) => image.delta.tree !== undefined)?.image.delta.tree

export interface Attach {
  readonly chain: ReadonlyArray<disks.OpenImage>
  readonly readOnly: boolean
  readonly component: string | undefined
  readonly device: DevicePath.DevicePath | undefined
  readonly snapshot: SnapshotId.SnapshotId | undefined
}

/** Attaches a device with the images of a chain. */
export const attach = (tool: Tool, options: Attach): Answer<Device> =>
  Either.gen(function*() {
    const { tx } = tool
    const device = options.device ?? choose(tool)
    if (tx.device(device) !== undefined) {
      const { code, text } = trait(tool, traits.busyDevice)
      return yield* toolError(tool, code, text(device))
    }
    const top = options.chain.at(-1)!
    yield* options.readOnly ? markShown(tool, top) : markInUse(tool, top)
    const tree = visible(options.chain)
    const volume = typeof tree === "object" ? tx.rest.nextVolume : undefined
    if (typeof tree === "object" && volume !== undefined) {
      tx.update({ nextVolume: volume + 1 })
      tx.setVolume({ ...tree, id: volume, readOnly: options.readOnly })
    }
    const attached: Device = {
      device,
      levels: options.chain.map(({ path, ref }): Level => ({
        file: ref,
        path: Either.getOrElse(files.realPath(tx, path), () => path)
      })),
      component: options.component,
      readOnly: options.readOnly,
      topReadOnly: options.readOnly,
      snapshot: options.snapshot,
      size: top.image.size,
      clusterSize: top.image.clusterSize,
      version: top.image.raw ? 0 : top.image.version,
      volume,
      partitioned: typeof tree === "object" && tree.layout?.partitioned === true,
      running: true,
      maintenance: "OFF",
      tracking: options.readOnly || top.image.dirty ? undefined : top.image.tracking,
      statistics: { bio_writes: 0n, bio_syncs: 0n }
    }
    tx.update({ devices: deviceTable.add(tx.devices, attached) })
    for (const node of attached.partitioned ? nodesOf(device) : [device]) files.makeNode(tx, node, device)
    return attached
  })

/** The directory of a mount point, checked before anything is changed. */
export const requireDirectory = (tool: Tool, target: string): Answer<FileRef> => {
  const found = Option.filter(
    Either.getRight(files.lookup(tool.tx, target)),
    (ref) => tool.tx.inode(ref).body._tag === "Directory"
  )
  return Either.map(
    Refusal.missingMountPoint(tool, target, Option.isSome(found)),
    () => Option.getOrThrow(found)
  )
}

/** The mount options that ext4 accepts as data: a name, or a name and a value after `=`. */
const mountOptions = new Set([
  "acl",
  "async",
  "auto_da_alloc",
  "barrier",
  "block_validity",
  "commit",
  "data",
  "data_err",
  "delalloc",
  "dirsync",
  "discard",
  "dioread_nolock",
  "errors",
  "grpid",
  "grpjquota",
  "grpquota",
  "i_version",
  "init_itable",
  "inode_readahead_blks",
  "journal_checksum",
  "journal_ioprio",
  "jqfmt",
  "lazytime",
  "max_batch_time",
  "min_batch_time",
  "minixdf",
  "noacl",
  "noauto_da_alloc",
  "nobarrier",
  "noblock_validity",
  "nodelalloc",
  "nodiscard",
  "nogrpid",
  "noinit_itable",
  "noload",
  "noquota",
  "norecovery",
  "nouid32",
  "nouser_xattr",
  "orlov",
  "pfmemalloc",
  "prjquota",
  "quota",
  "resgid",
  "resuid",
  "ro",
  "rw",
  "sb",
  "stripe",
  "sync",
  "user_xattr",
  "usrjquota",
  "usrquota"
])

const isKnown = (option: string): boolean => mountOptions.has(option.split("=")[0]!)

/** Refuses a file system that lacks the balloon file, which the tool creates. */
export const requireBalloon = (tool: Tool, device: Device, target: string): Answer<void> =>
  !trait(tool, traits.requiresBalloon) || device.volume === undefined || balloon(tool.tx, device.volume) !== undefined
    ? Either.void
    : toolError(tool, 21, `Can't stat balloon file ${target}/${balloonName}: No such file or directory`)

const skipsJournal = (data: ReadonlyArray<string> | undefined): boolean =>
  data?.some((option) => option === "noload" || option === "norecovery") === true

/** Whether another device has the file system mounted for writing. Its image may not say so yet. */
const isWrittenElsewhere = (tx: Transaction, device: Device): boolean => {
  const top = device.levels.at(-1)
  return top !== undefined &&
    deviceTable.ofFile(tx.devices, top.file).some((other) =>
      other.device !== device.device && !other.readOnly && tx.mountsOf(other.device).length > 0 &&
      files.same(other.levels.at(-1)!.file, top.file)
    )
}

/** Whether the journal has to be replayed and cannot be, or is not to be. */
const lacksReplay = (
  tx: Transaction,
  device: Device,
  { isDirty }: Volume,
  data: ReadonlyArray<string> | undefined
): boolean =>
  (isDirty === true || (device.readOnly && isWrittenElsewhere(tx, device))) &&
  device.readOnly !== skipsJournal(data)

/** The file system as it is in the image from now on: its journal is in use, or no longer. */
const setDirty = (tool: Tool, device: Device, isDirty: boolean): Answer<void> => {
  const { tx } = tool
  if (device.volume === undefined || device.readOnly) return Either.void
  tx.setVolume({ ...tx.volume(device.volume), isDirty })
  const top = device.levels.at(-1)
  const body = top === undefined ? undefined : tx.inode(top.file).body
  return top === undefined || body?._tag !== "Image" || body.delta.tree === "garbage"
    ? Either.void
    : disks.setImage(tool, top.file, { ...body, delta: { ...body.delta, tree: tx.volume(device.volume) } })
}

/** Whether the tool mounts a file system of this type when another one may be requested. */
const canMount = (tool: Tool, wanted: string | undefined, type: string | undefined): boolean =>
  trait(tool, GenerationTraits.mountsTypeItFinds)
    ? type !== undefined
    // The ext4 driver mounts ext3 as well, but not the other way round.
    : wanted === type || (wanted === "ext4" && type === "ext3")

/** Fails as the mount of a device without a file system does. */
export const refuseWithoutFileSystem = (tool: Tool, { device }: Device, target: string, data = ""): Answer<never> => {
  const { code, text } = trait(tool, traits.noFileSystem)
  return toolError(tool, tool.operation === "fileSystemInfo" ? 255 : code, text(device, target, data))
}

/** Mounts the file system of a device at a directory. */
export const mount = (
  tool: Tool,
  device: Device,
  target: string,
  options: { readonly fileSystem?: string | undefined; readonly data?: ReadonlyArray<string> | undefined } = {}
): Answer<void> =>
  Either.gen(function*() {
    const { tx } = tool
    const covers = yield* requireDirectory(tool, target)
    const strange = options.data?.find((option) => !isKnown(option))
    const volume = device.volume === undefined ? undefined : tx.volume(device.volume)
    const type = volume?.layout?.type
    const wanted = options.fileSystem ?? (trait(tool, GenerationTraits.mountsTypeItFinds) ? type : "ext4")
    if (volume === undefined) {
      return yield* refuseWithoutFileSystem(tool, device, target, (options.data ?? []).join(","))
    }
    if (strange !== undefined || !canMount(tool, wanted, type)) {
      const data = (options.data ?? []).join(",")
      return yield* toolError(
        tool,
        21,
        `Can't mount file system dev=${device.device}p1 target=${target} data='${data}': Invalid argument`
      )
    }
    if (trait(tool, GenerationTraits.mountsTypeItFinds) && wanted !== type) {
      return yield* refused(new PloopError.MountFailed(context(tool, `the file system is ${type}, not ${wanted}`)))
    }
    if (lacksReplay(tx, device, volume, options.data)) {
      const data = (options.data ?? []).join(",")
      return yield* toolError(
        tool,
        21,
        `Can't mount file system dev=${device.device}p1 target=${target} data='${data}': Read-only file system`
      )
    }
    yield* requireBalloon(tool, device, target)
    const path = yield* denied(tool, 21, `Can't mount ${target}`)(files.realPath(tx, target))
    tx.update({ mounts: mounts.add(tx.mounts, { covers, volume: volume.id, target: path, device: device.device }) })
    if (!device.readOnly) {
      tx.touchTables(volume.id)
      yield* setDirty(tool, device, true)
    }
  })

const holds = (tx: Transaction, volume: number): boolean => {
  for (const handle of HashMap.values(tx.rest.handles)) if (handle.file.volume === volume) return true
  return mounts.inside(tx.mounts, volume).length > 0 || deviceTable.isUsedBelow(tx.devices, volume)
}

/** Unmounts the file system of a device. */
export const unmount = (tool: Tool, device: Device): Answer<void> => {
  const { tx } = tool
  const [mount] = tx.mountsOf(device.device)
  if (mount === undefined) return Either.void
  if (holds(tx, mount.volume)) {
    const below = mounts.inside(tx.mounts, mount.volume).map(({ target }) => target)
    return Either.mapLeft(
      toolError(tool, trait(tool, traits.busyCode), `Failed to umount ${mount.target}: Device or resource busy`),
      (error) =>
        error._tag === "Busy"
          ? new PloopError.Busy({ ...error, device: device.device, ...(below.length > 0 && { mounts: below }) })
          : error
    )
  }
  tx.update({ mounts: mounts.remove(tx.mounts, mount) })
  if (device.volume !== undefined && !device.readOnly) tx.setVolume({ ...tx.volume(device.volume), isDirty: false })
  return Either.void
}

/** Writes the kernel's cache back. */
export const sync = (tool: Tool, device: Device): Answer<void> =>
  denied(tool, 16, "Can't sync the image")(tool.tx.sync(device))

/** Sets or clears the in-use flag of a device's top delta. Most tools set none for a read-only device. */
export const setInUse = (tool: Tool, device: Device, dirty: boolean): Answer<void> => {
  const top = device.levels.at(-1)
  const body = top === undefined ? undefined : tool.tx.inode(top.file).body
  if (top === undefined || body?._tag !== "Image") return Either.void
  if (!device.topReadOnly) {
    const tracking = dirty ? undefined : device.tracking ?? body.tracking
    return disks.setImage(tool, top.file, { ...body, dirty, tracking })
  }
  return trait(tool, GenerationTraits.marksReadOnlyDevices)
    ? disks.setHeader(tool, top.file, { ...body, dirty })
    : Either.void
}

const isDisk = Schema.is(Disk)

/** A device whose balloon is being changed does not stop. Its file system stays unmounted. */
const requireNoMaintenance = (tool: Tool, device: Device): Answer<void> => {
  if (device.maintenance === "OFF") return Either.void
  return Either.flatMap(sync(tool, device), () => {
    tool.tx.checkpoint()
    const completing = isDisk(tool.subject)
      ? `Completing an on-going operation ${device.maintenance} for device ${device.device}\n`
      : ""
    return toolError(tool, 3, `${completing}PLOOP_IOC_STOP: Device or resource busy`)
  })
}

/** Detaches a device: its data is written to its image, whose in-use flag is cleared. */
export const detach = (tool: Tool, device: Device): Answer<void> =>
  Either.gen(function*() {
    const { tx } = tool
    yield* unmount(tool, device)
    yield* requireNoMaintenance(tool, device)
    yield* sync(tool, device)
    yield* setInUse(tool, tx.device(device.device) ?? device, false)
    tx.update({ devices: deviceTable.remove(tx.devices, device) })
    if (device.volume !== undefined) tx.removeVolume(device.volume)
    for (const level of device.levels) tx.forget(level.file)
    for (const node of nodesOf(device.device)) files.unlink(tx, node)
  })

// Changing the levels of running devices

/** The delta of a device that gets another one on top: the kernel freezes the file system, which empties its journal. */
export const frozen = (body: image.Image): image.Image => {
  const { tree } = body.delta
  return typeof tree === "object" ? { ...body, delta: { ...body.delta, tree: { ...tree, isDirty: false } } } : body
}

/** Adds a new top delta to a running device. */
export const push = (tool: Tool, device: Device, level: Level): void =>
  tool.tx.setDevice({ ...device, levels: [...device.levels, level], topReadOnly: false })

/**
 * Removes a delta from the device that merged it into the delta below. Other
 * devices keep the file, although it has no name any more.
 */
export const drop = (tool: Tool, merging: DevicePath.DevicePath | undefined, file: FileRef): void => {
  const device = merging === undefined ? undefined : tool.tx.device(merging)
  if (device !== undefined) {
    tool.tx.setDevice({ ...device, levels: device.levels.filter((level) => !files.same(level.file, file)) })
  }
  tool.tx.forget(file)
}

// The numbers of a file system

export interface Numbers {
  readonly blockSize: number
  readonly blocks: number
  readonly freeBlocks: number
  readonly inodes: number
  readonly freeInodes: number
}

/** The result of statfs(2). */
export const numbers = (volume: Volume): Numbers => {
  const layout = volume.layout!
  const inodes = layouts.inodes(layout)
  const { blockSize } = layout
  const shown = (blocks: number): number => blocks * (space.blockSize / blockSize)
  return {
    blockSize,
    blocks: shown(layout.blocks - layouts.overhead(layout)),
    freeBlocks: shown(volume.space?.freeBlocks ?? 0),
    inodes,
    freeInodes: inodes - layouts.reservedInodes(layout) - HashMap.size(volume.inodes)
  }
}

const statfsSize = 40

/** Writes the numbers to a file beside the base image, as an unmount by descriptor does. */
export const writeStatfs = (tool: Tool, disk: disks.Disk, device: Device): void =>
  writeNumbers(tool, disks.statfs(tool, disk), device)

/** The same for a device whose disk is not known. */
export const writeStatfsOfDevice = (tool: Tool, device: Device): void =>
  writeNumbers(tool, `${tool.path.dirname(device.levels[0]!.path)}/.statfs`, device)

const writeNumbers = (tool: Tool, path: string, device: Device): void => {
  if (device.volume === undefined) return
  const found = numbers(tool.tx.volume(device.volume))
  const bytes = new Uint8Array(statfsSize)
  const view = new DataView(bytes.buffer)
  const fields = [found.blockSize, found.blocks, found.freeBlocks, found.inodes, found.freeInodes]
  fields.forEach((value, index) => view.setBigUint64(index * 8, BigInt(value), true))
  files.writeWhole(tool.tx, path, bytes)
}

export const readStatfs = (tool: Tool, path: string): Numbers | undefined => {
  const bytes = files.readWhole(tool.tx, path)
  if (Either.isLeft(bytes) || bytes.right.length < statfsSize) return undefined
  const view = new DataView(bytes.right.buffer, bytes.right.byteOffset)
  const field = (index: number): number => Number(view.getBigUint64(index * 8, true))
  return { blockSize: field(0), blocks: field(1), freeBlocks: field(2), inodes: field(3), freeInodes: field(4) }
}

// The balloon

export const balloonName = ".balloon-c3a5ae3d-ce7f-43c4-a1ea-c61e2b4504e8"

export const balloon = (tx: Transaction, volume: number): FileRef | undefined => {
  const ino = tx.entry({ volume, ino: rootInode }, balloonName)
  return ino === undefined ? undefined : { volume, ino }
}

export const isTemporary = (tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId): boolean =>
  Option.exists(SnapshotTree.get(tree, id), ({ temporary }) => temporary)
