/**
 * Finds the cause of a failure from the outcome of a run of the tool.
 *
 * Every backend that runs the tool classifies by the same rules: operation, exit
 * code, output and generation. So a cause has the same class on every generation.
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
  /** The operation, as in `mount`. */
  readonly operation: Operation.Name
  /** The disk, device, directory or file that the operation was about. */
  readonly subject: string
  /** The generation of the tool; absent while it is not known. */
  readonly generation?: Generation | undefined
  /** The exit code of the tool; absent when a signal ended it. */
  readonly exitCode?: number | undefined
  /** The signal that ended the tool, as in `SIGKILL`; absent when none did. */
  readonly signal?: string | undefined
  /** What the tool wrote to its standard output. */
  readonly stdout: string
  /** What the tool wrote to its standard error. */
  readonly stderr: string
}

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
