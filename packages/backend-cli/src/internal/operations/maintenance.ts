import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import { undoing } from "../process/commands.js"
import type { Session } from "../session.js"

/**
 * Runs a command that works on the balloon of a mounted disk. If the tool is ended
 * early, the maintenance that it leaves is ended: the device could not be stopped.
 * The tool locks the balloon, so it refuses this while another one works on it.
 */
export const endingMaintenance = <A>(
  session: Session,
  about: About,
  named: args.Place,
  run: Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    if (!GenerationTraits.hasMaintenance[yield* session.generation]) return yield* run
    const clear = session.ask({ ...about, args: args.balloonClear(named), kind: "change" }, parse.maintenance).pipe(
      Effect.catchTag("NotMounted", () => Effect.void),
      Effect.catchAll((error) =>
        Effect.logWarning(`${about.operation} did not finish, and its maintenance may still block the device`, error)
      )
    )
    return yield* undoing(run, clear)
  })
