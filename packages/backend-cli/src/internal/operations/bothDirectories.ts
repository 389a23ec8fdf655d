import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import type { Session } from "../session.js"

/**
 * The only writer of a disk and of another directory. Everybody enters two directories in the same order, so that no
 * two wait for each other.
 */
export const inBoth = <A>(
  session: Session,
  about: About,
  disk: string,
  directory: string,
  use: (path: string) => Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    const source = session.host.directory(yield* session.host.real(disk))
    const target = yield* session.host.real(directory)
    if (source === target) return yield* session.onSoundDisk(about, disk, use)
    return target < source
      ? yield* session.exclusive(about, target)(session.onSoundDisk(about, disk, use))
      : yield* session.onSoundDisk(about, disk, (path) => session.exclusive(about, target)(use(path)))
  })
