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
import type { Generation } from "./Generation.js"
import * as internal from "./internal/classify.js"
import type * as Operation from "./Operation.js"
import type * as PloopError from "./PloopError.js"

/**
 * A run of the tool that has ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outcome {
  /** The method of the service, as in `mount`. */
  readonly operation: Operation.Name
  /** The disk, device, directory or file that it was about. */
  readonly subject: string
  /** Absent while it is not known yet. */
  readonly generation?: Generation | undefined
  /** Absent when the tool was killed by a signal. */
  readonly exitCode?: number | undefined
  /** As in `SIGKILL`. */
  readonly signal?: string | undefined
  readonly stdout: string
  readonly stderr: string
}

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
