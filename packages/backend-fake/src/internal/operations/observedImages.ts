import type * as Refusal from "@effect-ploop/core/Refusal"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Tool } from "../tool.js"

/** What there is to see of an image that is copied or shared. */
export const observed =
  (tool: Tool, disk: disks.Disk, device: string | undefined) => (node: Node): Refusal.ClonedImage => {
    const image = disks.imagePath(tool, disk, node.file)
    const opened = disks.openImage(tool, image, { raw: false, clusterSize: 0n, missing: [4, "open"] })
    const found = Either.isRight(opened) ? opened.right.image : undefined
    return {
      image,
      isRawBase: node.parent === undefined && disks.isRaw(disk),
      exists: files.exists(tool.tx, image),
      size: found === undefined ? undefined : BigInt(found.size),
      version: found?.version,
      isDirty: found?.dirty === true,
      device
    }
  }
