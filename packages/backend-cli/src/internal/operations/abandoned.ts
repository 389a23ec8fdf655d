import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import { isPrivateName, same } from "../hostFiles.js"
import type { Session } from "../session.js"
import { stopDevicesBelow } from "./teardown.js"

/**
 * Removes a private directory of this user if nobody holds its lock, so that its
 * process is gone.
 */
const clear = (session: Session, about: About, path: string) =>
  Effect.scoped(Effect.gen(function*() {
    const found = yield* session.files.find(path)
    if (!Option.exists(found, ({ isPrivate, kind }) => kind === "Directory" && isPrivate)) return
    const locked = yield* session.files.tryLock(path)
    if (Option.isNone(locked) || !Option.exists(found, (directory) => same(directory, locked.value))) return
    // A device on a removed image could not be found any more.
    if (!(yield* stopDevicesBelow(session, about, path))) return
    yield* session.files.removeDirectory(path, locked.value)
    yield* Effect.logInfo(`${PrintableText.escape(path)}, which a process that was killed had left, was removed`)
  }))

/**
 * Removes what processes that were killed have left in a directory: the private
 * directories in which they made new files, with the devices of the images there.
 * The operation goes on whether that works or not.
 */
export const clearAbandoned = (session: Session, about: About, directory: string): Effect.Effect<void> =>
  Effect.flatMap(session.files.names(directory), (names) =>
    Effect.forEach(
      names.filter(isPrivateName),
      (name) =>
        Effect.catchAll(clear(session, about, session.host.join(directory, name)), (error) =>
          Effect.logWarning(`${PrintableText.escape(name)}, which another process left, could not be removed`, error)),
      { discard: true }
    )).pipe(
      // The operation itself reports what is wrong with the directory.
      Effect.ignore
    )
