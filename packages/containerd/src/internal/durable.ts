import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"

type Services = FileSystem.FileSystem | Path.Path

/** Waits until what a directory lists is on the disk. */
export const syncDirectory = (directory: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.scoped(Effect.flatMap(fs.open(directory, { flag: "r" }), (file) => file.sync))
  )

/** Waits until the content of a file is on the disk. */
export const syncFile = (file: string): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r+" }), (opened) => opened.sync))
  )

/** Replaces a file at once: after a crash at any moment, it has the old content or the new one. */
export const replaceFile = (file: string, content: string): Effect.Effect<void, PlatformError, Services> =>
  Effect.uninterruptible(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const aside = `${file}.new`
    yield* fs.writeFileString(aside, content)
    yield* syncFile(aside)
    yield* fs.rename(aside, file)
    yield* syncDirectory(path.dirname(file))
  }))

/** Moves a directory to another parent at once. After a crash it is at one of the two places. */
export const moveDirectory = (from: string, to: string): Effect.Effect<void, PlatformError, Services> =>
  Effect.uninterruptible(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* syncDirectory(from)
    yield* fs.rename(from, to)
    yield* syncDirectory(path.dirname(to))
    yield* syncDirectory(path.dirname(from))
  }))
