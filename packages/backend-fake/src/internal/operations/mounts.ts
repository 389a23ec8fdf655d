import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type * as image from "../image.js"
import * as mountTable from "../mounts.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, context, generation, refused, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { requireNoTemporaryDevice } from "./mergeable.js"
import { mergeTemporary } from "./merging.js"
import { repair } from "./repairing.js"
import { requireUnshared, requireUnsharedOnTheWay } from "./sharing.js"

const imageMissing = [21, "Unable to stat"] as const

/** The delta to mount. The descriptor is read only for a request that names a snapshot. */
const mountedDelta = (tool: Tool, request: Request.Mount): Answer<Refusal.MountedDelta> =>
  Option.match(Refusal.mountTop(request), {
    onSome: (top): Answer<Refusal.MountedDelta> => Either.right(top),
    onNone: () =>
      Either.flatMap(
        disks.read(tool, request.disk, "backend"),
        ({ tree }) => Refusal.mountSnapshot(tool, request, tree)
      )
  })

const refuseSecond = (tool: Tool, disk: disks.Disk, component: string | undefined): Answer<void> => {
  const running = devices.find(tool, disk, component)
  return running === undefined
    ? Either.void
    : toolError(tool, 21, `Image ${disks.base(tool, disk)} already used by device ${running.device}`)
}

const upgraded = (of: image.Image): image.Image => ({ ...of, version: 2, tracking: undefined })

/** Converts images of version 1 to version 2. */
const upgrade = (tool: Tool, chain: ReadonlyArray<disks.OpenImage>): Answer<ReadonlyArray<disks.OpenImage>> =>
  Either.all(chain.map((opened) =>
    opened.image.raw || opened.image.version === 2
      ? Either.right(opened)
      : Either.map(disks.setImage(tool, opened.ref, upgraded(opened.image)), (): disks.OpenImage => ({
        ...opened,
        image: upgraded(opened.image)
      }))
  ))

/**
 * Repairs the chain of a disk that is to be attached: clears the in-use flag of
 * the last image, and fails when another image has it, because only the last is
 * opened for writing.
 */
const repairChain = (tool: Tool, chain: ReadonlyArray<disks.OpenImage>): Answer<ReadonlyArray<disks.OpenImage>> =>
  Either.all(chain.map((opened, index): Answer<disks.OpenImage> => {
    if (!opened.image.dirty) return Either.right(opened)
    if (index < chain.length - 1) {
      return toolError(tool, 7, "Dirty flag is set\nError in write header: Bad file descriptor")
    }
    const image = { ...opened.image, dirty: false, staleFlag: false }
    return Either.map(disks.setImage(tool, opened.ref, image), () => {
      // The image stays repaired, even if the mount fails.
      tool.tx.checkpoint()
      return { ...opened, image }
    })
  }))

/** Attaches a disk, or one of its snapshots. */
export const attach = (
  tool: Tool,
  disk: disks.Disk,
  options: {
    readonly snapshot: SnapshotId.SnapshotId | undefined
    readonly readOnly: boolean
    readonly component: string | undefined
    readonly device?: Request.Mount["device"]
  }
): Answer<Device> =>
  Either.gen(function*() {
    const id = options.snapshot ?? SnapshotId.top
    if (Option.isNone(SnapshotTree.get(disk.tree, id))) {
      return yield* toolError(tool, 43, `Uuid ${id} not found`)
    }
    const children = SnapshotTree.children(disk.tree, id).length
    if (trait(tool, traits.protectsParents) && !options.readOnly && children > 0) {
      return yield* refused(new PloopError.SnapshotHasChildren({ ...context(tool), exitCode: 38, id, children }))
    }
    yield* repair(
      tool,
      [...SnapshotTree.chain(disk.tree, id)].reverse().map(({ file }, index) => ({
        path: disks.imagePath(tool, disk, file),
        raw: index === 0 && disks.isRaw(disk)
      }))
    )
    const found = yield* disks.chain(tool, disk, id, imageMissing)
    const broken = found.find(({ image }) => image.truncated)
    if (broken !== undefined) {
      return yield* refused(
        new PloopError.ImageCorrupt({
          ...context(tool, `FATAL: the index of ${broken.path} points behind the end of the file`),
          exitCode: 11,
          image: broken.path
        })
      )
    }
    const chain = trait(tool, traits.repairsTopImage) ? yield* repairChain(tool, found) : found
    const convert = trait(tool, GenerationTraits.convertsWhenMounted) && !options.readOnly &&
      options.component === undefined
    return yield* devices.attach(tool, {
      chain: convert ? yield* upgrade(tool, chain) : chain,
      readOnly: options.readOnly,
      component: options.component,
      device: options.device,
      snapshot: id === SnapshotId.top ? undefined : id
    })
  })

