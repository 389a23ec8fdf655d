import * as Option from "effect/Option"
import type { Outcome, Problem } from "../../Workflow.js"

/** What was left, of the steps that a person gave up. */
export const leftOf = (all: ReadonlyArray<Option.Option<string>>): ReadonlyArray<string> => all.flatMap(Option.toArray)

export const done = (left: ReadonlyArray<Option.Option<string>> = []): Outcome => ({ _tag: "Done", left: leftOf(left) })

export const failed = (problem: Problem, left: ReadonlyArray<Option.Option<string>> = []): Outcome => ({
  _tag: "Failed",
  problem,
  left: leftOf(left)
})
