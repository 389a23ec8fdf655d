import type * as Case from "@effect-ploop/testkit/Case"
import * as Suite from "@effect-ploop/testkit/Suite"
import * as Effect from "effect/Effect"
import type { Ended } from "./exit.js"
import { misused } from "./exit.js"

/** The cases that match one of the filters. Each filter must match a case. */
export const select = (filters: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Case.Case>, Ended> => {
  const unknown = filters.find((filter) => Suite.select([filter]).length === 0)
  return unknown === undefined
    ? Effect.succeed(Suite.select(filters))
    : Effect.fail(misused(
      `--filter is ${unknown}, but it must be part of the id or title of a case: see ploop-conformance list`
    ))
}
