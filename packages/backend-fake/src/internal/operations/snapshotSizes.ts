import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotChange from "@effect-ploop/core/SnapshotChange"
import * as Either from "effect/Either"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { context, refused } from "../tool.js"

/** The blocks that an image takes, in bytes. */
const sizeOf = (tool: Tool, disk: disks.Disk, file: string): Answer<number> => {
  const image = disks.imagePath(tool, disk, file)
  const found = files.lookup(tool.tx, image)
  return Either.isLeft(found)
    ? refused(new PloopError.ImageNotFound({ ...context(tool), image }))
    : Either.right(files.sectorsOf(tool.tx.inode(found.right)) * 512)
}

export const snapshotSizes = (
  tool: Tool,
  request: Request.OfDisk
): Answer<ReadonlyArray<Result.SnapshotSize>> =>
  Either.gen(function*() {
    const disk = yield* disks.readAnyName(tool, request.disk)
    const sizes = new Map<string, number>()
    for (const { file, id } of disk.tree.nodes) sizes.set(id, yield* sizeOf(tool, disk, file))
    return disk.tree.nodes.map(({ file, id }): Result.SnapshotSize => ({
      id,
      image: disks.imagePath(tool, disk, file),
      size: ByteSize.make(sizes.get(id) ?? 0),
      moved: ByteSize.make(
        SnapshotChange.mergedByDeletion(disk.tree, id).reduce((sum, node) => sum + (sizes.get(node.id) ?? 0), 0)
      )
    }))
  })