/** Refuses images that the driver would not attach: the top delta for writing, unless said otherwise. */
export const requireAttachable = (
  tool: Tool,
  disk: disks.Disk,
  wanted: Partial<Pick<Refusal.MountedDelta, "snapshot">> = {}
): Answer<void> => {
  const chain = [...SnapshotTree.chain(disk.tree, wanted.snapshot ?? SnapshotId.top)].reverse()
  const versions = chain.map(({ file }) => disks.versionOf(tool, disks.imagePath(tool, disk, file)))
  const images = { isRaw: disks.isRaw(disk), versions }
  return Refusal.attach(tool, generation(tool), images)
}

/** Whether a resize was refused while the file system was still mounted, so that its unmount writes the numbers. */
const isRefusedSize = (result: Answer<unknown>): boolean => Either.isLeft(result) && result.left._tag === "SizeRefused"

/** Leaves the directory on which the tool could not mount, which it makes first. */
const leaveMountPoint = (tool: Tool, disk: disks.Disk): void => {
  files.makeDirectory(tool.tx, `${disks.base(tool, disk)}.mnt`, 0o755)
  tool.tx.checkpoint()
}

/** Fails where the tool would have to mount a file system that is not there. */
export const refuseUnmountable = (tool: Tool, disk: disks.Disk, device: Device): Answer<never> => {
  leaveMountPoint(tool, disk)
  return devices.refuseWithoutFileSystem(tool, device, `${disks.base(tool, disk)}.mnt`)
}

/** Detaches a device that the tool could not mount. Some generations leave the in-use flag. */
const detachUnmounted = (tool: Tool, device: Device): Answer<void> =>
  Either.flatMap(
    devices.detach(tool, device),
    () => trait(tool, traits.leavesFlagOfFailedMount) ? devices.setInUse(tool, device, true) : Either.void
  )

/** Attaches a disk, uses it and detaches it again, as the tool does when it must mount an idle disk. */
export const temporarily = <A>(
  tool: Tool,
  disk: disks.Disk,
  use: (device: Device) => Answer<A>,
  cache = true
): Answer<A> =>
  Either.gen(function*() {
    const device = yield* Either.mapLeft(
      attach(tool, disk, { snapshot: undefined, readOnly: false, component: undefined }),
      (error) => {
        leaveMountPoint(tool, disk)
        return error
      }
    )
    if (device.volume === undefined) {
      yield* detachUnmounted(tool, device)
      return yield* refuseUnmountable(tool, disk, device)
    }
    yield* devices.requireBalloon(tool, device, `${disks.base(tool, disk)}.mnt`)
    disks.dropStatfs(tool, disk)
    tool.tx.touchTables(device.volume)
    tool.tx.setVolume({ ...tool.tx.volume(device.volume), isDirty: false })
    const result = use(device)
    const current = tool.tx.device(device.device)
    if (current !== undefined) {
      if (cache || isRefusedSize(result)) devices.writeStatfs(tool, disk, current)
      yield* devices.detach(tool, current)
    }
    // The mount leaves its traces, even if the use failed.
    if (Either.isLeft(result)) tool.tx.checkpoint()
    return yield* result
  })

