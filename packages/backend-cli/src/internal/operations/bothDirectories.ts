import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import type { Session } from "../session.js"

/**
 * What is the same for every name of a directory, by way of a bind mount too. Everybody enters several directories in
 * the order of these, so that no two wait for each other, and no call waits for itself.
 */
export const keyOf = (session: Session, path: string): Effect.Effect<string> =>
  Effect.map(
    session.files.inTheWay(path, "followed"),
    Option.match({ onNone: () => path, onSome: ({ device, inode }) => `${device}:${inode}` })
  )

/**
 * The only writer of a disk and of another directory, which may be that of the disk.
 *
 * - `entered`: how the other directory is entered; as its only user, it need not be one that this process may open
 */
export const inBoth = <A>(
  session: Session,
  about: About,
  disk: string,
  directory: string,
  use: (path: string) => Effect.Effect<A, PloopError.PloopError>,
  entered: "exclusive" | "onlyUser" = "exclusive"
): Effect.Effect<A, PloopError.PloopError> => {
  const keys = Effect.flatMap(
    session.host.real(disk),
    (path) => Effect.all([keyOf(session, session.host.directory(path)), keyOf(session, directory)])
  )
  const enter = session[entered](about, directory)
  return Effect.flatMap(keys, ([source, target]) => {
    /** While this waits, the names may come to lead elsewhere. */
    const confirmed = (path: string) =>
      Effect.flatMap(keys, (now) =>
        now[0] === source && now[1] === target
          ? Effect.map(use(path), Effect.succeed)
          : Effect.succeed(inBoth(session, about, disk, directory, use, entered)))
    const locked = source === target
      ? session.onSoundDisk(about, disk, confirmed)
      : target < source
      ? enter(session.onSoundDisk(about, disk, confirmed))
      : session.onSoundDisk(about, disk, (path) => enter(confirmed(path)))
    return Effect.flatten(locked)
  })
}
