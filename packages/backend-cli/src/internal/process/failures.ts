import * as PloopError from "@effect-ploop/core/PloopError"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Invocation, ProcessConfig, ProcessResult, RunError } from "./types.js"

/** The one place that knows the executor's text for a death by signal. */
export const deathBySignal = {
  print: (signal: string): string => `Process interrupted due to receipt of signal: ${signal}`,
  parse: (error: unknown): string | undefined =>
    /receipt of signal: (SIG[A-Z0-9+]+)/.exec(Predicate.isError(error) ? error.message : `${error}`)?.[1]
}

/** The system's name for the reason why a process could not be started. */
export const errnoOf = (thrown: unknown): string | undefined => {
  if (!Predicate.isRecord(thrown)) return undefined
  if (Predicate.isString(thrown.code)) return thrown.code
  const code = errnoOf(thrown.cause)
  return code ?? (thrown.reason === "NotFound" ? "ENOENT" : thrown.reason === "PermissionDenied" ? "EACCES" : undefined)
}

/** The text of whatever was thrown. */
export const textOf = (thrown: unknown): string =>
  Predicate.isRecord(thrown) && Predicate.isString(thrown.description)
    ? thrown.description
    : Predicate.isError(thrown)
    ? thrown.message
    : `${thrown}`

/** How much of an output an error keeps, in characters: the end, where the cause is. */
const longest = 8192

const bounded = (text: string): string => text.length > longest ? `…${text.slice(-longest)}` : text

/** What the tool printed, errors first. */
export const printed = (result: Pick<ProcessResult, "stderr" | "stdout">): string =>
  [result.stderr, result.stdout].filter((text) => text !== "").map(bounded).join("\n")

export const context = (invocation: Invocation, text: string, result?: ProcessResult) => ({
  operation: invocation.operation,
  subject: invocation.subject,
  text,
  exitCode: result?.exitCode,
  signal: result?.signal
})

/** The process could not be started. */
export const notStarted = (path: string, invocation: Invocation, thrown: unknown): RunError => {
  const about = context(invocation, textOf(thrown))
  switch (errnoOf(thrown)) {
    case "ENOENT":
    case "ENOTDIR":
      return new PloopError.ToolNotFound({ ...about, path })
    case "EACCES":
    case "ENOEXEC":
      return new PloopError.ToolNotExecutable({ ...about, path })
    case "EPERM":
      return new PloopError.PermissionDenied(about)
    case "ENOMEM":
    case "E2BIG":
    case "EAGAIN":
    case "EMFILE":
    case "ENFILE":
      return new PloopError.OutOfMemory(about)
    default:
      return new PloopError.Unclassified(about)
  }
}

/** What the programs of a prefix, and those of a fork server, print when they could not run the tool. */
const refusals: ReadonlyArray<readonly [RegExp, "ToolNotFound" | "ToolNotExecutable" | "PermissionDenied"]> = [
  [/^setsid: .*No such file or directory/m, "ToolNotFound"],
  [/^setsid: .*(?:Permission denied|Exec format error)/m, "ToolNotExecutable"],
  [/^(?:\S*\/)?env: .*No such file or directory/m, "ToolNotFound"],
  [/^(?:\S*\/)?env: .*(?:Permission denied|Exec format error)/m, "ToolNotExecutable"],
  [/^(?:sudo|doas): .*command not found/m, "ToolNotFound"],
  [/^sudo: .*unable to execute .*No such file or directory/m, "ToolNotFound"],
  [/^sudo: .*unable to execute .*Permission denied/m, "ToolNotExecutable"],
  [
    /^sudo: .*(?:password is required|terminal is required|must have a tty|effective uid|no new privileges|passwd database|no valid sudoers)/m,
    "PermissionDenied"
  ],
  [
    /^(?:sudo: )?.*(?:is not in the sudoers file|may not run sudo|is not allowed to (?:execute|run))/m,
    "PermissionDenied"
  ],
  [/^doas: .*(?:not permitted|Authenti|Authoriz|doas is not enabled|password required)/m, "PermissionDenied"]
]

/** The error when a program of the prefix could not run the tool. */
export const refusedByPrefix = (
  config: ProcessConfig,
  invocation: Invocation,
  result: ProcessResult
): RunError | undefined => {
  if (
    config.prefix.length === 0 && !result.stderr.startsWith("setsid: ") || ![1, 126, 127].includes(result.exitCode ?? 0)
  ) return undefined
  const found = refusals.find(([text]) => text.test(result.stderr))?.[1]
  if (found === undefined) return undefined
  const about = context(invocation, printed(result), result)
  return found === "PermissionDenied"
    ? new PloopError.PermissionDenied(about)
    : new PloopError[found]({ ...about, path: config.tool })
}

/** The text of the first failure that no interruption caused. */
const firstFailure = (exits: ReadonlyArray<Exit.Exit<unknown, unknown> | null>): string | undefined => {
  const failed = exits.find((exit) => exit !== null && Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause))
  return failed !== undefined && failed !== null && Exit.isFailure(failed)
    ? textOf(Cause.squash(failed.cause))
    : undefined
}

/** The error when the exit code or an output of a process could not be read. */
export const unreadable = (
  invocation: Invocation,
  result: ProcessResult,
  exits: ReadonlyArray<Exit.Exit<unknown, unknown> | null>
): RunError | undefined => {
  const failure = result.signal === undefined ? firstFailure(exits) : undefined
  return failure === undefined
    ? undefined
    : new PloopError.Unclassified(context(invocation, `${failure}\n${printed(result)}`.trim(), result))
}
