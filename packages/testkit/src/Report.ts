/**
 * The outcome of a run of the suite.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as Case from "./Case.js"
import * as html from "./internal/report/html.js"
import * as junit from "./internal/report/junit.js"
import type { CaseResult } from "./internal/report/model.js"
import { Report } from "./internal/report/model.js"
import * as results from "./internal/report/result.js"
import * as table from "./internal/report/table.js"

export {
  CaseResult,
  type Counts,
  counts,
  Failed,
  isSuccess,
  Operation,
  Origin,
  Outcome,
  Passed,
  Report,
  Skipped,
  type Verdict,
  verdict
} from "./internal/report/model.js"

/**
 * The result of a case that was not run, with the reason.
 *
 * @since 0.2.0
 * @category constructors
 */
export const skipped: (self: Case.Case, reason: string) => CaseResult = results.skipped

/**
 * The report as JSON, which {@link Report} decodes.
 *
 * @since 0.1.0
 * @category formatting
 */
export const toJson = (report: Report): string => `${JSON.stringify(Schema.encodeSync(Report)(report), null, 2)}\n`

/**
 * The report as JUnit XML: a suite for each operation; skipped cases have their
 * reason. A run in which no case ran has an error, because readers of JUnit take skipped cases for a success.
 *
 * @since 0.1.0
 * @category formatting
 */
export const toJUnit: (report: Report) => string = junit.toJUnit

/**
 * The report as one self-contained HTML page: a summary, where it comes from, a
 * table of outcomes by operation, each failure with the operations that it ran, the
 * causes for which cases were skipped, and every case with its duration and source.
 * The cases can be searched and filtered without a network.
 *
 * @since 0.1.0
 * @category formatting
 */
export const toHtml: (report: Report) => string = html.toHtml

/**
 * The report for a terminal: a summary, a table of outcomes by operation, the
 * failures, and why cases were skipped.
 *
 * @since 0.1.0
 * @category formatting
 */
export const toText: (
  report: Report,
  options: {
    /** Whether the text has escape sequences for colors. */
    readonly color: boolean
    /** The width of the terminal, in columns, at which lines are wrapped. Default: lines are not wrapped. */
    readonly columns?: number | undefined
    /**
     * Whether the operations of which no case ran share one line of the table. Default: `false`.
     *
     * @since 0.2.0
     */
    readonly groupSkipped?: boolean | undefined
  }
) => string = table.toText
