import type { ByteSize } from "@effect-ploop/core/ByteSize"
import * as DevicePath from "@effect-ploop/core/DevicePath"
import type * as LowLevel from "@effect-ploop/core/LowLevel"
import * as OperationError from "@effect-ploop/core/OperationError"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { context, unsupported } from "../session.js"
import { unnamedDevice } from "./look.js"

/** Of a running disk the tool takes any size: the device then gets another than the descriptor. */
const refuseUnaligned = (session: Session, about: About, size: ByteSize, path: string) =>
  Effect.gen(function*() {
    // What is wrong with a descriptor, the tool says.
    const found = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (found === undefined || size % found.descriptor.clusterSize === 0n) return
    if (Option.isNone(yield* unnamedDevice(session, about, path))) return
    return yield* new PloopError.SizeRefused({
      ...context(about),
      text: `the size must be a multiple of the cluster, ${found.descriptor.clusterSize} bytes`
    })
  }).pipe(session.narrow(OperationError.GrowError))

export const make = (session: Session): LowLevel.Backend => ({
  start: ({ device }) =>
    Effect.asVoid(session.execute(OperationError.StartError, {
      operation: "start",
      subject: device,
      args: args.start(session.verbosity, device),
      kind: "change"
    })),

  stop: ({ device }) =>
    Effect.asVoid(session.execute(OperationError.StopError, {
      operation: "stop",
      subject: device,
      args: args.stop(session.verbosity, device),
      kind: "change"
    })),

  clear: ({ device }) =>
    Effect.asVoid(session.execute(OperationError.ClearError, {
      operation: "clear",
      subject: device,
      args: args.clear(session.verbosity, device),
      kind: "change"
    })),

  deleteDelta: (request) =>
    Effect.asVoid(session.execute(OperationError.DeleteDeltaError, {
      operation: "deleteDelta",
      subject: request.device,
      args: args.deleteDelta(session.verbosity, request),
      kind: "change"
    })),

  grow: (request) => {
    const about = { operation: "grow", subject: request.disk ?? request.image ?? request.device ?? "" }
    const run = (path: string | undefined) =>
      Effect.asVoid(session.execute(OperationError.GrowError, {
        ...about,
        args: args.grow(session.verbosity, request, path),
        kind: "careful"
      }))
    if (request.disk !== undefined) {
      return session.onDisk(
        about,
        request.disk,
        (path) => Effect.zipRight(refuseUnaligned(session, about, request.size, path), run(path))
      )
    }
    if (request.image === undefined) return run(undefined)
    const image = session.host.absolute(request.image)
    return session.exclusive(session.host.directory(image))(run(image))
  },

  nextDevice: Effect.gen(function*() {
    const about = { operation: "nextDevice", subject: "host" }
    if ((yield* session.generation) === "9") {
      return yield* unsupported(about, "generation 9 chooses a device name at random when it needs one")
    }
    const device = yield* session.ask(
      OperationError.NextDeviceError,
      { ...about, args: args.nextDevice, kind: "query" },
      parse.nextMinor
    )
    return DevicePath.make(device)
  }).pipe(session.narrow(OperationError.NextDeviceError))
})