/** Refuses to write to images that other disks have: to the delta that is mounted, and to those that a mount merges or converts. */
const requireOwnImages = (
  tool: Tool,
  { component }: Request.Mount,
  disk: disks.Disk,
  { readOnly, snapshot = SnapshotId.top }: Refusal.MountedDelta
): Answer<void> =>
  Either.gen(function*() {
    if (component === undefined) yield* requireUnsharedOnTheWay(tool, disk)
    if (readOnly) return
    yield* requireUnshared(tool, disk, [disk.descriptor.images.find(({ id }) => id === snapshot)?.file])
    if (component !== undefined || !trait(tool, GenerationTraits.convertsWhenMounted)) return
    const old = SnapshotTree.chain(disk.tree, snapshot).filter(({ file }) =>
      disks.versionOf(tool, disks.imagePath(tool, disk, file)) === 1
    )
    yield* requireUnshared(tool, disk, old.map(({ file }) => file))
  })

/** The device after its levels changed. */
const current = (tool: Tool, device: Device): Device => tool.tx.device(device.device) ?? device

export const mount = (tool: Tool, request: Request.Mount): Answer<Result.Mounted> =>
  Either.gen(function*() {
    yield* requireReadable(tool, request.disk)
    const target = request.target === undefined ? undefined : absolute(tool, request.target)
    if (target !== undefined) yield* devices.requireDirectory(tool, target)
    const wanted = yield* mountedDelta(tool, request)
    const disk = yield* disks.open(tool, request.disk)
    if (!wanted.readOnly) yield* Refusal.otherWriter(tool, devices.otherWriter(tool, disk, request.component)?.device)
    else if ((wanted.snapshot ?? SnapshotId.top) === SnapshotId.top) {
      yield* Refusal.besideWriter(tool, generation(tool), devices.writer(tool, disk, request.component)?.device)
    }
    if (request.component === undefined) yield* requireNoTemporaryDevice(tool, disk)
    yield* requireOwnImages(tool, request, disk, wanted)
    yield* refuseSecond(tool, disk, request.component)
    yield* requireAttachable(tool, disk, wanted)
    const device = yield* attach(tool, disk, { ...wanted, component: request.component, device: request.device })
    if (target !== undefined) {
      if (request.fsck) yield* requireCheckable(tool, device, target)
      yield* devices.mount(tool, device, target, { fileSystem: request.fileSystem, data: request.data })
      if (request.component === undefined) disks.dropStatfs(tool, disk)
    }
    // A merge that fails leaves the temporary snapshot; the mount succeeds anyway.
    if (request.component === undefined) mergeTemporary(tool, disk)
    return mounted(request, current(tool, device), target, wanted)
  })

/** Fails where no file system can be checked: the device is read-only, or has none. */
const requireCheckable = (tool: Tool, device: Device, target: string): Answer<void> => {
  if (device.volume === undefined && trait(tool, traits.probesBeforeCheck)) {
    return toolError(tool, 41, trait(tool, traits.noFileSystem).text(device.device, target, ""))
  }
  return device.readOnly || device.volume === undefined
    ? toolError(tool, 41, "e2fsck failed (exit code 8)")
    : Either.void
}

const requireReadable = (tool: Tool, disk: string): Answer<void> =>
  trait(tool, traits.readsDescriptorFirst) ? Either.map(disks.read(tool, disk, "tool"), () => undefined) : Either.void

const mounted = (
  request: Request.Mount,
  device: Device,
  target: HostPath | undefined,
  { readOnly, snapshot }: Refusal.MountedDelta
): Result.Mounted => ({
  ...devices.attachment(device),
  disk: request.disk,
  readOnly,
  ...(target !== undefined && { target }),
  ...(snapshot !== undefined && snapshot !== SnapshotId.top && { snapshot })
})

/** Refuses to unmount a device whose mount point another mount hides. */
const requireUncovered = (tool: Tool, device: Device | undefined): Answer<void> =>
  device === undefined ? Either.void : Refusal.covered(
    tool,
    device.device,
    mountTable.covering(tool.tx.mounts, device.device).map(({ target }) => target)
  )

const detachAny = (tool: Tool, device: Device | undefined): Answer<void> =>
  device === undefined ? Refusal.idleDisk(tool, device) : unmountDevice(tool, device)

