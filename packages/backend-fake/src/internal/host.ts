import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import type { Code } from "./errno.js"
import type { State } from "./state.js"
import { Transaction } from "./transaction.js"

/** A transition of the host. It is atomic to observers. One that fails leaves the state of its last checkpoint. */
export type Transition<A, E> = (tx: Transaction) => Either.Either<A, E>

/** A change of the state, published to watchers. */
export interface Change {
  readonly before: State
  readonly after: State
}

/** The one in-memory host. */
export interface Host {
  readonly state: Effect.Effect<State>
  readonly changes: PubSub.PubSub<Change>
  /** Runs a transition. `full` is the error when an image file cannot grow. */
  readonly run: <A, E>(transition: Transition<A, E>, full: (code: Code) => E) => Effect.Effect<A, E>
  /** The same at once, in a fiber that runs. */
  readonly runIn: <A, E>(
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    transition: Transition<A, E>,
    full: (code: Code) => E
  ) => Either.Either<A, E>
  /** Runs a transition that cannot fail. */
  readonly change: (change: (tx: Transaction) => void) => Effect.Effect<void>
  /** Replaces the state. Handles opened afterwards never reuse the number of an earlier one. */
  readonly replace: (state: State) => Effect.Effect<void>
}

/** The time of the clock of a fiber: `Clock.currentTimeMillis` in one step less for each operation. */
const nowOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): number =>
  Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()

/** Runs a transition to its end, with the growth of image files. */
const settled = <A, E>(
  tx: Transaction,
  transition: Transition<A, E>,
  full: (code: Code) => E
): Either.Either<A, E> => {
  const result = transition(tx)
  if (Either.isLeft(result)) return result
  const grown = tx.settle()
  return Either.isRight(grown) ? result : Either.left(full(grown.left))
}

export const make = (initial: State): Effect.Effect<Host> =>
  Effect.map(PubSub.unbounded<Change>(), (changes) => {
    let current = initial

    /** No other fiber runs between the transition and this. */
    const become = (after: State): void => {
      const before = current
      if (before === after) return
      current = after
      changes.unsafeOffer({ before, after })
    }

    const runIn: Host["runIn"] = (fiber, transition, full) => {
      const tx = new Transaction(current, nowOf(fiber))
      const result = settled(tx, transition, full)
      become(Either.isRight(result) ? tx.state : tx.checkpointed ?? current)
      return result
    }

    return {
      state: Effect.sync(() => current),
      changes,
      run: <A, E>(transition: Transition<A, E>, full: (code: Code) => E) =>
        Effect.withFiberRuntime<A, E>((fiber) => runIn(fiber, transition, full)),
      runIn,
      change: (change) =>
        Effect.withFiberRuntime((fiber) => {
          const tx = new Transaction(current, nowOf(fiber))
          change(tx)
          become(tx.state)
          return Effect.void
        }),
      replace: (next) =>
        Effect.sync(() => become({ ...next, nextHandle: Math.max(current.nextHandle, next.nextHandle) }))
    }
  })
