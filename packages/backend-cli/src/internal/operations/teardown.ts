import * as DevicePath from "@effect-ploop/core/DevicePath"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { devicesOfDisk, listDevices, unnamedDevice } from "./devices.js"

/** Stops devices that an operation left behind; whether it can or not, the operation fails with its own error. */
export const stopDevices = (
  session: Session,
  about: About,
  left: Effect.Effect<ReadonlyArray<Result.RunningDevice>, PloopError.PloopError>
): Effect.Effect<void> =>
  Effect.flatMap(left, (devices) =>
    Effect.forEach(devices, ({ device }) =>
      session.execute({
        ...about,
        args: args.umount(session.verbosity, { device: DevicePath.make(device) }),
        kind: "change"
      }).pipe(
        Effect.zipRight(Effect.logInfo(`${about.operation} did not finish; ${device}, which it had left, was stopped`))
      ), { discard: true })).pipe(
      Effect.catchAll((error) =>
        Effect.logWarning(`${about.operation} did not finish, and a device that it left could not be stopped`, error)
      )
    )

/** Whether the tool was ended before its end, so that it may have left a device. */
const endedEarly = (cause: Cause.Cause<PloopError.PloopError>): boolean =>
  Cause.isInterrupted(cause) ||
  Option.exists(Cause.failureOption(cause), (error) => error._tag === "ToolAborted" || error._tag === "TimedOut")

/**
 * Runs a command that attaches an idle disk for as long as it works. If it is
 * ended early, the device that it attached is stopped. A device that ran before is
 * somebody else's, and so is one of which nobody knows whether it ran.
 */
export const attachingIdle = <A>(
  session: Session,
  about: About,
  path: string,
  run: Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    const before = yield* Effect.option(unnamedDevice(session, about, path))
    const wasIdle = Option.exists(before, Option.isNone)
    return yield* Effect.onError(run, (cause) =>
      wasIdle && endedEarly(cause)
        ? stopDevices(
          session,
          about,
          Effect.map(
            devicesOfDisk(session, about, path),
            (devices) => devices.filter(({ component }) => component === undefined)
          )
        )
        : Effect.void)
  })

/** Stops the devices of the images in a private directory, which can be nobody else's. */
export const stopDevicesBelow = (session: Session, about: About, directory: string): Effect.Effect<void> =>
  stopDevices(
    session,
    about,
    Effect.gen(function*() {
      const real = yield* session.host.real(directory)
      const devices = yield* listDevices(session, about)
      return devices.filter(({ image }) => [directory, real].some((home) => image.startsWith(`${home}/`)))
    })
  )
