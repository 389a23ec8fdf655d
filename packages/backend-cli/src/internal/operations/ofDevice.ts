import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { listDevices } from "./devices.js"

/** A disk that runs, by its device or by where it is mounted. */
export interface Named {
  readonly device?: string | undefined
  readonly target?: string | undefined
}

/** Refuses a device whose node was seen not to be there. */
export const requireNode = (session: Session, about: About, device: string) =>
  Effect.flatMap(session.host.exists(device), (exists) => Refusal.missingDevice(about, exists))

/** The directory of the base image of the disk, where files or the tool tell. */
const homeOf = (session: Session, about: About, { device, target }: Named) =>
  Effect.gen(function*() {
    const devices = yield* listDevices(session, about)
    const place = target === undefined ? undefined : yield* session.host.real(target)
    const found = devices.find((running) =>
      device === undefined ? place !== undefined && running.target === place : running.device === device
    )
    return found === undefined
      ? Option.none<string>()
      : Option.some(session.host.directory(yield* session.host.real(found.image)))
  })

/**
 * Lets nobody else work on the disk that a device runs until the scope is closed.
 */
export const hold = (session: Session, about: About, named: Named) =>
  Effect.flatMap(
    Effect.orElseSucceed(homeOf(session, about, named), () => Option.none<string>()),
    Option.match({ onNone: () => Effect.void, onSome: (home) => session.hold(about, home) })
  )

/** After an unmount, no device would show any more which image was written last. */
const settled = (session: Session, about: About, home: string) =>
  about.operation === "umount" ? session.settle(about, home) : Effect.void

/**
 * The only one that changes the disk which a device runs. While it waits for the
 * lock, the device may come to run another disk.
 */
export const onlyUser = <A, E, R>(
  session: Session,
  about: About,
  named: Named,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A, E | PloopError.PloopError, R> =>
  // The first run of the tool reports a probe that fails, with its own error.
  Effect.flatMap(
    Effect.orElseSucceed(homeOf(session, about, named), () => Option.none<string>()),
    Option.match({
      onNone: (): Effect.Effect<A, E | PloopError.PloopError, R> => use,
      onSome: (home) =>
        Effect.flatten(
          session.onlyUser(about, home)(
            Effect.flatMap(homeOf(session, about, named), (now) =>
              Option.isNone(now) || now.value === home
                ? Effect.map(Effect.zipRight(settled(session, about, home), use), Effect.succeed)
                : Effect.succeed(onlyUser(session, about, named, use)))
          )
        )
    })
  )
