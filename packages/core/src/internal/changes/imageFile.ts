import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ByteSize from "../../ByteSize.js"
import { directory, type Disk } from "../../Disk.js"
import { Extent } from "../../DiskChange.js"
import * as PloopError from "../../PloopError.js"

/** The path of an image, by its name in the descriptor. */
export const pathOf = (disk: Disk, file: string): string => file.startsWith("/") ? file : `${directory(disk)}/${file}`

/** The next bytes of a file: as many as asked for, or those that are left. */
export const readNext = (
  file: Pick<FileSystem.File, "readAlloc">,
  length: number
): Effect.Effect<Uint8Array, PlatformError> =>
  Effect.gen(function*() {
    const bytes = new Uint8Array(length)
    let at = 0
    while (at < length) {
      const part = Option.getOrUndefined(yield* file.readAlloc(length - at))
      if (part === undefined || part.length === 0) break
      bytes.set(part, at)
      at += part.length
    }
    return bytes.subarray(0, at)
  })

/** An image that is open, and its size in bytes. */
export interface Opened {
  readonly file: FileSystem.File
  readonly fileSize: bigint
}

/** Opens an image. To open a FIFO would block a thread until something writes to it. */
export const open = (
  image: string,
  corrupt: (text: string) => PloopError.ImageCorrupt
): Effect.Effect<Opened, PlatformError | PloopError.ImageCorrupt, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { size, type } = yield* fs.stat(image)
    if (type !== "File") return yield* corrupt("the image is not a regular file")
    return { file: yield* fs.open(image, { flag: "r" }), fileSize: size }
  })

/** What is wrong with an image. */
export const corruptImage = (subject: string, image: string) => (text: string): PloopError.ImageCorrupt =>
  new PloopError.ImageCorrupt({ operation: "listSnapshots", subject, image, text })

/** The extent of a run of units: the first one, and the one behind the last. The disk may end within a unit. */
export const extentOf = (
  first: bigint,
  end: bigint,
  { size, unit }: { readonly size: bigint; readonly unit: bigint }
) => {
  const offset = first * unit
  const last = end * unit
  return new Extent({
    offset: ByteSize.make(offset),
    length: ByteSize.make((last < size ? last : size) - offset)
  }, { disableValidation: true })
}
