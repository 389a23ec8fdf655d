/**
 * Waits that a caller can give up.
 *
 * What an operation acquired would be lost if an interruption came between its
 * success and the scope that releases it. So the scoped forms, such as
 * `Ploop.withMount`, run the operation uninterruptibly. A wait for a lock or a
 * permit may take hours, however, and nothing has changed while it lasts. A backend
 * marks such waits with {@link interruptible}: then an interruption ends them at
 * once, in the scoped forms too. A backend that marks nothing is safe, but its
 * callers wait to the end.
 *
 * @example
 * import { type Ploop, Waiting } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * // Two mounts at a time. The wait can be given up; the mount itself cannot.
 * export const limited = (mount: Ploop.Backend["mount"], semaphore: Effect.Semaphore): Ploop.Backend["mount"] =>
 * (request) =>
 *   Waiting.uninterruptibleMask((wait) =>
 *     Effect.zipRight(wait(semaphore.take(1)), Effect.ensuring(mount(request), semaphore.release(1)))
 *   )
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import { canGiveUp, givingUpWaits } from "./internal/waiting.js"

/**
 * Marks a wait in an operation. The wait is interruptible if the caller of the
 * operation is, also inside of {@link acquireRelease}. The effect must leave nothing
 * behind when it is interrupted, as with any interruptible effect. Whatever it
 * returns is not lost: an interruption that comes too late for the wait is
 * delayed until the operation has ended.
 *
 * Do not use it in a finalizer, or after the operation has begun to change something.
 *
 * @since 0.2.0
 * @category combinators
 */
export const interruptible = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    fiber.getFiberRef(canGiveUp) ? Effect.locally(Effect.interruptible(self), canGiveUp, false) : self
  )

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const unchanged: Restore = (effect) => effect

/**
 * `Effect.uninterruptibleMask` for an operation. `wait` marks the waits in it, as
 * {@link interruptible} does. Everything else is uninterruptible, and so are the
 * waits that other code marks in it.
 *
 * `restore` is that of `Effect.uninterruptibleMask`: it is for what may be
 * interrupted after the change too, because the operation then undoes the change.
 * Inside of {@link acquireRelease} it has no effect, because the release does that.
 *
 * @since 0.2.0
 * @category combinators
 */
export const uninterruptibleMask = <A, E, R>(
  f: (wait: Restore, restore: Restore) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(canGiveUp), (given) =>
    given
      ? Effect.locally(
        Effect.uninterruptible(Effect.suspend(() => f(Effect.interruptible, unchanged))),
        canGiveUp,
        false
      )
      : Effect.uninterruptibleMask((restore) => f(restore, restore)))

/**
 * `Effect.acquireRelease` for an operation whose waits can be given up. Nothing that
 * was acquired is ever left without its release.
 *
 * @since 0.2.0
 * @category resources
 */
export const acquireRelease = <A, E, R, X, R2>(
  acquire: Effect.Effect<A, E, R>,
  release: (acquired: A) => Effect.Effect<X, never, R2>
): Effect.Effect<A, E, R | R2 | Scope.Scope> =>
  givingUpWaits((acquiring) => Effect.acquireRelease(acquiring(acquire), release))
