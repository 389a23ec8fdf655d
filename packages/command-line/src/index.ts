/**
 * The documentation of a program: its help and its manual page are written from it.
 *
 * @since 0.2.0
 */
export * as Book from "./Book.js"

/**
 * How a command ends.
 *
 * @since 0.2.0
 */
export * as Ended from "./Ended.js"

/**
 * Addresses as a person writes them: `127.0.0.1:7000`, or `[::1]:7000`.
 *
 * @since 0.2.0
 */
export * as HostPort from "./HostPort.js"

/**
 * The start of a command as a process.
 *
 * @since 0.2.0
 */
export * as Launch from "./Launch.js"

/**
 * What a definition of `@effect/cli` says about a command, as terms and their texts.
 *
 * @since 0.2.0
 */
export * as Manual from "./Manual.js"

/**
 * Options whose errors name the option, its value and the rule that it breaks.
 *
 * @since 0.2.0
 */
export * as Option from "./Option.js"

/**
 * A command with its help, its completions, and errors that say what would be right.
 *
 * @since 0.2.0
 */
export * as Program from "./Program.js"

/**
 * The rules that a file of settings breaks, in words for the person who wrote it.
 *
 * @since 0.2.0
 */
export * as SettingsIssue from "./SettingsIssue.js"

/**
 * The export of spans, metrics and logs to OpenTelemetry, as the standard variables of the environment steer it.
 *
 * @since 0.2.0
 */
export * as Telemetry from "./Telemetry.js"

/**
 * The version of a package.
 *
 * @since 0.2.0
 */
export * as Version from "./Version.js"
