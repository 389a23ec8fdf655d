import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"

export interface Locks {
  /** Runs the effect while no other one with the same key runs. */
  readonly exclusive: (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * One writer a disk inside this process. Generation 9 reads the descriptor
 * before it locks it, so two of its processes lose each other's snapshots and
 * both report success; the others wait for each other in silence.
 */
export const make: Effect.Effect<Locks, never, Scope.Scope> = Effect.gen(function*() {
  const semaphores = yield* RcMap.make({ lookup: (_key: string) => Effect.makeSemaphore(1) })
  return {
    exclusive: (key) => (effect) =>
      Effect.scopedWith((scope) =>
        Effect.flatMap(
          Effect.provideService(RcMap.get(semaphores, key), Scope.Scope, scope),
          (semaphore) => semaphore.withPermits(1)(effect)
        )
      )
  }
})
