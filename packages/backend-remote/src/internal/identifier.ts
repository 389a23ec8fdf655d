// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"

/** Text that no other one is equal to, on any machine. */
export const make: Effect.Effect<string> = Effect.sync(() => randomUUID())
