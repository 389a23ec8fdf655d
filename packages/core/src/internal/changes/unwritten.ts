import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Disk } from "../../Disk.js"
import { directory } from "../../Disk.js"
import { headerLength, lengthToExamine, readHeader } from "../../ImageExamination.js"
import type * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"

const chunkSize = 1024 * 1024

/** Whether the index table of an image has no entry. What cannot be read has some, for all that is known. */
const isUnwritten = (fs: FileSystem.FileSystem, image: string): Effect.Effect<boolean> =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(image, { flag: "r" })
    const start = Option.getOrUndefined(yield* file.readAlloc(headerLength))
    if (start === undefined || start.length < headerLength || readHeader(start).version === undefined) return false
    const end = Number(lengthToExamine(start))
    let at = headerLength
    // A header that makes no sense has no index table behind it.
    if (end <= at) return false
    while (at < end) {
      const part = Option.getOrUndefined(yield* file.readAlloc(Math.min(chunkSize, end - at)))
      if (part === undefined || part.length === 0 || part.some((byte) => byte !== 0)) return false
      at += part.length
    }
    return true
  })).pipe(Effect.orElseSucceed(() => false))

/** The images that one of two points has and the other has not. */
const between = (tree: SnapshotTree.SnapshotTree, from: SnapshotId.SnapshotId, to: SnapshotId.SnapshotId) => {
  const [a, b] = [SnapshotTree.chain(tree, from), SnapshotTree.chain(tree, to)]
  return [...a.filter((node) => !b.includes(node)), ...b.filter((node) => !a.includes(node))]
}

/** Whether nothing was written between two points of an idle disk: no delta between them has a cluster. */
export const unwritten = (
  disk: Disk,
  tree: SnapshotTree.SnapshotTree,
  from: SnapshotId.SnapshotId,
  to: SnapshotId.SnapshotId
): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(
      Effect.findFirst(
        between(tree, from, to),
        ({ file }) =>
          Effect.map(
            isUnwritten(fs, file.startsWith("/") ? file : `${directory(disk)}/${file}`),
            (isUnwritten) => !isUnwritten
          )
      ),
      Option.isNone
    ))
