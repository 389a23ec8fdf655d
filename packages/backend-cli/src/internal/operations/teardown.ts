import * as DevicePath from "@effect-ploop/core/DevicePath"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { undoing } from "../process/commands.js"
import { requireOwnMountPoint } from "../scratch.js"
import type { Session } from "../session.js"
import { devicesOfDisk, listDevices, unnamedDevice } from "./devices.js"

/** Stops devices that an operation left behind, and returns whether none is left; it never fails. */
export const stopDevices = (
  session: Session,
  about: About,
  left: Effect.Effect<ReadonlyArray<Result.RunningDevice>, PloopError.PloopError>
): Effect.Effect<boolean> =>
  Effect.flatMap(left, (devices) =>
    Effect.forEach(devices, ({ device }) =>
      session.execute({
        ...about,
        args: args.umount(session.verbosity, { device: DevicePath.make(device) }),
        kind: "change"
      }).pipe(
        Effect.zipRight(Effect.logInfo(`${about.operation} did not finish; ${device}, which it had left, was stopped`))
      ), { discard: true })).pipe(
      Effect.as(true),
      Effect.catchAll((error) =>
        Effect.as(
          Effect.logWarning(`${about.operation} did not finish, and a device that it left could not be stopped`, error),
          false
        )
      )
    )

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
    yield* requireOwnMountPoint(session, about, path)
    const before = yield* Effect.option(unnamedDevice(session, about, path))
    const wasIdle = Option.exists(before, Option.isNone)
    if (!wasIdle) return yield* run
    return yield* undoing(
      run,
      stopDevices(
        session,
        about,
        Effect.map(
          devicesOfDisk(session, about, path),
          (devices) => devices.filter(({ component }) => component === undefined)
        )
      )
    )
  })

/** Stops the devices of the images in a private directory, which can be nobody else's. */
export const stopDevicesBelow = (session: Session, about: About, directory: string): Effect.Effect<boolean> =>
  stopDevices(
    session,
    about,
    Effect.gen(function*() {
      const real = yield* session.host.real(directory)
      const devices = yield* listDevices(session, about)
      return devices.filter(({ image }) => [directory, real].some((home) => image.startsWith(`${home}/`)))
    })
  )
