import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { generation, toolError } from "../tool.js"
import { requireUnshared } from "./sharing.js"

/** Fails where there is no file system whose files the tool could copy. */
const requireFiles = (tool: Tool, { image, path }: disks.OpenImage): Answer<void> =>
  image.delta.tree === undefined || image.delta.tree === "garbage"
    ? toolError(tool, 20, `Can't mount file system of ${path}: wrong fs type`)
    : Either.void

/** Gives the disk a new image with the files of the old one, as one that nothing tracks. */
const replaceImage = (tool: Tool, { image, path }: disks.OpenImage): Answer<void> =>
  Either.gen(function*() {
    files.unlink(tool.tx, path)
    yield* disks.makeImage(tool, path, { ...image, preallocated: 0, tracking: undefined })
  })

export const encrypt = (tool: Tool, request: Request.Encrypt): Answer<void> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "tool")
    if (!(yield* Refusal.encrypt(tool, generation(tool), disk, request))) return
    const top = SnapshotTree.top(disk.tree)
    const image = disks.imagePath(tool, disk, top.file)
    yield* Refusal.missingImage(tool, image, files.exists(tool.tx, image))
    yield* Refusal.runningDisk(tool, devices.all(tool, disk)[0]?.device)
    yield* requireUnshared(tool, disk, [top.file])
    for (const path of Refusal.encryptionFiles(image, request)) {
      yield* Refusal.existingFile(tool, path, files.exists(tool.tx, path))
    }
    yield* disks.lock(tool, disk)
    const opened = yield* disks.openForSize(tool, disk, top)
    yield* requireFiles(tool, opened)
    const isCopied = request.copy || disk.descriptor.keyId === undefined || request.keyId === undefined
    if (isCopied) yield* replaceImage(tool, opened)
    yield* disks.change(tool, disk, { keyId: request.keyId })
  })
