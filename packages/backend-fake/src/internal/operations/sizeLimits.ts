import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import { minimum } from "../minimum.js"
import * as space from "../space.js"
import type { Device } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { generation } from "../tool.js"
import { attach, requireAttachable } from "./mounts.js"
import { imageInfo } from "./queries.js"
import { inBigInts, measure } from "./resize.js"

type Observed = Refusal.SizedDisk["fileSystem"]

const mounted = (tool: Tool, device: Device): Observed =>
  device.volume === undefined || tool.tx.mountsOf(device.device).length === 0
    ? undefined
    : { _tag: "Mounted", measured: inBigInts(measure(tool, device, tool.tx.volume(device.volume))) }

/** Attaches an idle disk read-only, and inspects its file system. */
const inspect = (tool: Tool, disk: disks.Disk): Answer<Observed> =>
  Either.gen(function*() {
    yield* disks.judge(tool, disk.path)
    yield* requireAttachable(tool, disk)
    const options = { snapshot: undefined, readOnly: true, component: "sizeLimits" }
    const device = yield* attach(tool, disk, options)
    const volume = device.volume === undefined ? undefined : tool.tx.volume(device.volume)
    // resize2fs computes it, and knows no XFS.
    const least = volume === undefined || volume.layout?.type === "xfs"
      ? undefined
      : BigInt(minimum(volume) * space.blockSize)
    yield* devices.detach(tool, device)
    return least === undefined ? undefined : { _tag: "Idle", least } as const
  })

export const sizeLimits = (tool: Tool, request: Request.SizeLimits): Answer<Result.SizeLimits> =>
  Either.gen(function*() {
    const { size, version } = yield* imageInfo(tool, request)
    const disk = yield* request.mayMount ? disks.open(tool, request.disk) : disks.read(tool, request.disk, "backend")
    const device = devices.find(tool, disk, undefined)
    const isCut = device === undefined && Refusal.isCutWhenIdle(generation(tool), disk.descriptor)
    const fileSystem = device !== undefined
      ? mounted(tool, device)
      : isCut
      ? { _tag: "CutWhenIdle" } as const
      : request.mayMount
      ? yield* inspect(tool, disk)
      : undefined
    const { clusterSize } = disk.descriptor
    return Refusal.sizeLimits(generation(tool), { size, clusterSize, version, fileSystem })
  })
