/**
 * Finds the cause of a failure from the outcome of a run of the tool.
 *
 * Every backend that runs the tool classifies by the same rules: operation, exit
 * code, output and generation. So a cause has the same class on every generation.
 *
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import * as internal from "./internal/classify.js"
import type { Outcome } from "./internal/outcome.js"
import type * as PloopError from "./PloopError.js"

export type { Outcome } from "./internal/outcome.js"

/**
 * The cause of a failure. Every exit code, signal and text has a result: what is
 * not known is `Unclassified`.
 *
 * @since 0.1.0
 * @category classification
 */
export const classify: (outcome: Outcome) => PloopError.PloopError = internal.classify

/**
 * The cause of a failure that the tool reported as success.
 *
 * @since 0.1.0
 * @category classification
 */
export const hiddenFailure: (outcome: Outcome) => Option.Option<PloopError.PloopError> = internal.hiddenFailure
