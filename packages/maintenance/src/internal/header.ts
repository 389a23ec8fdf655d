import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The first bytes of a file. */
const startOf = (path: string, bytes: number | bigint) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(
      Stream.runCollect(fs.stream(path, { bytesToRead: bytes })),
      (chunks) => Uint8Array.from(Chunk.toArray(chunks).flatMap((chunk) => Array.from(chunk)))
    ))

/** The header of an image; none of a file that is none, such as a raw image. */
export const headerOf = (path: string) =>
  Effect.map(
    startOf(path, ImageExamination.headerLength),
    (start) =>
      start.length < ImageExamination.headerLength || ImageExamination.version(start) === undefined
        ? Option.none()
        : Option.some(ImageExamination.readHeader(start))
  )

/** The longest index table that is read, in sectors: 64 MiB, that of a disk of 16 TiB with clusters of 1 MiB. */
const longestTable = 131_072n

/** Whether nothing was ever written to an image: it has no header yet, or no entry in its index table. */
export const isEmpty = (path: string, size: bigint) =>
  Effect.gen(function*() {
    if (size < BigInt(ImageExamination.headerLength)) return true
    const header = Option.getOrUndefined(yield* headerOf(path))
    if (header === undefined || header.inUse !== 0 || header.firstSector > longestTable) return false
    const start = yield* startOf(path, header.firstSector * 512n)
    return start.subarray(ImageExamination.headerLength).every((byte) => byte === 0)
  })
