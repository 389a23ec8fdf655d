/**
 * The backend that runs the `ploop` tool of the host, of any generation.
 *
 * @since 0.1.0
 */
export * as PloopCli from "./PloopCli.js"
