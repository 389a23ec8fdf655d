import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import { givingUpWaits } from "../waiting.js"

/** What was acquired and has to be released, the last one first. */
export interface Held<E> {
  /** Acquires something. An interruption comes either before it or after it is held. */
  readonly acquire: <A, E2, R>(
    acquire: Effect.Effect<A, E2, R>,
    release: (acquired: A) => Effect.Effect<unknown, E>
  ) => Effect.Effect<A, E2, R>
  /**
   * Releases what is held, all of it also when some cannot be released. It fails with the first failure; the hook gets
   * the others, because a stream ends with one. Nothing is released twice.
   */
  readonly release: Effect.Effect<void, E>
}

/** At the end of the scope, what is still held is released. The hook gets each failure. */
export const make = <E>(onFailure: (error: E) => Effect.Effect<void>): Effect.Effect<Held<E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const releases = yield* Ref.make<ReadonlyArray<Effect.Effect<unknown, E>>>([])
    const release = Effect.uninterruptible(Effect.gen(function*() {
      const held = yield* Ref.getAndSet(releases, [])
      const [first, ...others] = yield* Effect.forEach(held, Effect.exit)
        .pipe(Effect.map((exits) => exits.filter(Exit.isFailure)))
      yield* Effect.forEach(others, (exit) => Effect.catchAll(exit, onFailure), { discard: true })
      if (first !== undefined) yield* first
    }))
    yield* Effect.addFinalizer(() => Effect.catchAll(release, onFailure))
    return {
      acquire: (acquire, release) =>
        givingUpWaits((acquiring) =>
          Effect.uninterruptible(
            Effect.tap(acquiring(acquire), (acquired) => Ref.update(releases, (held) => [release(acquired), ...held]))
          )
        ),
      release
    }
  })
