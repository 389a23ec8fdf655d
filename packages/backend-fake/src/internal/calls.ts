import type * as Operation from "@effect-ploop/core/Operation"
import * as Effect from "effect/Effect"
import type { Call } from "../FakeHost.js"

/** How many calls are kept at least, so that a host that runs for long does not grow. */
const most = 10_000

export interface Calls {
  readonly record: (operation: Operation.Name, request: unknown) => void
  readonly all: Effect.Effect<ReadonlyArray<Call>>
}

export const make: Effect.Effect<Calls> = Effect.sync(() => {
  let calls: Array<Call> = []
  return {
    record: (operation, request) => {
      if (calls.length >= 2 * most) calls = calls.slice(-most)
      // The request was decoded by the schema of this operation.
      calls.push({ operation, request } as Call)
    },
    all: Effect.sync(() => [...calls])
  }
})