/** Stops a device that is not mounted. */
const stopIdle = (tool: Tool, device: Device | undefined): Answer<void> => {
  if (device === undefined) return Refusal.idleDisk(tool, device)
  const mounts = tool.tx.mountsOf(device.device).map(({ target }) => target)
  if (mounts.length === 0 && device.maintenance === "OFF") return devices.detach(tool, device)
  return refused(
    new PloopError.Busy({
      ...context(tool, "PLOOP_IOC_STOP: Device or resource busy"),
      exitCode: 3,
      holders: [],
      device: device.device,
      ...(mounts.length > 0 && { mounts })
    })
  )
}

/** The device that a request names other than by its mount point. */
const namedDevice = (tool: Tool, request: Request.Umount): Answer<Device | undefined> =>
  Either.gen(function*() {
    if (request.device !== undefined) {
      const device = tool.tx.device(request.device)
      yield* Refusal.missingDevice(tool, device !== undefined)
      return device
    }
    if (request.disk !== undefined) {
      return devices.find(tool, yield* disks.openUnlocked(tool, request.disk, "tool"), request.component)
    }
    const image = absolute(tool, request.image ?? "")
    return devices.ofBase(tool, image).find(({ component }) => component === request.component)
  })

/**
 * Unmounts by device. Where the tool knows disks by their devices only, it writes
 * the numbers of the file system as an unmount by descriptor does elsewhere.
 */
const unmountDevice = (tool: Tool, device: Device): Answer<void> =>
  Either.flatMap(requireUncovered(tool, device), () => detachDevice(tool, device))

const detachDevice = (tool: Tool, device: Device): Answer<void> => {
  if (!trait(tool, GenerationTraits.unmountsDevicesOnly)) return devices.detach(tool, device)
  if (tool.tx.mountsOf(device.device).length > 0) {
    devices.writeStatfsOfDevice(tool, device)
    tool.tx.checkpoint()
  }
  return Either.map(devices.detach(tool, device), () => {
    files.removeDirectory(tool.tx, `${device.levels[0]!.path}.mnt`)
  })
}

const umountDisk = (tool: Tool, request: Request.Umount, name: string): Answer<void> =>
  Either.gen(function*() {
    const disk = yield* disks.openUnlocked(tool, name, "tool")
    const device = devices.find(tool, disk, request.component)
    yield* requireUncovered(tool, device)
    if (trait(tool, GenerationTraits.unmountsDevicesOnly)) return yield* detachAny(tool, device)
    if (device === undefined) return yield* toolError(tool, 40, `Image ${disks.base(tool, disk)} is not mounted`)
    if (request.component === undefined && tool.tx.mountsOf(device.device).length > 0) {
      devices.writeStatfs(tool, disk, device)
      // The numbers are written before the unmount, and stay when it fails.
      tool.tx.checkpoint()
    }
    yield* devices.detach(tool, device)
    files.removeDirectory(tool.tx, `${disks.base(tool, disk)}.mnt`)
  })

export const umount = (tool: Tool, request: Request.Umount): Answer<void> =>
  Either.gen(function*() {
    const { tx } = tool
    yield* Refusal.umount(tool, generation(tool), request)
    if (request.onlyIdle) return yield* stopIdle(tool, yield* namedDevice(tool, request))
    if (request.disk !== undefined) return yield* umountDisk(tool, request, request.disk)
    if (request.device !== undefined) {
      const device = tx.device(request.device)
      yield* Refusal.missingDevice(tool, device !== undefined)
      return yield* detachAny(tool, device)
    }
    if (request.target !== undefined) {
      const target = absolute(tool, request.target)
      const path = Either.getOrElse(files.realPath(tx, target), () => target)
      const found = mountTable.ofTarget(tx.mounts, path)
      const device = found === undefined ? undefined : tx.device(found.device)
      return yield* device === undefined
        ? toolError(tool, 38, `Unable to find ploop device by ${target}`)
        : unmountDevice(tool, device)
    }
    const image = absolute(tool, request.image ?? "")
    const device = devices.ofBase(tool, image).find(({ component }) => component === request.component)
    return yield* device === undefined && !trait(tool, GenerationTraits.unmountsDevicesOnly)
      ? toolError(tool, 38, `Image ${image} is not mounted`)
      : detachAny(tool, device)
  })
