import type { PersistenceError } from "@effect/cluster/ClusterError"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** What the fleet knows of changes beside their outcomes: that they have begun. */
export class Journal extends Context.Tag("@effect-ploop/fleet/internal/journal")<Journal, {
  /** Records that a change begins. Returns whether it does so for the first time. */
  readonly begin: (id: string) => Effect.Effect<boolean, PersistenceError>
}>() {}
