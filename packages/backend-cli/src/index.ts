/**
 * The backend that runs the `ploop` tool of the host, of any generation.
 *
 * @since 0.1.0
 */
export * as PloopCli from "./PloopCli.js"

/**
 * Tapes: every run of the tool, and every read of the host, in a file.
 *
 * @since 0.1.0
 */
export * as Tape from "./Tape.js"
