import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as deviceTable from "../deviceTable.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, generation, toolError, trait } from "../tool.js"
import * as traits from "../traits.js"
import { mergeBare } from "./merging.js"
import { headerOf } from "./observedImages.js"
import { requireUnsharedImages } from "./sharing.js"

const named = (tool: Tool, path: DevicePath): Answer<Device> => {
  const device = tool.tx.device(path)
  return device === undefined
    ? toolError(tool, 2, `Can't open device ${path}: No such file or directory`)
    : Either.right(device)
}

/** The device that the driver of ploop runs. Device mapper does not know the calls of that driver. */
const driven = (tool: Tool, path: DevicePath, call: string): Answer<Device> =>
  Either.flatMap(named(tool, path), (device) =>
    trait(tool, traits.usesDeviceMapper)
      ? toolError(tool, 3, `PLOOP_IOC_${call}: Inappropriate ioctl for device`)
      : Either.right(device))

export const start = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* driven(tool, request.device, "START")
    if (device.running) return yield* toolError(tool, 3, "PLOOP_IOC_START: Device or resource busy")
    yield* devices.setInUse(tool, device, true)
    tool.tx.setDevice({ ...device, running: true })
  })

export const stop = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* driven(tool, request.device, "STOP")
    if (tool.tx.mountsOf(device.device).length > 0 || device.maintenance !== "OFF") {
      return yield* toolError(tool, 3, "PLOOP_IOC_STOP: Device or resource busy")
    }
    yield* devices.sync(tool, device)
    yield* devices.setInUse(tool, device, false)
    tool.tx.setDevice({ ...device, running: false })
  })

export const clear = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* driven(tool, request.device, "CLEAR")
    if (device.running) return yield* toolError(tool, 3, "PLOOP_IOC_CLEAR: Device or resource busy")
    yield* devices.detach(tool, device)
  })

export const deleteDelta = (tool: Tool, request: Request.DeleteDelta): Answer<void> =>
  Either.gen(function*() {
    const device = yield* driven(tool, request.device, "DEL_DELTA")
    const level = device.levels[request.level]
    if (level === undefined || request.level === device.levels.length - 1) {
      return yield* toolError(tool, 3, "PLOOP_IOC_DEL_DELTA: Invalid argument")
    }
    if (request.level === 0) return yield* toolError(tool, 3, "PLOOP_IOC_DEL_DELTA: Device or resource busy")
    tool.tx.setDevice({ ...device, levels: device.levels.filter((other) => other !== level) })
    tool.tx.forget(level.file)
  })

export const nextDevice = (tool: Tool): Answer<DevicePath> =>
  Either.map(Refusal.nextDevice(tool, generation(tool)), () => devices.next(tool.tx))

const sector = 512n

/** What there is to see of an image that is merged by its file. */
export const observed = (tool: Tool, path: string): Refusal.BareImage => {
  const found = files.lookup(tool.tx, path)
  const header = headerOf(tool, path)
  const device = deviceTable.all(tool.tx.devices).find(({ levels }) =>
    Either.isRight(found) && levels.some(({ file }) => files.same(file, found.right))
  )
  return {
    image: path,
    real: Either.getOrElse(files.realPath(tool.tx, path), () => path),
    exists: files.exists(tool.tx, path),
    clusterSize: header && header.clusterSectors * sector,
    version: header?.version,
    isDirty: header !== undefined && header.inUse !== 0,
    device: device?.device
  }
}

export const mergeDelta = (tool: Tool, request: Request.MergeDelta): Answer<void> =>
  Either.gen(function*() {
    yield* Refusal.bareDeltas(tool, generation(tool))
    const [delta, image] = [absolute(tool, request.delta), absolute(tool, request.image)]
    yield* Refusal.mergeDelta(tool, observed(tool, delta), observed(tool, image))
    yield* requireUnsharedImages(tool, [image])
    const open = (path: string, purpose: "open" | "rewrite") =>
      disks.openImage(tool, path, {
        raw: false,
        clusterSize: ClusterSize.standard,
        missing: [4, "Can't open"],
        purpose
      })
    yield* mergeBare(tool, yield* open(delta, "open"), yield* open(image, "rewrite"))
  })
