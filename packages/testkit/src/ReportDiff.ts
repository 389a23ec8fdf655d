/**
 * What changed between two reports: which cases broke, which are repaired, and
 * which no longer ran.
 *
 * @example
 * import { Report, ReportDiff } from "@effect-ploop/testkit"
 *
 * export const brokenSince = (before: Report.Report, after: Report.Report): ReadonlyArray<string> =>
 *   ReportDiff.between(before, after).broken.map(({ id }) => id)
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import * as Case from "./Case.js"
import type { CaseResult, Outcome, Report } from "./Report.js"

/**
 * The outcome of a case in a report; `absent` when the report does not have the case.
 *
 * @since 0.2.0
 * @category schemas
 */
export const State = Schema.Literal("passed", "failed", "skipped", "absent")

/**
 * @since 0.2.0
 * @category models
 */
export type State = typeof State.Type

/**
 * A case in both reports: its outcomes, and why it failed or was skipped in the
 * later one (empty when it passed or is absent).
 *
 * @since 0.2.0
 * @category schemas
 */
export const Change = Schema.Struct({
  id: Case.Id,
  title: Schema.String,
  before: State,
  after: State,
  reason: Schema.String
})

/**
 * @since 0.2.0
 * @category models
 */
export type Change = typeof Change.Type

/**
 * What changed from a report to a later one:
 *
 * - `compared`: the number of cases that ran in both
 * - `broken`: the cases that failed in the later report only
 * - `failing`: the cases that failed in both
 * - `repaired`: the cases that failed before and passed later
 * - `lost`: the cases that ran before, and were skipped or absent later
 *
 * @since 0.2.0
 * @category schemas
 */
export const ReportDiff = Schema.Struct({
  compared: Schema.Int,
  broken: Schema.Array(Change),
  failing: Schema.Array(Change),
  repaired: Schema.Array(Change),
  lost: Schema.Array(Change)
})

/**
 * @since 0.2.0
 * @category models
 */
export type ReportDiff = typeof ReportDiff.Type

const states: Readonly<Record<Outcome["_tag"], State>> = { Passed: "passed", Failed: "failed", Skipped: "skipped" }

const stateOf = (result: CaseResult | undefined): State => result === undefined ? "absent" : states[result.outcome._tag]

const reasonOf = (result: CaseResult | undefined): string =>
  result?.outcome._tag === "Failed"
    ? result.outcome.message
    : result?.outcome._tag === "Skipped"
    ? result.outcome.reason
    : ""

const ran = (state: State): boolean => state === "passed" || state === "failed"

const pairs = (before: Report, after: Report): ReadonlyArray<Change> => {
  const earlier = new Map(before.results.map((result) => [result.id, result]))
  const later = new Map(after.results.map((result) => [result.id, result]))
  return [...new Map([...earlier, ...later]).values()].map(({ id, title }) => ({
    id,
    title,
    before: stateOf(earlier.get(id)),
    after: stateOf(later.get(id)),
    reason: reasonOf(later.get(id))
  }))
}

/**
 * Compares a report with a later one, by the identifiers of the cases.
 *
 * @since 0.2.0
 * @category constructors
 */
export const between = (before: Report, after: Report): ReportDiff => {
  const all = pairs(before, after)
  return {
    compared: all.filter((change) => ran(change.before) && ran(change.after)).length,
    broken: all.filter((change) => change.after === "failed" && change.before !== "failed"),
    failing: all.filter((change) => change.after === "failed" && change.before === "failed"),
    repaired: all.filter((change) => change.before === "failed" && change.after === "passed"),
    lost: all.filter((change) => ran(change.before) && !ran(change.after))
  }
}
