import { descriptorName, inDirectory } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Remedy from "@effect-ploop/core/Remedy"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { context, unexpected } from "../outcome.js"
import * as paths from "../paths.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import { requireDevices } from "./devicePrerequisites.js"
import * as fullHost from "./fullHost.js"
import * as missingDirectory from "./missingDirectory.js"
import { sizeAlone } from "./observedImages.js"
import * as ownFileSystem from "./ownFileSystem.js"
import { stopDevicesBelow } from "./teardown.js"
import * as tracking from "./tracking.js"

const largeDiskSupport = "/sys/module/ploop/parameters/large_disk_support"

/** The version that the tool would take by itself: passing it makes the limits of the size known beforehand. */
export const defaultVersion = (session: Session, generation: Generation): Effect.Effect<FormatVersion> =>
  Effect.map(
    session.host.exists(largeDiskSupport),
    (largeDisks) => GenerationTraits.defaultVersion(generation, { largeDisks })
  )

/** The descriptor that the tool made has to name the image as the caller will find it. */
const requireFile = (session: Session, about: About, disk: string, file: string) =>
  Effect.flatMap(session.host.descriptor(about, disk), ({ descriptor }) => {
    const found = descriptor.images.map((image) => image.file).join(", ")
    return found === file
      ? Effect.void
      : Effect.fail(unexpected(about, undefined, { line: found, expected: `a descriptor of one image, ${file}` }))
  })

/**
 * Makes image and descriptor in a private directory and gives them their names
 * then: generation 1.15 deletes an image that it finds in its way, and a tool that
 * was killed leaves files, of which nobody could tell later whose they are.
 */
const createInPrivate = (
  session: Session,
  about: About,
  target: { readonly directory: string; readonly image: string; readonly disk: string },
  run: (image: string, alias: { readonly from: string; readonly to: string }) => Effect.Effect<
    unknown,
    PloopError.PloopError
  >
) =>
  newFiles.inPrivateDirectory(session.files, about, target.directory, (own) =>
    Effect.gen(function*() {
      const name = session.host.name(target.image)
      const made = { image: session.host.join(own, name), disk: session.host.join(own, descriptorName) }
      yield* Effect.onError(
        run(made.image, { from: own, to: target.directory }),
        () => stopDevicesBelow(session, about, own)
      )
      yield* requireFile(session, about, made.disk, name)
      yield* newFiles.publish(session.files, about, [
        { from: made.image, to: target.image },
        { from: made.disk, to: target.disk }
      ])
    }))

/** What is left of a failed call has to be removed, and the files of another user cannot be. */
const requireOwnFiles = (session: Session, about: About, option: string) =>
  session.ownsFiles ? Effect.void : Effect.fail(
    new PloopError.Unsupported({
      ...context(about),
      reason: `the tool runs as another user, and has no option for ${option} itself`,
      instead: Remedy.texts["create-without"]({ option })
    })
  )

const create = (session: Session) => (request: Request.Create) => {
  const about = { operation: "create", subject: request.image } as const
  return Effect.gen(function*() {
    const image = yield* paths.require(about, "image", request.image, session.host.absolute(request.image))
    const directory = session.host.directory(image)
    const disk = yield* paths.diskIn(about, "image", request.image, directory)
    return yield* session.exclusive(about, directory)(Effect.gen(function*() {
      const generation = yield* session.generation
      const version = request.version ?? (yield* defaultVersion(session, generation))
      yield* Refusal.create(about, generation, request, version)
      if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
      yield* newFiles.refuseExisting(session.files, about, image, disk)
      const isFormatted = request.fileSystem !== "none"
      // The tool refuses a larger one before it makes a device.
      if (isFormatted && request.size <= GenerationTraits.largestFileSystem[generation]) {
        yield* requireDevices(session, about, generation)
      }
      const given = request.format === "raw" ? undefined : version
      const lacking = isFormatted ? ownFileSystem.lacking(generation, request) : undefined
      const isOwn = lacking !== undefined
      if (isOwn) yield* requireOwnFiles(session, about, lacking)
      const byTool = isOwn ? ownFileSystem.blank(request) : request
      const run = (path: string, alias?: { readonly from: string; readonly to: string }) =>
        session.execute({
          ...about,
          args: args.create(session.verbosity, byTool, path, given),
          kind: Operation.kindOf("create", request),
          alias
        }).pipe(
          Effect.zipRight(
            isOwn
              ? ownFileSystem.make({ session, about, request, path: inDirectory(session.host.directory(path)) })
              : Effect.void
          ),
          fullHost.explained(session, directory, request.clusterSize),
          Progress.track(tracking.changed(
            session,
            [path],
            request.format === "expanded" ? tracking.unknown : Effect.succeed(request.size)
          ))
        )
      yield* session.ownsFiles
        ? createInPrivate(session, about, { directory, image, disk }, run)
        : Effect.catchAll(run(image), missingDirectory.explain(session, directory))
      const created: Result.Created = { disk, image, ...(given !== undefined && { version: given }) }
      return created
    }))
  })
}

