import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** The header of an image; none of a file that is none, such as a raw image. */
export const headerOf = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const chunks = yield* Stream.runCollect(fs.stream(path, { bytesToRead: ImageExamination.headerLength }))
    const start = Uint8Array.from(Chunk.toArray(chunks).flatMap((chunk) => Array.from(chunk)))
    return start.length < ImageExamination.headerLength || ImageExamination.version(start) === undefined
      ? Option.none()
      : Option.some(ImageExamination.readHeader(start))
  })
