/**
 * Changes an image file without the tool, as a crash, a truncated copy or another
 * program would.
 *
 * @since 0.2.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/**
 * A change to a file.
 *
 * @since 0.2.0
 * @category models
 */
export type Changed = Effect.Effect<void, PlatformError, FileSystem.FileSystem>

/**
 * Writes bytes to a file, at a position in bytes.
 *
 * @since 0.2.0
 * @category changes
 */
export const poke = (file: string, position: number, bytes: Iterable<number>): Changed =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const handle = yield* fs.open(file, { flag: "r+" })
    yield* handle.seek(position, "start")
    yield* handle.writeAll(Uint8Array.from(bytes))
  }))

/**
 * The position of the in-use flag in the header of an image, in bytes.
 *
 * @since 0.2.0
 * @category constants
 */
export const inUsePosition = 44

/**
 * Sets the in-use flag of an image, as a host does that stops without an unmount.
 *
 * @since 0.2.0
 * @category changes
 */
export const markInUse = (image: string): Changed => poke(image, inUsePosition, [0x59, 0x6e, 0x6f, 0x74])

/**
 * Clears the empty flag of an image.
 *
 * @since 0.2.0
 * @category changes
 */
export const markNotEmpty = (image: string): Changed => poke(image, 52, [0, 0, 0, 0])

/**
 * Overwrites the signature of an image, so that no tool recognizes it.
 *
 * @since 0.2.0
 * @category changes
 */
export const breakSignature = (image: string): Changed => poke(image, 0, [1, 2, 3])