/** The descriptor of an image that is elsewhere than where the tool was told to write it. */
const moved = (descriptor: DiskDescriptor.DiskDescriptor, file: string): DiskDescriptor.DiskDescriptor =>
  new DiskDescriptor.DiskDescriptor({
    ...descriptor,
    images: descriptor.images.map((image) => ({ ...image, file }))
  })

const restoreInPrivate = (
  session: Session,
  about: About,
  target: { readonly directory: string; readonly image: string; readonly disk: string },
  run: (directory: string) => Effect.Effect<unknown, PloopError.PloopError>
) =>
  newFiles.inPrivateDirectory(session.files, about, target.directory, (own) =>
    Effect.gen(function*() {
      yield* run(own)
      const { descriptor } = yield* session.host.descriptor(about, session.host.join(own, descriptorName))
      const name = GenerationTraits.namesOutsideRelatively[yield* session.generation]
        ? session.host.relative
        : session.host.below
      const file = name(yield* session.host.real(target.directory), yield* session.host.real(target.image))
      const finished = session.host.join(own, "finished.xml")
      yield* session.files.writeNew(finished, DiskDescriptor.format(moved(descriptor, file))).pipe(
        Effect.mapError(newFiles.fileError(about, finished))
      )
      yield* newFiles.publish(session.files, about, [{ from: finished, to: target.disk }])
    }))

const restoreDescriptor = (session: Session) => (request: Request.RestoreDescriptor) => {
  const about = { operation: "restoreDescriptor", subject: request.image } as const
  return Effect.gen(function*() {
    const image = yield* paths.require(about, "image", request.image, session.host.absolute(request.image))
    const given = request.directory ?? session.host.directory(image)
    const directory = session.host.absolute(given)
    const disk = yield* paths.diskIn(about, request.directory === undefined ? "image" : "directory", given, directory)
    return yield* session.exclusive(about, directory)(Effect.gen(function*() {
      if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
      yield* newFiles.refuseExisting(session.files, about, disk)
      const real = yield* session.host.real(image)
      yield* Refusal.orphanedDeltas(about, real, yield* session.host.names(session.host.directory(real)))
      const size = yield* sizeAlone(session, image, request.format)
      if (Option.isSome(size)) yield* Refusal.emptyImage(about, image, size.value)
      const run = (where: string) =>
        session.execute({
          ...about,
          args: args.restoreDescriptor(session.verbosity, request, where, image),
          kind: Operation.kindOf("restoreDescriptor", request),
          alias: { from: where, to: directory }
        })
      yield* session.ownsFiles
        ? restoreInPrivate(session, about, { directory, image, disk }, run)
        : Effect.catchAll(run(directory), missingDirectory.explain(session, directory))
      return disk
    }))
  })
}

export const make = (session: Session): Pick<Ploop.Backend, "create" | "restoreDescriptor"> => ({
  create: create(session),
  restoreDescriptor: restoreDescriptor(session)
})
