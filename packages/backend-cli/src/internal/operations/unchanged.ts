import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import type { Session } from "../session.js"

/** Reads files, and fails if another program has written to one of them meanwhile. */
export const unchanged = <A>(
  session: Session,
  about: About,
  files: ReadonlyArray<string>,
  read: Effect.Effect<A, PloopError.PloopError>,
  error: (file: string) => PloopError.PloopError
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    const stamps = Effect.forEach(
      files,
      (file) => Effect.mapError(session.files.stamp(file), newFiles.fileError(about, file))
    )
    const before = yield* stamps
    const result = yield* read
    const after = yield* stamps
    const changed = files.find((_, index) =>
      before[index]?.modified !== after[index]?.modified || before[index]?.inode !== after[index]?.inode
    )
    return changed === undefined ? result : yield* Effect.fail(error(changed))
  })
