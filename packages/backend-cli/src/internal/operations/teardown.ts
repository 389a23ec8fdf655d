import * as DevicePath from "@effect-ploop/core/DevicePath"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { listDevices } from "./queries.js"

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
