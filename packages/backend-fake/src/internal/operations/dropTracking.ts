import * as ChangeTracking from "@effect-ploop/core/ChangeTracking"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as content from "../content.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { FileRef } from "../state.js"
import type { Answer, Tool } from "../tool.js"
import { generation } from "../tool.js"
import { requireUnshared } from "./sharing.js"

/** The same bytes without the map at their end, and without its place in the header. */
const withoutMap = (bytes: content.Bytes): content.Bytes => {
  const start = content.read(bytes, 0, ImageExamination.headerLength)
  const at = ChangeTracking.position(start)
  if (at === undefined) return bytes
  const length = Number(ImageExamination.readHeader(start).clusterSectors) * 512
  const next = ChangeTracking.withoutExtension(start, content.read(bytes, Number(at), length), BigInt(bytes.size))
  if (next === undefined) return bytes
  const cut = content.truncate(bytes, Number(next.size), undefined).bytes
  return Option.getOrThrow(content.write(cut, 0, next.start, undefined)).bytes
}

const cut = (tool: Tool, ref: FileRef): Answer<void> => {
  const inode = tool.tx.inode(ref)
  const { body } = inode
  if (body._tag === "Image" && body.tracking !== undefined) {
    return disks.setImage(tool, ref, { ...body, tracking: undefined })
  }
  if (body._tag === "Bytes") tool.tx.setInode(ref.volume, { ...inode, body: withoutMap(body) })
  return Either.void
}

export const dropTracking = (tool: Tool, request: Request.OfDisk): Answer<void> =>
  Either.gen(function*() {
    yield* Refusal.dropTracking(tool, generation(tool))
    const disk = yield* disks.read(tool, request.disk, "tool")
    const path = disks.fileOf(tool, disk, SnapshotId.top)!
    const found = files.lookup(tool.tx, path)
    yield* Refusal.missingImage(tool, path, Either.isRight(found))
    if (Either.isLeft(found)) return
    yield* Refusal.otherWriter(tool, devices.otherWriter(tool, disk, undefined)?.device)
    yield* requireUnshared(tool, disk, [disk.descriptor.images.find(({ id }) => id === SnapshotId.top)?.file])
    const device = devices.find(tool, disk, undefined)
    if (device === undefined) {
      const isRaw = disks.isRaw(disk) && path === disks.base(tool, disk)
      return isRaw ? undefined : yield* cut(tool, found.right)
    }
    yield* devices.sync(tool, device)
    tool.tx.setDevice({ ...(tool.tx.device(device.device) ?? device), tracking: undefined })
  })
