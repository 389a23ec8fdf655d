import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

type Changed = Effect.Effect<void, PlatformError, FileSystem.FileSystem>

/** Writes bytes into a file, behind the back of the tool. */
export const poke = (file: string, position: number, bytes: Iterable<number>): Changed =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const handle = yield* fs.open(file, { flag: "r+" })
    yield* handle.seek(position, "start")
    yield* handle.writeAll(Uint8Array.from(bytes))
  }))

/** Where an image says whether it is in use. */
export const inUsePosition = 44

/** Leaves an image as a host does that stops without a umount. */
export const markInUse = (image: string): Changed => poke(image, inUsePosition, [0x59, 0x6e, 0x6f, 0x74])

/** Takes the mark from an image that says that nothing is in it. */
export const markNotEmpty = (image: string): Changed => poke(image, 52, [0, 0, 0, 0])

/** Makes an image one that no tool knows. */
export const breakSignature = (image: string): Changed => poke(image, 0, [1, 2, 3])
