import type { ByteSize } from "@effect-ploop/core/ByteSize"
import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as FormatVersion from "@effect-ploop/core/FormatVersion"
import type * as LowLevel from "@effect-ploop/core/LowLevel"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { context, unsupported } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { unnamedDevice } from "./queries.js"

const refused = (about: About, text: string) => Effect.fail(new PloopError.SizeRefused({ ...context(about), text }))

/** The tool cuts what does not fit in the header of version 1, and reports success. */
const refuseTooLarge = (session: Session, about: About, size: ByteSize, image: string) =>
  size <= FormatVersion.maximumSize(1) ? Effect.void : Effect.flatMap(
    session.host.formatVersion(image),
    (version) =>
      Option.contains(version, 1)
        ? refused(about, "an image of format version 1 must be smaller than 2 TiB")
        : Effect.void
  )

/** What the tool takes although device or image and descriptor differ afterwards. */
const refuseWrong = (session: Session, about: About, size: ByteSize, path: string) =>
  Effect.gen(function*() {
    // What is wrong with a descriptor, the tool says.
    const found = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (found === undefined) return
    yield* refuseTooLarge(session, about, size, found.image(SnapshotTree.top(found.tree).file))
    const { clusterSize } = found.descriptor
    if (size % clusterSize === 0n || Option.isNone(yield* unnamedDevice(session, about, path))) return
    return yield* refused(about, `the size must be a multiple of the cluster, ${clusterSize} bytes`)
  })

export const make = (session: Session): LowLevel.Backend => ({
  start: ({ device }) =>
    Effect.asVoid(session.execute({
      operation: "start",
      subject: device,
      args: args.start(session.verbosity, device),
      kind: "change"
    })),

  stop: ({ device }) =>
    Effect.asVoid(session.execute({
      operation: "stop",
      subject: device,
      args: args.stop(session.verbosity, device),
      kind: "change"
    })),

  clear: ({ device }) =>
    Effect.asVoid(session.execute({
      operation: "clear",
      subject: device,
      args: args.clear(session.verbosity, device),
      kind: "change"
    })),

  deleteDelta: (request) =>
    Effect.asVoid(session.execute({
      operation: "deleteDelta",
      subject: request.device,
      args: args.deleteDelta(session.verbosity, request),
      kind: "change"
    })),

  grow: (request) => {
    const about = { operation: "grow", subject: request.disk ?? request.image ?? request.device ?? "" } as const
    const run = (path: string | undefined) =>
      Effect.asVoid(session.execute({
        ...about,
        args: args.grow(session.verbosity, request, path),
        kind: "uninterruptible"
      }))
    if (request.disk !== undefined) {
      return session.onDisk(
        about,
        request.disk,
        (path) => Effect.zipRight(refuseWrong(session, about, request.size, path), run(path))
      )
    }
    if (request.image === undefined) return run(undefined)
    const image = session.host.absolute(request.image)
    return session.exclusive(about, session.host.directory(image))(
      Effect.zipRight(refuseTooLarge(session, about, request.size, image), run(image))
    )
  },

  nextDevice: Effect.gen(function*() {
    const about = { operation: "nextDevice", subject: "host" } as const
    if ((yield* session.generation) === "9") {
      return yield* unsupported(about, "generation 9 chooses a device name at random when it needs one")
    }
    const device = yield* session.ask({ ...about, args: args.nextDevice, kind: "query" }, parse.nextMinor)
    return DevicePath.make(device)
  })
})
