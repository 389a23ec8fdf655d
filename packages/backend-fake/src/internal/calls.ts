import type * as Operation from "@effect-ploop/core/Operation"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { Call } from "../FakeHost.js"

/** How many calls are kept at least, so that a host that runs for long does not grow. */
const most = 10_000

export interface Calls {
  readonly record: (operation: Operation.Name, request: unknown) => Effect.Effect<void>
  readonly all: Effect.Effect<ReadonlyArray<Call>>
}

export const make: Effect.Effect<Calls> = Effect.map(Ref.make(Chunk.empty<Call>()), (ref) => ({
  record: (operation, request) =>
    Ref.update(ref, (calls) => {
      const kept = Chunk.size(calls) < 2 * most ? calls : Chunk.takeRight(calls, most)
      // The request was decoded by the schema of this operation.
      return Chunk.append(kept, { operation, request } as Call)
    }),
  all: Effect.map(Ref.get(ref), Chunk.toReadonlyArray)
}))
