import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

const sync = (path: string, flag: "r" | "r+") =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.scoped(Effect.flatMap(fs.open(path, { flag }), (file) => file.sync))
  )

/** Waits until the content of a file would survive a power cut. */
export const syncFile = (path: string) => sync(path, "r+")

/** Waits until the names in a directory would survive a power cut. */
export const syncDirectory = (path: string) => sync(path, "r")
