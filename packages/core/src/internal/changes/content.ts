import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const chunkSize = 256 * 1024

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** As many bytes as asked for, unless the file ends. One read may return fewer. */
const readFully = (file: FileSystem.File): Effect.Effect<Uint8Array, PlatformError> =>
  Effect.gen(function*() {
    const bytes = new Uint8Array(chunkSize)
    let length = 0
    while (length < chunkSize) {
      const part = yield* file.readAlloc(chunkSize - length)
      if (Option.isNone(part) || part.value.length === 0) break
      bytes.set(part.value, length)
      length += part.value.length
    }
    return bytes.subarray(0, length)
  })

/** Whether two regular files of one size have the same bytes. It reads both, a chunk at a time. */
export const same = (fs: FileSystem.FileSystem, from: string, to: string): Effect.Effect<boolean, PlatformError> =>
  Effect.scoped(Effect.gen(function*() {
    const files = yield* Effect.all([fs.open(from, { flag: "r" }), fs.open(to, { flag: "r" })])
    for (;;) {
      const [a, b] = yield* Effect.zip(readFully(files[0]), readFully(files[1]))
      if (!isEqual(a, b)) return false
      if (a.length < chunkSize) return true
    }
  }))
