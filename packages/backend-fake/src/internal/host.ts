import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
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
  readonly state: Ref.Ref<State>
  readonly changes: PubSub.PubSub<Change>
  /** Runs a transition. `full` is the error when an image file cannot grow. */
  readonly run: <A, E>(transition: Transition<A, E>, full: (code: Code) => E) => Effect.Effect<A, E>
  /** Runs a transition that cannot fail. */
  readonly change: (change: (tx: Transaction) => void) => Effect.Effect<void>
  /** Replaces the state. Handles opened afterwards never reuse the number of an earlier one. */
  readonly replace: (state: State) => Effect.Effect<void>
}

export const make = (initial: State): Effect.Effect<Host> =>
  Effect.gen(function*() {
    const state = yield* Ref.make(initial)
    const changes = yield* PubSub.unbounded<Change>()

    const publish = (before: State, after: State): Effect.Effect<void> =>
      before === after ? Effect.void : Effect.asVoid(PubSub.publish(changes, { before, after }))

    return {
      state,
      changes,
      run: <A, E>(transition: Transition<A, E>, full: (code: Code) => E) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.flatten(Ref.modify(state, (before): readonly [Effect.Effect<A, E>, State] => {
            const tx = new Transaction(before, now)
            const result = Either.flatMap(
              transition(tx),
              (value) =>
                Either.mapBoth(tx.settle(), { onLeft: full, onRight: () => value })
            )
            const after = Either.isRight(result) ? tx.state : tx.checkpointed ?? before
            return [after === before ? result : Effect.zipRight(publish(before, after), result), after]
          }))),
      change: (change) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.flatMap(
            Ref.modify(state, (before) => {
              const tx = new Transaction(before, now)
              change(tx)
              return [{ before, after: tx.state }, tx.state]
            }),
            ({ after, before }) =>
              publish(before, after)
          )),
      replace: (next) =>
        Effect.flatten(Ref.modify(state, (before) => {
          const after = { ...next, nextHandle: Math.max(before.nextHandle, next.nextHandle) }
          return [publish(before, after), after]
        }))
    }
  })
