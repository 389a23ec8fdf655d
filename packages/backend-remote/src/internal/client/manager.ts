import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { Refused } from "../protocol/refused.js"
import * as connection from "./connection.js"
import type { Lost } from "./lost.js"

/** One connection for all calls: made for the first of them, and again when it was lost. */
export interface Manager {
  readonly get: Effect.Effect<connection.Connection, Lost | Refused>
}

interface Live {
  readonly connection: connection.Connection
  readonly scope: Scope.CloseableScope
}

export const make = (settings: connection.Settings): Effect.Effect<Manager, never, Scope.Scope> =>
  Effect.gen(function*() {
    const parent = yield* Effect.scope
    const current = yield* SynchronizedRef.make(Option.none<Live>())

    const connect = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const scope = yield* Scope.fork(parent, ExecutionStrategy.sequential)
        const made = yield* restore(Scope.extend(connection.make(settings), scope)).pipe(
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        return { connection: made, scope }
      })
    )

    const get = SynchronizedRef.modifyEffect(current, (known) =>
      Effect.gen(function*() {
        if (Option.isSome(known)) {
          if (!(yield* known.value.connection.isLost)) return [known.value.connection, known] as const
          yield* Effect.forkDaemon(Scope.close(known.value.scope, Exit.void))
        }
        const live = yield* connect
        return [live.connection, Option.some(live)] as const
      }))

    return { get }
  })
