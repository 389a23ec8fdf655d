import { Name } from "@effect-ploop/core/Operation"
import * as Schema from "effect/Schema"
import * as Case from "../../Case.js"
import { Profile } from "../../Target.js"

/**
 * An operation that a case ran: its subject, its outcome, and, if it ran the tool,
 * the tool's arguments and exit code.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Operation = Schema.Struct({
  name: Name,
  subject: Schema.String,
  outcome: Schema.String,
  arguments: Schema.optional(Schema.String),
  exitCode: Schema.optional(Schema.Int)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Operation = typeof Operation.Type

/**
 * The case passed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Passed = Schema.TaggedStruct("Passed", {})

/**
 * The case failed: why, the operations that it ran, and what was logged, including
 * the tool's output.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Failed = Schema.TaggedStruct("Failed", {
  message: Schema.String,
  operations: Schema.Array(Operation),
  output: Schema.Array(Schema.String)
})

/**
 * The case was not run, because the target lacks something or the run ended early.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Skipped = Schema.TaggedStruct("Skipped", { reason: Schema.String })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Outcome = Schema.Union(Passed, Failed, Skipped)

/**
 * @since 0.1.0
 * @category models
 */
export type Outcome = typeof Outcome.Type

/**
 * The result of one case; `duration` is in milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CaseResult = Schema.Struct({
  id: Case.Id,
  title: Schema.String,
  source: Schema.String,
  outcome: Outcome,
  duration: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export type CaseResult = typeof CaseResult.Type

/**
 * Where a report comes from: the name of the host, its kernel, the version of the
 * package that has the tool (absent when it is not known), the version of the suite,
 * and the command line.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Origin = Schema.Struct({
  host: Schema.String,
  kernel: Schema.String,
  toolVersion: Schema.optional(Schema.String),
  testkit: Schema.String,
  command: Schema.String
})

/**
 * @since 0.2.0
 * @category models
 */
export type Origin = typeof Origin.Type

/**
 * The outcome of a run: when it started, its target, the result of each case in
 * the order of the suite, and, if it ended early, why. A report also has the
 * directory of the cases, the duration in milliseconds, and where it comes from,
 * which are absent when they are not known.
 *
 * @since 0.1.0
 * @category schemas
 */
export class Report extends Schema.Class<Report>("@effect-ploop/testkit/Report/Report")({
  startedAt: Schema.DateTimeUtc,
  target: Profile,
  results: Schema.Array(CaseResult),
  endedEarly: Schema.optional(Schema.String),
  directory: Schema.optional(Schema.String),
  duration: Schema.optional(Schema.Number),
  origin: Schema.optional(Origin)
}) {}

/**
 * The number of cases for each outcome.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  /** The number of cases that passed. */
  readonly passed: number
  /** The number of cases that failed. */
  readonly failed: number
  /** The number of cases that were skipped. */
  readonly skipped: number
}

/**
 * Counts the outcomes.
 *
 * @since 0.1.0
 * @category queries
 */
export const counts = (results: ReadonlyArray<CaseResult>): Counts => {
  const count = (tag: Outcome["_tag"]) => results.filter(({ outcome }) => outcome._tag === tag).length
  return { passed: count("Passed"), failed: count("Failed"), skipped: count("Skipped") }
}

/**
 * The outcome of a run:
 *
 * - `passed`: the run finished, at least one case ran, and none failed;
 * - `failed`: a case failed, or the run ended early;
 * - `nothingTried`: no case ran, so nothing is known about the backend.
 *
 * @since 0.2.0
 * @category models
 */
export type Verdict = "passed" | "failed" | "nothingTried"

/**
 * The outcome of a run.
 *
 * @since 0.2.0
 * @category queries
 */
export const verdict = (report: Report): Verdict => {
  const { failed, passed } = counts(report.results)
  return report.endedEarly !== undefined || failed > 0 ? "failed" : passed === 0 ? "nothingTried" : "passed"
}

/**
 * Whether the run finished, at least one case ran, and none failed.
 *
 * @since 0.1.0
 * @category queries
 */
export const isSuccess = (report: Report): boolean => verdict(report) === "passed"
