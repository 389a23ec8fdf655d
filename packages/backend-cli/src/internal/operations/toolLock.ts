import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import { fileError } from "../newFiles.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"

/**
 * Keeps a tool that this backend has not started from working on the disk until the scope is closed.
 * Generation 9 has no such lock.
 *
 * - `path`: the real path of the descriptor
 */
export const lockTool = (session: Session, about: About, path: string) =>
  Effect.gen(function*() {
    const file = `${path}.lck`
    const isThere = Option.isSome(yield* session.files.find(file))
    if (isThere && Option.isNone(yield* session.files.tryLock(file))) {
      return yield* new PloopError.Locked(context(about))
    }
  }).pipe(Effect.catchTags({
    BadArgument: (error) => Effect.fail(fileError(about, path)(error)),
    SystemError: (error) => Effect.fail(fileError(about, path)(error))
  }))
