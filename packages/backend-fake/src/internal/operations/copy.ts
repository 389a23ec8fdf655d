import * as CopyProtocol from "@effect-ploop/core/CopyProtocol"
import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, denied, generation, toolError, trait } from "../tool.js"
import { copiesOnlyMounted } from "../traits.js"

/** The size of the data in one packet, in bytes. */
const packetSize = 1024 * 1024

/** A part of an image file. */
export interface Part {
  readonly position: number
  readonly data: Uint8Array
}

/** The top delta of a running device, without its empty parts. */
export interface Image {
  readonly parts: ReadonlyArray<Part>
  readonly size: number
}

const runningTop = (tool: Tool, path: DevicePath) =>
  Either.gen(function*() {
    const device = tool.tx.device(path)
    const top = device?.levels.at(-1)
    if (device === undefined || top === undefined) {
      return yield* toolError(tool, 2, `Can't open device ${path}: No such file or directory`)
    }
    if (trait(tool, copiesOnlyMounted) && tool.tx.mountsOf(device.device).length === 0) {
      return yield* toolError(tool, 4, `Can't find mount point for ${device.device}`)
    }
    return { device, top }
  })

/** What a copy of a running device has to send now. */
export const imageOf = (tool: Tool, path: DevicePath): Answer<Image> =>
  Either.gen(function*() {
    const { tx } = tool
    const { device, top } = yield* runningTop(tool, path)
    yield* devices.sync(tool, device)
    const inode = tx.inode(top.file)
    const dirty = inode.body._tag === "Image" && inode.body.dirty
    // The in-use flag of the copy is clear.
    if (inode.body._tag === "Image") yield* disks.setImage(tool, top.file, { ...inode.body, dirty: false })
    const size = files.sizeOf(tx.inode(top.file))
    const parts: Array<Part> = []
    for (let position = 0; position < size; position += packetSize) {
      const data = yield* denied(tool, 6, "Error in nread data")(files.readAt(tx, top.file, position, packetSize))
      // Empty packets are left out, except the last one, which conveys the size.
      if (position + packetSize >= size || data.some((byte) => byte !== 0)) parts.push({ position, data })
    }
    const { body } = tx.inode(top.file)
    if (body._tag === "Image") {
      tx.setAttributes(top.file.volume, { ...tx.inode(top.file), body: { ...body, dirty } })
    }
    return { parts, size }
  })

const oneWay = ({ data, position }: Part): Uint8Array =>
  CopyProtocol.format("oneWay", { type: CopyProtocol.types.data, position: BigInt(position) }, data)

/** The packets of the top delta of a running device, including the one that ends the copy. */
export const copySend = (tool: Tool, request: Request.CopySend): Answer<ReadonlyArray<Uint8Array>> =>
  Either.gen(function*() {
    yield* Refusal.copy(tool, generation(tool))
    const { parts, size } = yield* imageOf(tool, request.device)
    return [...parts, { position: size, data: new Uint8Array(0) }].map(oneWay)
  })

/** A copy that is broken: what the tool prints of it. */
export const broken = (tool: Tool, exitCode: 6 | 13): Answer<never> =>
  toolError(tool, exitCode, exitCode === 6 ? "Error in nread(desc): Success" : "Stream corrupted")

/** The parts in a stream of packets. */
const parse = (tool: Tool, bytes: Uint8Array): Answer<ReadonlyArray<Part>> =>
  Either.gen(function*() {
    const headerSize = CopyProtocol.headerLength("oneWay")
    const parts: Array<Part> = []
    for (let at = 0;;) {
      if (at + headerSize > bytes.length) return yield* broken(tool, 6)
      const header = CopyProtocol.parseHeader("oneWay", bytes.subarray(at))
      if (header === undefined) return yield* broken(tool, 13)
      if (header.size === 0) return parts
      const end = at + headerSize + header.size
      if (end > bytes.length) return yield* toolError(tool, 6, "Error in nread data: Success")
      parts.push({ position: Number(header.position), data: bytes.subarray(at + headerSize, end) })
      at = end
    }
  })

/** Writes the parts to a new image file. */
export const store = (tool: Tool, request: Request.CopyReceive, parts: ReadonlyArray<Part>): Answer<void> =>
  Either.gen(function*() {
    const path = absolute(tool, request.image)
    yield* requireNew(tool, request)
    const ref = yield* denied(tool, 1, `Can't create ${path}`)(
      files.openFile(tool.tx, path, files.flags("wx"), 0o600)
    )
    for (const { data, position } of parts) {
      yield* denied(tool, 7, `Error in write ${path}`)(files.writeAt(tool.tx, ref, position, data))
    }
  })

/** Writes the stream of a copy to a new image file. */
export const copyReceive = (tool: Tool, request: Request.CopyReceive, bytes: Uint8Array): Answer<void> =>
  Either.flatMap(
    Refusal.copy(tool, generation(tool)),
    () => Either.flatMap(parse(tool, bytes), (parts) => store(tool, request, parts))
  )

/** Checks what must hold before the first byte is received. */
export const requireNew = (tool: Tool, request: Request.CopyReceive): Answer<void> =>
  Either.gen(function*() {
    const path = absolute(tool, request.image)
    yield* Refusal.existingFile(tool, path, files.exists(tool.tx, path))
    yield* disks.requireParent(tool, tool.path.dirname(path))
  })
