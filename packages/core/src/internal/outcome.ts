import type { Generation } from "../Generation.js"
import type * as Operation from "../Operation.js"

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
