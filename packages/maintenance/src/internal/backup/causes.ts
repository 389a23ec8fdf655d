import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/** Runs what has to happen after a failure. When that fails too, both failures are kept, the first one first. */
export const andAlso = <E, A, E2, R>(
  cause: Cause.Cause<E>,
  cleanup: Effect.Effect<A, E2, R>
): Effect.Effect<A, E | E2, R> =>
  Effect.catchAllCause(cleanup, (second) => Effect.failCause(Cause.sequential<E, E2>(cause, second)))
