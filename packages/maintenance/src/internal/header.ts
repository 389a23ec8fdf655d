import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The first bytes of a file. */
const startOf = (path: string, bytes: number) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(
      Stream.runCollect(fs.stream(path, { bytesToRead: bytes })),
      (chunks) => new Uint8Array(Buffer.concat([...chunks]))
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

/** Whether nothing was ever written to an image: it has no header yet, or no entry in its index table. */
export const isEmpty = (path: string, size: bigint) =>
  Effect.gen(function*() {
    if (size < BigInt(ImageExamination.headerLength)) return true
    const length = ImageExamination.lengthOfUnwritten(yield* startOf(path, ImageExamination.headerLength))
    return length !== undefined && ImageExamination.isUnwritten(yield* startOf(path, length))
  })
