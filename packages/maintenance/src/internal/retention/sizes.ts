import * as Disk from "@effect-ploop/core/Disk"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import type { SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const blockSize = 512n

/** What a file takes of its file system, or its length where that is not known. */
const allocated = (info: FileSystem.File.Info): bigint =>
  Option.match(info.blocks, { onNone: () => info.size, onSome: (blocks) => BigInt(blocks) * blockSize })

/** How many bytes the image of each snapshot, and of the top delta, takes on the host. */
export const sizesOf = (disk: Disk.Disk, tree: SnapshotTree) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const directory = Disk.directory(disk)
    const sizes = yield* Effect.forEach(
      tree.nodes,
      ({ file, id }) => Effect.map(fs.stat(path.resolve(directory, file)), (info) => [id, allocated(info)] as const),
      { concurrency: 8 }
    )
    return new Map<SnapshotId, bigint>(sizes)
  })
