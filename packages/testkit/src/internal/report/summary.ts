import * as Array from "effect/Array"
import * as Case from "../../Case.js"
import type { CaseResult, Outcome, Report } from "./model.js"

/** The outcomes of the cases of one operation, or of all. */
export interface Row {
  readonly operation: Case.Topic | "all"
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const count = (results: ReadonlyArray<CaseResult>, tag: Outcome["_tag"]): number =>
  results.filter(({ outcome }) => outcome._tag === tag).length

/** The results by operation, in the order of the suite. */
export const byOperation = <Result extends CaseResult>(
  results: ReadonlyArray<Result>
): ReadonlyArray<readonly [Case.Topic, ReadonlyArray<Result>]> =>
  Array.dedupe(results.map(Case.operation)).map((operation) => [
    operation,
    results.filter((result) => Case.operation(result) === operation)
  ])

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

/** The reasons for which cases were skipped, with the number of cases. */
export const reasons = ({ results }: Report): ReadonlyArray<readonly [string, number]> => {
  const counted = new Map<string, number>()
  for (const { outcome } of results) {
    if (outcome._tag === "Skipped") counted.set(outcome.reason, (counted.get(outcome.reason) ?? 0) + 1)
  }
  return [...counted]
}

/** A cause for which cases were skipped. */
export interface Cause {
  /** What is missing, and what to do about it. */
  readonly cause: string
  /** The cases that were skipped. */
  readonly cases: ReadonlyArray<CaseResult>
  /** What the cases need, as in "needs devices", with the number of cases; empty when the cause says it. */
  readonly needs: ReadonlyArray<readonly [string, number]>
}

/** A reason such as "needs devices: no driver" has a need and the cause. */
const split = (reason: string): readonly [need: string | undefined, cause: string] => {
  const parts = /^(needs .*?): (.*)$/s.exec(reason)
  return parts === null ? [undefined, reason] : [parts[1], parts[2] ?? reason]
}

/** The causes for which cases were skipped, the most frequent first. Cases with different needs may have one cause. */
export const causes = ({ results }: Report): ReadonlyArray<Cause> => {
  const skipped = results.flatMap((result) => {
    if (result.outcome._tag !== "Skipped") return []
    const [need, cause] = split(result.outcome.reason)
    return [{ result, need, cause }]
  })
  return Object.values(Array.groupBy(skipped, ({ cause }) => cause))
    .map((group) => ({
      cause: group[0].cause,
      cases: group.map(({ result }) => result),
      needs: Object.entries(Array.groupBy(group, ({ need }) => need ?? ""))
        .filter(([need]) => need !== "")
        .map(([need, { length }]) => [need, length] as const)
    }))
    .sort((one, other) => other.cases.length - one.cases.length)
}

/** The outcome of a run in one sentence. */
export const sentence = (report: Report): string => {
  const failed = count(report.results, "Failed")
  const ran = report.results.length - count(report.results, "Skipped")
  const words = ran === 0
    ? "No case ran, so nothing is known about the backend."
    : failed === 0
    ? `No case failed; ${ran} passed.`
    : `${failed} of ${ran} cases failed.`
  return report.endedEarly === undefined ? words : `The run ended early: ${report.endedEarly}. ${words}`
}
