import * as Schema from "effect/Schema"
import { Profile } from "../../Target.js"

/**
 * An operation that a case ran: what it was asked about, how it ended, and, where
 * a tool was run for it, the tool's arguments and exit code.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Operation = Schema.Struct({
  name: Schema.String,
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
 * The rule is kept.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Passed = Schema.TaggedStruct("Passed", {})

/**
 * The rule is broken: why, the operations that the case ran, and what was logged
 * meanwhile, the tool's output among it.
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
 * The case was not run, because the target lacks something, or because the run
 * ended before.
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
 * What came of one case; `duration` is in milliseconds.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CaseResult = Schema.Struct({
  id: Schema.String,
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
 * What came of a run: when it began, on what, the result of each case in the
 * order of the suite, and, when it ended before its time, why.
 *
 * @since 0.1.0
 * @category schemas
 */
export class Report extends Schema.Class<Report>("@effect-ploop/testkit/Report/Report")({
  startedAt: Schema.DateTimeUtc,
  target: Profile,
  results: Schema.Array(CaseResult),
  endedEarly: Schema.optional(Schema.String)
}) {}

/**
 * How many cases ended in which way.
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
 * Whether nothing failed and the run came to its end.
 *
 * @since 0.1.0
 * @category queries
 */
export const isSuccess = (report: Report): boolean =>
  report.endedEarly === undefined && counts(report.results).failed === 0
