import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type { ImageFormat } from "@effect-ploop/core/ImageFormat"
import type * as Refusal from "@effect-ploop/core/Refusal"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as content from "../content.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Tool } from "../tool.js"

const sector = 512n

/** What the header of a file says, if it has one; also one that the tool would not take. */
export const headerOf = (tool: Tool, path: string): ImageExamination.Header | undefined => {
  const found = files.lookup(tool.tx, path)
  const bytes = Either.isRight(found) ? files.bytesOf(tool.tx, found.right) : undefined
  if (bytes === undefined || bytes.size < ImageExamination.headerLength) return undefined
  const header = ImageExamination.readHeader(content.read(bytes, 0, ImageExamination.headerLength))
  return ImageExamination.isHeader(header) ? header : undefined
}

/** The length of a file. It is 0 for what is not a file, and undefined where nothing is. */
const lengthOf = (tool: Tool, path: string): bigint | undefined => {
  const found = files.lookup(tool.tx, path)
  if (Either.isLeft(found)) return undefined
  const inode = tool.tx.inode(found.right)
  return inode.body._tag === "Directory" ? 0n : BigInt(files.sizeOf(inode))
}

/** The size of the disk in an image that is alone; undefined where it has no header, which the tool reports. */
export const sizeAlone = (tool: Tool, path: string, format: ImageFormat): bigint | undefined => {
  if (format === "raw") return lengthOf(tool, path)
  const header = headerOf(tool, path)
  return header === undefined ? undefined : header.sectors * sector
}

/** What there is to see of an image that is copied or shared. */
export const observed =
  (tool: Tool, disk: disks.Disk, device: string | undefined) => (node: Node): Refusal.ClonedImage => {
    const image = disks.imagePath(tool, disk, node.file)
    const header = headerOf(tool, image)
    return {
      image,
      isRawBase: node.parent === undefined && disks.isRaw(disk),
      length: lengthOf(tool, image),
      exists: files.exists(tool.tx, image),
      size: header === undefined || !ImageExamination.isRegular(header) ? undefined : header.sectors * sector,
      version: header?.version,
      isDirty: header !== undefined && header.inUse !== 0,
      device
    }
  }
