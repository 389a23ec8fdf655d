import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"

/**
 * Whether waits in this uninterruptible region may be interrupted. A fiber that is
 * forked in the region is not told: what it does is its own.
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
