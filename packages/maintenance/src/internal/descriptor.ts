import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/** The descriptor of a disk, as its file has it. */
export const read = (disk: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.flatten(Effect.map(fs.readFile(disk), DiskDescriptor.parseBytes))
  )
