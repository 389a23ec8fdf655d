import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Struct from "effect/Struct"
import { HostPath } from "../HostPath.js"
import * as Ploop from "../Ploop.js"
import * as PloopError from "../PloopError.js"
import * as Request from "../Request.js"
import { decode } from "./decode.js"

/** Of an operation on a file, those of a stream in its place. */
type OfStream<Options> = Omit<Options, "file"> & { readonly directory?: string | undefined }

const directoryOf = (path: string): string => {
  const end = path.lastIndexOf("/")
  return end < 0 ? "." : path.slice(0, end) || "/"
}

const isMissing = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

/** A name for the file, in a directory of its own that is removed with the scope. */
const temporaryFile = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return `${yield* fs.makeTempDirectoryScoped({ directory, prefix: ".ploop-stream-" })}/image`
  })

const checkExport = decode("exportImage", Request.ExportImage)

export const exported = ({ directory, ...options }: OfStream<Request.ExportImageOptions>) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const home = directory ?? directoryOf(options.disk)
    yield* checkExport({ ...options, file: `${home}/image` })
    const noDirectory = directory === undefined
      ? new PloopError.DiskNotFound({ operation: "exportImage", subject: options.disk, text: "" })
      : missing("exportImage", options.disk, home)
    const file = yield* Effect.catchIf(temporaryFile(home), isMissing, () => Effect.fail(noDirectory))
    yield* ploop.exportImage({ ...options, file })
    return fs.stream(file)
  }))

const missing = (operation: "exportImage" | "importImage", subject: string, directory: string) =>
  new PloopError.DirectoryNotFound({ operation, subject, text: "", directory: HostPath.make(directory) })

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** How many bytes become a hole together, if they are all zero. */
const piece = 65_536

/** Writes bytes behind each other, with holes in the place of zeros. */
const writer = (file: FileSystem.File) => {
  let at = 0n
  const put = (bytes: Uint8Array) =>
    Effect.gen(function*() {
      if (!isZero(bytes)) {
        yield* file.seek(at, "start")
        yield* file.writeAll(bytes)
      }
      at += BigInt(bytes.length)
    })
  return {
    write: (bytes: Uint8Array) =>
      Effect.forEach(
        Array.from(
          { length: Math.ceil(bytes.length / piece) },
          (_, index) => bytes.subarray(index * piece, (index + 1) * piece)
        ),
        put,
        { discard: true }
      ),
    finish: Effect.suspend(() => file.truncate(at))
  }
}

const checkImport = decode("importImage", Request.ImportImage)

/** A name for the file that is received, if the image can be made. */
const received = ({ directory, ...options }: OfStream<Request.ImportImageOptions>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { image } = options
    const home = directory ?? directoryOf(image)
    yield* checkImport({ ...options, file: `${home}/image` })
    if (yield* fs.exists(image)) {
      return yield* new PloopError.AlreadyExists({
        operation: "importImage",
        subject: image,
        text: "",
        path: HostPath.make(image)
      })
    }
    return yield* Effect.catchIf(temporaryFile(home), isMissing, () => missing("importImage", image, home))
  })

export const imported = (options: OfStream<Request.ImportImageOptions>) =>
  Sink.unwrapScoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const request = Struct.omit(options, "directory")
    const file = yield* received(options)
    const { finish, write } = writer(yield* fs.open(file, { flag: "wx", mode: 0o600 }))
    return Sink.forEach(write).pipe(
      Sink.mapEffect(() => Effect.zipRight(finish, ploop.importImage({ ...request, file })))
    )
  }))
