import * as Array from "effect/Array"
import * as Case from "../../Case.js"
import type { CaseResult, Outcome, Report } from "./model.js"

/** How the cases of one operation ended. */
export interface Row {
  readonly operation: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const count = (results: ReadonlyArray<CaseResult>, tag: Outcome["_tag"]): number =>
  results.filter(({ outcome }) => outcome._tag === tag).length

/** The results by operation, in the order of the suite. */
export const byOperation = <Result extends CaseResult>(
  results: ReadonlyArray<Result>
): ReadonlyArray<readonly [string, ReadonlyArray<Result>]> => Object.entries(Array.groupBy(results, Case.operation))

export const rows = ({ results }: Report): ReadonlyArray<Row> =>
  byOperation(results).map(([operation, group]) => ({
    operation,
    passed: count(group, "Passed"),
    failed: count(group, "Failed"),
    skipped: count(group, "Skipped")
  }))

/** A result whose case failed. */
export type Failure = CaseResult & { readonly outcome: Extract<Outcome, { readonly _tag: "Failed" }> }

const isFailure = (result: CaseResult): result is Failure => result.outcome._tag === "Failed"

export const failures = ({ results }: Report): ReadonlyArray<Failure> => results.filter(isFailure)

/** The reasons for which cases were skipped, and how many each. */
export const reasons = ({ results }: Report): ReadonlyArray<readonly [string, number]> => {
  const counted = new Map<string, number>()
  for (const { outcome } of results) {
    if (outcome._tag === "Skipped") counted.set(outcome.reason, (counted.get(outcome.reason) ?? 0) + 1)
  }
  return [...counted]
}

/** What came of a run, in a sentence. */
export const sentence = (report: Report): string => {
  const failed = count(report.results, "Failed")
  const ran = report.results.length - count(report.results, "Skipped")
  const words = ran === 0
    ? "No rule was tried."
    : failed === 0
    ? `Every rule that was tried is kept: ${ran}.`
    : `${failed} of ${ran} rules that were tried ${failed === 1 ? "is" : "are"} broken.`
  return report.endedEarly === undefined ? words : `The run ended early: ${report.endedEarly}. ${words}`
}
