import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { context, unexpected } from "../outcome.js"
import * as paths from "../paths.js"
import * as qemuImg from "../qemuImg.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import { inBoth } from "./bothDirectories.js"
import * as confinement from "./confinement.js"
import { devicesOfDisk } from "./devices.js"
import { observed, sizeOf } from "./observedImages.js"
import * as tracking from "./tracking.js"
import { unchanged } from "./unchanged.js"

/** An export that is made. */
interface Scene {
  readonly session: Session
  readonly about: About
  readonly request: Request.ExportImage
  /** The descriptor of the disk. */
  readonly path: string
  /** The file that is written. */
  readonly file: HostPath
}

/** The images of the snapshot, if they can be exported. */
const requireExportable = ({ about, path, request, session }: Scene) =>
  Effect.gen(function*() {
    const source = yield* session.host.descriptor(about, path)
    const chain = yield* Refusal.exportChain(about, source.tree, request)
    const files = chain.map(({ file }) => file)
    yield* confinement.requireInside(session, about, path, source, () => files)
    const device = (yield* devicesOfDisk(session, about, path))[0]?.device
    const images = yield* Effect.forEach(chain, observed(session, about, source, device))
    yield* Refusal.exportImage(about, request, images)
    return images
  })

/** An image that makes no sense is known only when it is read. */
const composeError = (about: About, path: string) => (error: PlatformError): PloopError.PloopError =>
  error._tag === "SystemError" && error.reason === "InvalidData"
    ? new PloopError.ImageCorrupt({
      ...context(about),
      text: error.description ?? "",
      image: `${error.pathOrDescriptor}`
    })
    : newFiles.fileError(about, path)(error)

/** The size of the disk in a file that was made. */
const sizeIn = ({ about, file, request, session }: Scene, made: string) =>
  Effect.gen(function*() {
    const start = yield* session.files.start(made, Refusal.importedStart)
    const { size } = yield* session.files.stamp(made)
    // The bytes of the disk belong to its guest: a raw file can begin with anything.
    return request.format === "raw"
      ? size
      : yield* Refusal.importImage(about, { file, format: request.format }, 2, { start, size })
  }).pipe(Effect.orElseSucceed(() => 0n))

/** The second half of the work: the new file grows to about what the raw one takes. */
const toQcow2 = ({ about, file, session }: Scene, own: string, raw: string, size: bigint) =>
  Effect.gen(function*() {
    const made = session.host.join(own, "qcow2")
    yield* Effect.mapError(session.files.makePrivateFile(made), newFiles.fileError(about, file))
    const share = Effect.zipWith(
      tracking.allocated(session, [made]),
      tracking.allocated(session, [raw]),
      (written, all) => size + (all === 0n ? 0n : size * written / all)
    )
    yield* Progress.track(qemuImg.pack(session.qemuImg, about, raw, made), {
      done: share,
      total: Effect.succeed(2n * size)
    })
    return made
  })

const exportIn = (scene: Scene, own: string, images: ReadonlyArray<Refusal.ClonedImage>) =>
  Effect.gen(function*() {
    const { about, file, request, session } = scene
    const size = yield* sizeOf(session, about, images[images.length - 1]!)
    const layers = images.map(({ image, isRawBase }) => ({ path: image, isRaw: isRawBase }))
    const raw = session.host.join(own, "raw")
    const parts = request.format === "raw" ? 1n : 2n
    const { done, onDone } = tracking.counter()
    yield* session.files.compose({ layers, size }, raw, onDone).pipe(
      Effect.mapError(composeError(about, file)),
      Progress.track({ done, total: Effect.succeed(parts * size) })
    )
    const made = request.format === "raw" ? raw : yield* toQcow2(scene, own, raw, size)
    const seen = yield* sizeIn(scene, made)
    if (seen !== size) {
      return yield* unexpected(about, undefined, { line: `${seen} bytes`, expected: `a disk of ${size} bytes` })
    }
    const result: Result.Exported = { file, size }
    return result
  })

const exportFrom = (scene: Scene) =>
  Effect.gen(function*() {
    const { about, file, request, session } = scene
    const directory = session.host.directory(file)
    const images = yield* requireExportable(scene)
    yield* clearAbandoned(session, about, directory)
    yield* newFiles.refuseExisting(session.files, about, file)
    return yield* newFiles.inPrivateDirectory(session.files, about, directory, (own) =>
      Effect.gen(function*() {
        const exported = yield* unchanged(
          session,
          about,
          images.map(({ image }) => image),
          exportIn(scene, own, images),
          (image) => new PloopError.InputOutputFailed({ ...context(about), text: `${image} has changed meanwhile` })
        )
        yield* newFiles.publish(session.files, about, [{ from: session.host.join(own, request.format), to: file }])
        return exported
      }))
  })

export const exportImage = (session: Session) => (request: Request.ExportImage) => {
  const about = { operation: "exportImage", subject: request.disk } as const
  return Effect.gen(function*() {
    const file = yield* paths.require(about, "file", request.file, session.host.absolute(request.file))
    return yield* inBoth(
      session,
      about,
      request.disk,
      session.host.directory(file),
      (path) => exportFrom({ session, about, request, path, file })
    )
  })
}
