import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { generation, toolError } from "../tool.js"

const named = (tool: Tool, path: DevicePath): Answer<Device> => {
  const device = tool.tx.device(path)
  return device === undefined
    ? toolError(tool, 2, `Can't open device ${path}: No such file or directory`)
    : Either.right(device)
}

export const start = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* named(tool, request.device)
    if (device.running) return yield* toolError(tool, 3, "PLOOP_IOC_START: Device or resource busy")
    yield* devices.setInUse(tool, device, true)
    tool.tx.setDevice({ ...device, running: true })
  })

export const stop = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* named(tool, request.device)
    if (tool.tx.mountsOf(device.device).length > 0 || device.maintenance !== "OFF") {
      return yield* toolError(tool, 3, "PLOOP_IOC_STOP: Device or resource busy")
    }
    yield* devices.sync(tool, device)
    yield* devices.setInUse(tool, device, false)
    tool.tx.setDevice({ ...device, running: false })
  })

export const clear = (tool: Tool, request: Request.OfDevice): Answer<void> =>
  Either.gen(function*() {
    const device = yield* named(tool, request.device)
    if (device.running) return yield* toolError(tool, 3, "PLOOP_IOC_CLEAR: Device or resource busy")
    yield* devices.detach(tool, device)
  })

export const deleteDelta = (tool: Tool, request: Request.DeleteDelta): Answer<void> =>
  Either.gen(function*() {
    const device = yield* named(tool, request.device)
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
