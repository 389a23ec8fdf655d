import * as ByteSize from "@effect-ploop/core/ByteSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import * as FormatVersion from "@effect-ploop/core/FormatVersion"
import type { Generation } from "@effect-ploop/core/Generation"
import { HostPath } from "@effect-ploop/core/HostPath"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { context, outcome, unsupported } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { devicesOfDisk, unnamedDevice } from "./queries.js"

type Methods = "create" | "restoreDescriptor" | "convert" | "check" | "replace"

const largeDisks = "/sys/module/ploop/parameters/large_disk_support"

/** The version that the tool would take by itself: passing it makes the limits of the size known beforehand. */
const defaultVersion = (session: Session, generation: Generation): Effect.Effect<FormatVersion.FormatVersion> =>
  generation === "9"
    ? Effect.succeed(2)
    : Effect.map(session.host.exists(largeDisks), (large) => large ? 2 : 1)

/** A tool that did not come to its end may have left files; they were not there before. */
const endedEarly = (cause: Cause.Cause<PloopError.PloopError>): boolean =>
  Cause.isInterrupted(cause) ||
  Option.exists(Cause.failureOption(cause), (error) => error._tag === "ToolAborted" || error._tag === "TimedOut")

const refuseExisting = (session: Session, about: About, ...paths: ReadonlyArray<string>) =>
  Effect.forEach(
    paths,
    (path) =>
      Effect.flatMap(session.host.exists(path), (exists) =>
        exists ? Effect.fail(new PloopError.AlreadyExists({ ...context(about), path })) : Effect.void),
    { discard: true }
  )

const switches: ReadonlyArray<keyof Request.Check> = [
  "force",
  "hardForce",
  "duplicates",
  "readOnly",
  "silent",
  "dropInUse",
  "repairSparse"
]

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  create: (request) => {
    const about = { operation: "create", subject: request.image } as const
    const image = session.host.absolute(request.image)
    const directory = session.host.directory(image)
    const disk = inDirectory(directory)
    return session.exclusive(about, directory)(Effect.gen(function*() {
      const generation = yield* session.generation
      if (generation === "9" && request.fileSystem === "ext3") {
        return yield* unsupported(about, "generation 9 makes XFS when it is asked for ext3")
      }
      const version = request.version ?? (yield* defaultVersion(session, generation))
      const maximum = FormatVersion.maximumSize(version)
      if (request.size > maximum) {
        return yield* new PloopError.InvalidArgument({
          ...context(about),
          field: "size",
          value: ByteSize.toText(request.size),
          rule: `must not be larger than ${ByteSize.format(maximum)}, the limit of format version ${version} ` +
            "(which is what this host has by default)"
        })
      }
      // Generation 1.15 deletes an image file that is there already, and then fails.
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
        // The tool converts images under the feet of a running device.
        const devices = yield* devicesOfDisk(session, about, path)
        if (devices[0] !== undefined) {
          return yield* new PloopError.ImageInUse({ ...context(about), device: devices[0].device })
        }
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
        const given = switches.find((name) => request[name])
        if (request.disk !== undefined && generation === "1.15" && given !== undefined) {
          return yield* unsupported(
            about,
            `generation 1.15 ignores ${given} when it checks a disk; check its images one by one with it`
          )
        }
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
        if (!(yield* session.host.exists(replacement))) {
          return yield* new PloopError.ImageNotFound({ ...context(about), image: replacement })
        }
        const device = yield* unnamedDevice(session, about, path)
        if (Option.isNone(device) && generation === "9") {
          return yield* unsupported(
            about,
            `generation ${generation} cannot replace an image of a disk that is not mounted`
          )
        }
        if (Option.isNone(device) && request.level !== undefined) {
          return yield* new PloopError.NotMounted({
            ...context(about),
            text: "a level can be given while the disk is mounted only; name the snapshot or the file"
          })
        }
        if (Option.isSome(device) && request.keepName) {
          return yield* new PloopError.ImageInUse({
            ...context(about),
            text: "the tool cannot keep the name while the disk is mounted: it undoes its work and reports success",
            device: device.value.device
          })
        }
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
