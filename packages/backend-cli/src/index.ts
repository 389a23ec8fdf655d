/**
 * What a command does when nobody reads its output any more, as in
 * `ploop-conformance list | head`.
 *
 * @since 0.2.0
 */
export * as ClosedOutput from "./ClosedOutput.js"

/**
 * The variables of the environment that configure the tool: what each sets, the rule for its value and its default.
 * Commands print them in their help, and check them before anything runs.
 *
 * @since 0.2.0
 */
export * as Environment from "./Environment.js"

/**
 * Advisory locks of directories, which hold between the processes of a host. The kernel releases them with the process,
 * however it ends. They need `flock` of util-linux.
 *
 * @since 0.2.0
 */
export * as FileLock from "./FileLock.js"

/**
 * Starts commands by small processes. Node forks for each command, which copies the page tables of the whole program:
 * the larger the program, the longer that takes, and the event loop waits meanwhile. A shell that stays is forked in a
 * fraction of that time.
 *
 * @since 0.2.0
 */
export * as ForkServer from "./ForkServer.js"

/**
 * The backend that runs the `ploop` tool of the host, of any generation.
 *
 * @since 0.1.0
 */
export * as PloopCli from "./PloopCli.js"

/**
 * A recording of a piece of work: every process that it ran, and the result of
 * every request to the file system, also those of the caller. With it, the same
 * work runs again anywhere, without the tool and without root.
 *
 * @since 0.2.0
 */
export * as Recording from "./Recording.js"

/**
 * Tapes: every run of the tool, and every read of the host, in a file.
 *
 * @since 0.1.0
 */
export * as Tape from "./Tape.js"
