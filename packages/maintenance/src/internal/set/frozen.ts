import * as Effect from "effect/Effect"

/**
 * Runs an effect while every subject is frozen. They are thawed in reverse, those
 * too whose freeze failed or was interrupted half-way.
 */
export const frozen = <A, E, R, E2, R2, R3>(
  subjects: ReadonlyArray<string>,
  freeze: (subject: string) => Effect.Effect<void, E2, R2>,
  thaw: (subject: string) => Effect.Effect<void, never, R3>,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A, E | E2, R | R2 | R3> =>
  subjects.reduceRight<Effect.Effect<A, E | E2, R | R2 | R3>>(
    (inner, subject) => Effect.zipRight(freeze(subject), inner).pipe(Effect.ensuring(thaw(subject))),
    use
  )
