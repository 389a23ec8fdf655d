import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, denied, generation, toolError } from "../tool.js"

const marker = 0x4cc0ac3d

const headerSize = 16

/** The size of the data in one packet, in bytes. */
const packetSize = 1024 * 1024

const packet = (position: number, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(headerSize + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, marker, true)
  view.setUint32(4, data.length, true)
  view.setBigUint64(8, BigInt(position), true)
  bytes.set(data, headerSize)
  return bytes
}

/** The packets of the top delta of a running device, including the one that ends the copy. */
export const copySend = (tool: Tool, request: Request.CopySend): Answer<ReadonlyArray<Uint8Array>> =>
  Either.gen(function*() {
    yield* Refusal.copy(tool, generation(tool))
    const { tx } = tool
    const device = tx.device(request.device)
    const top = device?.levels.at(-1)
    if (device === undefined || top === undefined) {
      return yield* toolError(tool, 2, `Can't open device ${request.device}: No such file or directory`)
    }
    if (tx.mountsOf(device.device).length === 0) {
      return yield* toolError(tool, 4, `Can't find mount point for ${device.device}`)
    }
    yield* devices.sync(tool, device)
    const inode = tx.inode(top.file)
    const dirty = inode.body._tag === "Image" && inode.body.dirty
    // The in-use flag of the copy is clear.
    if (inode.body._tag === "Image") yield* disks.setImage(tool, top.file, { ...inode.body, dirty: false })
    const size = files.sizeOf(tx.inode(top.file))
    const packets: Array<Uint8Array> = []
    for (let position = 0; position < size; position += packetSize) {
      const data = yield* denied(tool, 6, "Error in nread data")(files.readAt(tx, top.file, position, packetSize))
      // Empty packets are left out, except the last one, which conveys the size.
      if (position + packetSize >= size || data.some((byte) => byte !== 0)) packets.push(packet(position, data))
    }
    const { body } = tx.inode(top.file)
    if (body._tag === "Image") {
      tx.setAttributes(top.file.volume, { ...tx.inode(top.file), body: { ...body, dirty } })
    }
    return [...packets, packet(size, new Uint8Array(0))]
  })

/** Writes the stream of a copy to a new image file. */
export const copyReceive = (tool: Tool, request: Request.CopyReceive, bytes: Uint8Array): Answer<void> =>
  Either.gen(function*() {
    const path = absolute(tool, request.image)
    yield* requireNew(tool, request)
    const ref = yield* denied(tool, 1, `Can't create ${path}`)(
      files.openFile(tool.tx, path, files.flags("wx"), 0o600)
    )
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0;;) {
      if (at + headerSize > bytes.length) return yield* toolError(tool, 6, "Error in nread(desc): Success")
      if (view.getUint32(at, true) !== marker) return yield* toolError(tool, 13, "Stream corrupted")
      const size = view.getUint32(at + 4, true)
      const position = Number(view.getBigUint64(at + 8, true))
      if (size === 0) return
      if (at + headerSize + size > bytes.length) return yield* toolError(tool, 6, "Error in nread data: Success")
      const data = bytes.subarray(at + headerSize, at + headerSize + size)
      yield* denied(tool, 7, `Error in write ${path}`)(files.writeAt(tool.tx, ref, position, data))
      at += headerSize + size
    }
  })

/** Checks what must hold before the first byte is received. */
export const requireNew = (tool: Tool, request: Request.CopyReceive): Answer<void> =>
  Either.gen(function*() {
    yield* Refusal.copy(tool, generation(tool))
    const path = absolute(tool, request.image)
    yield* Refusal.existingFile(tool, path, files.exists(tool.tx, path))
    yield* disks.requireParent(tool, tool.path.dirname(path))
  })
