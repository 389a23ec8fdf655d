import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { readNext } from "./imageFile.js"

const chunkSize = 256 * 1024

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** Whether two regular files of one size have the same bytes. It reads both, a chunk at a time. */
export const same = (fs: FileSystem.FileSystem, from: string, to: string): Effect.Effect<boolean, PlatformError> =>
  Effect.scoped(Effect.gen(function*() {
    const files = yield* Effect.all([fs.open(from, { flag: "r" }), fs.open(to, { flag: "r" })])
    for (;;) {
      const [a, b] = yield* Effect.zip(readNext(files[0], chunkSize), readNext(files[1], chunkSize))
      if (!isEqual(a, b)) return false
      if (a.length < chunkSize) return true
    }
  }))
