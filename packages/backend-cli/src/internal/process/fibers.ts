import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

/** Interrupting a fiber interrupts its children at once; those of a run have to stay until its process is gone. */
export const fork = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Fiber.RuntimeFiber<A, E>> =>
  Effect.forkDaemon(Effect.interruptible(effect))

export const isDone = (fiber: AnyFiber): boolean => fiber.unsafePoll() !== null

export const interruptAll = (fibers: ReadonlyArray<AnyFiber | undefined>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const left = fibers.flatMap((fiber) => fiber === undefined || isDone(fiber) ? [] : [fiber])
    return left.length === 0 ? Effect.void : Fiber.interruptAll(left)
  })
