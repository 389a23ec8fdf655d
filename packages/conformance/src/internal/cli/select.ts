import { type Ended, misused } from "@effect-ploop/command-line/Ended"
import type { Capability } from "@effect-ploop/testkit/Capability"
import type * as Case from "@effect-ploop/testkit/Case"
import * as Suite from "@effect-ploop/testkit/Suite"
import * as Effect from "effect/Effect"

/** What the options select. No filter, and no need, selects every case. */
export interface Selection {
  readonly filters: ReadonlyArray<string>
  readonly needs: ReadonlyArray<Capability>
}

/** The cases that match one of the filters and have one of the needs. Each filter must match a case. */
export const select = ({ filters, needs }: Selection): Effect.Effect<ReadonlyArray<Case.Case>, Ended> => {
  const unknown = filters.find((filter) => Suite.select([filter]).length === 0)
  if (unknown !== undefined) {
    return Effect.fail(misused(
      `--filter is ${unknown}, but it must be part of the id or title of a case: see ploop-conformance list`
    ))
  }
  const selected = Suite.select(filters).filter((self) =>
    needs.length === 0 || self.needs.some((need) => needs.includes(need))
  )
  return selected.length > 0
    ? Effect.succeed(selected)
    : Effect.fail(misused(`no case that --filter selects needs ${needs.join(" or ")}: see ploop-conformance list`))
}
