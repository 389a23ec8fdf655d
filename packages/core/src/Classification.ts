/**
 * From what a run of the tool left behind to the cause of its failure.
 *
 * Every backend that runs the tool, near or far, classifies alike: by operation,
 * exit code, words and generation, so that a cause is the same class on every
 * generation.
 *
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import * as internal from "./internal/classify.js"
import type { Outcome } from "./internal/outcome.js"
import type * as PloopError from "./PloopError.js"

export type { Outcome } from "./internal/outcome.js"

/**
 * The cause of a failure. It answers for every exit code, every signal and every
 * text: what is not known is `Unclassified`.
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
