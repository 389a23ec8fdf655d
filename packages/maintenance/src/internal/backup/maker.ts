import * as Disk from "@effect-ploop/core/Disk"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The snapshot that is taken for a backup. */
export const Taken = Schema.Struct({ disk: Disk.Disk, snapshot: SnapshotId.SnapshotId })

/**
 * The file by which the maker of a directory is known while it is not complete: the mark of its lock, and the snapshot
 * that it has taken for a backup.
 */
const Maker = Schema.parseJson(Schema.Struct({ mark: Schema.String, taken: Schema.optional(Taken) }))

export type Maker = typeof Maker.Type

/** The name of that file. */
export const makerName = ".ploop-maker"

/** The text of that file. */
export const encode = Schema.encodeSync(Maker)

/** The maker of a directory; it fails where that is not known. */
export const makerOf = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    return yield* Schema.decode(Maker)(yield* fs.readFileString(path.join(directory, makerName)))
  })
