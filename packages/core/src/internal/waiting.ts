import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"

/**
 * Whether waits in this uninterruptible region may be interrupted. A fiber that is
 * forked in the region does not inherit it: what such a fiber does is its own.
 */
export const canGiveUp: FiberRef.FiberRef<boolean> = GlobalValue.globalValue(
  "@effect-ploop/core/Waiting/canGiveUp",
  () => FiberRef.unsafeMake(false, { fork: () => false, join: (parent) => parent })
)

type Acquiring = <A, E, R>(acquire: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const unchanged: Acquiring = (acquire) => acquire

/**
 * What `f` makes is uninterruptible; the waits in an effect that `acquiring`
 * runs are interruptible if the caller is.
 */
export const givingUpWaits = <A, E, R>(
  f: (acquiring: Acquiring) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.checkInterruptible((isInterruptible) =>
    f(isInterruptible ? (acquire) => Effect.locally(acquire, canGiveUp, true) : unchanged)
  )

/**
 * `Effect.acquireUseRelease` for an operation whose waits can be given up, and
 * for a release that can fail. When the use and the release both fail, the cause
 * holds both, that of the use first.
 */
export const acquireUseRelease = <A, E, R, A2, E2, R2, E3, R3>(
  acquire: Effect.Effect<A, E, R>,
  use: (acquired: A) => Effect.Effect<A2, E2, R2>,
  release: (acquired: A) => Effect.Effect<unknown, E3, R3>
): Effect.Effect<A2, E | E2 | E3, R | R2 | R3> =>
  givingUpWaits((acquiring) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const acquired = yield* acquiring(acquire)
        const used = yield* Effect.exit(restore(Effect.suspend(() => use(acquired))))
        const released = yield* Effect.exit(release(acquired))
        return yield* Exit.zipWith(used, released, { onSuccess: (result) => result, onFailure: Cause.sequential })
      })
    )
  )
