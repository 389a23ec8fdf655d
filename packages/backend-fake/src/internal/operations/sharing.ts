import * as Refusal from "@effect-ploop/core/Refusal"
import * as Either from "effect/Either"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"

/** The names of a directory are those of its parts. */
const linksOf = ({ tx }: Tool, path: string): number =>
  Either.match(files.lookup(tx, path), {
    onLeft: () => 0,
    onRight: (ref) => {
      const { body, links } = tx.inode(ref)
      return body._tag === "Directory" ? 1 : links
    }
  })

/** Refuses to write to these image files if other disks may have them. */
export const requireUnsharedImages = (tool: Tool, images: ReadonlyArray<string>): Answer<void> =>
  Refusal.unshared(tool, [...new Set(images)].map((image) => ({ image, links: linksOf(tool, image) })))

/** The same for images of a disk, by their files in its descriptor. */
export const requireUnshared = (
  tool: Tool,
  disk: disks.Disk,
  named: ReadonlyArray<string | undefined>
): Answer<void> =>
  requireUnsharedImages(
    tool,
    named.filter((file) => file !== undefined).map((file) => disks.imagePath(tool, disk, file))
  )

/** The same for what the tool writes to when it merges temporary snapshots on its way. */
export const requireUnsharedOnTheWay = (tool: Tool, disk: disks.Disk): Answer<void> =>
  requireUnshared(tool, disk, Refusal.writtenOnTheWay(disk.tree))
