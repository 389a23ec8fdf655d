import type * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import { descriptorName } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { context, unexpected } from "../outcome.js"
import * as paths from "../paths.js"
import { textOf } from "../process/failures.js"
import * as qemuImg from "../qemuImg.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import { defaultVersion } from "./creation.js"
import * as tracking from "./tracking.js"
import { unchanged } from "./unchanged.js"

/** An import that is made. */
interface Scene {
  readonly session: Session
  readonly about: About
  readonly request: Request.ImportImage
  /** The file that is read. */
  readonly file: string
  readonly directory: string
  readonly image: HostPath
  readonly disk: Disk
  readonly version: FormatVersion
}

const readError = ({ about, file, request }: Scene) => (error: PlatformError): PloopError.PloopError => {
  const reason = error._tag === "SystemError" ? error.reason : "Unknown"
  if (reason === "NotFound") return new PloopError.ImageNotFound({ ...context(about), image: file })
  return reason === "BadResource"
    ? new PloopError.InvalidArgument({
      ...context(about),
      field: "file",
      value: request.file,
      rule: `must be a regular file: ${textOf(error)}`
    })
    : newFiles.fileError(about, file)(error)
}

/** The size of the disk in the file that is read. */
const requireImportable = (scene: Scene) =>
  Effect.gen(function*() {
    const { about, file, request, session, version } = scene
    const found = yield* Effect.mapError(
      Effect.all({
        start: session.files.start(file, Refusal.importedStart),
        size: Effect.map(session.files.stamp(file), ({ size }) => size)
      }),
      readError(scene)
    )
    return yield* Refusal.importImage(about, request, version, found)
  })

const descriptorText = ({ image, request, session }: Scene, size: ByteSize.ByteSize) =>
  Effect.map(session.generation, (generation) =>
    DiskDescriptor.format(DiskDescriptor.make({
      size,
      clusterSize: request.clusterSize,
      images: [{ id: SnapshotId.top, type: "Compressed", file: session.host.name(image) }],
      snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }],
      rootElement: GenerationTraits.rootElement[generation]
    })))

/** The raw file: the one that is read, or what qemu-img makes of it. */
const rawFile = ({ about, file, image, request, session }: Scene, own: string, size: ByteSize.ByteSize) =>
  Effect.gen(function*() {
    if (request.format === "raw") return file
    const raw = session.host.join(own, "raw")
    yield* Effect.mapError(session.files.makePrivateFile(raw), newFiles.fileError(about, image))
    const share = Effect.zipWith(
      tracking.allocated(session, [raw]),
      tracking.allocated(session, [file]),
      (written, all) => all === 0n ? 0n : size * written / all
    )
    yield* Progress.track(qemuImg.unpack(session.qemuImg, about, file, raw), {
      done: Effect.map(share, (bytes) => bytes < size ? bytes : size),
      total: Effect.succeed(2n * size)
    })
    const { size: seen } = yield* Effect.mapError(session.files.stamp(raw), newFiles.fileError(about, image))
    return seen === size
      ? raw
      : yield* unexpected(about, undefined, { line: `${seen} bytes`, expected: `a disk of ${size} bytes` })
  })

const importIn = (scene: Scene, own: string, found: ByteSize.ByteSize) =>
  Effect.gen(function*() {
    const { about, disk, image, request, session, version } = scene
    const { clusterSize } = request
    const size = ClusterSize.roundUp(found, clusterSize)
    const packing = { version, clusterSize: Number(clusterSize), size: Number(size) }
    const made = session.host.join(own, "image")
    const raw = yield* rawFile(scene, own, found)
    const { done, onDone } = tracking.counter()
    const [before, total] = request.format === "raw" ? [0n, found] : [found, 2n * found]
    yield* session.files.pack(raw, made, packing, onDone).pipe(
      Effect.mapError(newFiles.fileError(about, image)),
      Progress.track({ done: Effect.map(done, (bytes) => before + bytes), total: Effect.succeed(total) })
    )
    const descriptor = session.host.join(own, descriptorName)
    yield* Effect.mapError(
      session.files.writeNew(descriptor, yield* descriptorText(scene, size)),
      newFiles.fileError(about, disk)
    )
    const result: Result.Imported = { disk, image, version, size }
    return { result, moves: [{ from: made, to: image }, { from: descriptor, to: disk }] }
  })

const importTo = (scene: Scene) =>
  Effect.gen(function*() {
    const { about, directory, disk, file, image, session } = scene
    yield* clearAbandoned(session, about, directory)
    yield* newFiles.refuseExisting(session.files, about, image, disk)
    const size = yield* requireImportable(scene)
    return yield* newFiles.inPrivateDirectory(session.files, about, directory, (own) =>
      Effect.gen(function*() {
        const { moves, result } = yield* unchanged(
          session,
          about,
          [file],
          importIn(scene, own, size),
          () => new PloopError.InputOutputFailed({ ...context(about), text: `${file} has changed meanwhile` })
        )
        yield* newFiles.publish(session.files, about, moves)
        return result
      }))
  })

export const importImage = (session: Session) => (request: Request.ImportImage) => {
  const about = { operation: "importImage", subject: request.image } as const
  return Effect.gen(function*() {
    const image = yield* paths.require(about, "image", request.image, session.host.absolute(request.image))
    const directory = session.host.directory(image)
    const disk = yield* paths.diskIn(about, "image", request.image, directory)
    return yield* session.exclusive(about, directory)(Effect.gen(function*() {
      const version = request.version ?? (yield* defaultVersion(session, yield* session.generation))
      const file = session.host.absolute(request.file)
      return yield* importTo({ session, about, request, file, directory, image, disk, version })
    }))
  })
}
