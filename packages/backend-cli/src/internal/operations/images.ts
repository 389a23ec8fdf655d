import { inDirectory } from "@effect-ploop/core/Disk"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { outcome } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { devicesOfDisk, runningDevice } from "./queries.js"

type Methods = "create" | "restoreDescriptor" | "convert" | "check" | "replace"

const largeDiskSupport = "/sys/module/ploop/parameters/large_disk_support"

/** The version that the tool would take by itself: passing it makes the limits of the size known beforehand. */
const defaultVersion = (session: Session, generation: Generation): Effect.Effect<FormatVersion> =>
  Effect.map(
    session.host.exists(largeDiskSupport),
    (largeDisks) => GenerationTraits.defaultVersion(generation, { largeDisks })
  )

/** A tool that did not come to its end may have left files; they were not there before. */
const endedEarly = (cause: Cause.Cause<PloopError.PloopError>): boolean =>
  Cause.isInterrupted(cause) ||
  Option.exists(Cause.failureOption(cause), (error) => error._tag === "ToolAborted" || error._tag === "TimedOut")

const refuseExisting = (session: Session, about: About, ...paths: ReadonlyArray<string>) =>
  Effect.forEach(
    paths,
    (path) => Effect.flatMap(session.host.exists(path), (exists) => Refusal.existingFile(about, path, exists)),
    { discard: true }
  )

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  create: (request) => {
    const about = { operation: "create", subject: request.image } as const
    const image = session.host.absolute(request.image)
    const directory = session.host.directory(image)
    const disk = inDirectory(directory)
    return session.exclusive(about, directory)(Effect.gen(function*() {
      const generation = yield* session.generation
      const version = request.version ?? (yield* defaultVersion(session, generation))
      yield* Refusal.create(about, generation, request, version)
      yield* refuseExisting(session, about, image, disk)
      const raw = request.format === "raw"
      yield* session.execute({
        ...about,
        args: args.create(session.verbosity, { ...request, image: HostPath.make(image) }, raw ? undefined : version),
        kind: "change"
      }).pipe(
        Effect.onError((cause) =>
          endedEarly(cause)
            ? Effect.zipRight(session.host.remove(disk), session.host.remove(image))
            : Effect.void
        )
      )
      const created: Result.Created = { disk, image: HostPath.make(image), ...(!raw && { version }) }
      return created
    }))
  },

  restoreDescriptor: (request) => {
    const about = { operation: "restoreDescriptor", subject: request.image } as const
    const image = session.host.absolute(request.image)
    const directory = session.host.absolute(request.directory ?? session.host.directory(image))
    const disk = inDirectory(directory)
    return session.exclusive(about, directory)(Effect.gen(function*() {
      yield* refuseExisting(session, about, disk)
      yield* session.execute({
        ...about,
        args: args.restoreDescriptor(session.verbosity, request, directory, image),
        kind: "change"
      })
      return disk
    }))
  },

  convert: (request) => {
    const about = { operation: "convert", subject: request.disk } as const
    return session.onDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        // The tool converts images while a device is running.
        const [running] = yield* devicesOfDisk(session, about, path)
        yield* Refusal.runningDisk(about, running?.device)
        yield* session.execute({
          ...about,
          args: args.convert(session.verbosity, request, path),
          kind: "uninterruptible"
        })
      }))
  },

  check: (request) => {
    const subject = request.disk ?? request.image ?? ""
    const about = { operation: "check", subject } as const
    const run = (path: string) =>
      Effect.gen(function*() {
        const generation = yield* session.generation
        yield* Refusal.check(about, generation, request)
        const call = {
          ...about,
          args: args.check(session.verbosity, request, path),
          kind: request.readOnly ? "query" : "uninterruptible"
        } as const
        const result = yield* session.runner.run(call)
        const checked = parse.checked(result)
        return checked ??
          (yield* Effect.fail(session.classify(outcome(about, generation, result))))
      })
    return request.disk === undefined
      ? Effect.suspend(() => {
        const path = session.host.absolute(subject)
        return session.exclusive(about, session.host.directory(path))(run(path))
      })
      : session.onDisk(about, request.disk, run)
  },

  replace: (request) => {
    const about = { operation: "replace", subject: request.disk } as const
    return session.onDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        const generation = yield* session.generation
        const replacement = session.host.absolute(request.with)
        yield* Refusal.missingImage(about, replacement, yield* session.host.exists(replacement))
        yield* Refusal.replace(about, generation, request, yield* runningDevice(session, about, path))
        yield* session.execute({
          ...about,
          args: args.replace(session.verbosity, request, {
            disk: path,
            file: request.file === undefined ? undefined : session.host.absolute(request.file),
            with: replacement
          }),
          kind: "uninterruptible"
        })
      }))
  }
})
