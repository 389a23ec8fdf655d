import * as Classification from "@effect-ploop/core/Classification"
import type { Generation } from "@effect-ploop/core/Generation"
import * as PloopError from "@effect-ploop/core/PloopError"
import type { About } from "./host.js"
import type { ProcessResult } from "./process.js"
import * as failures from "./process/failures.js"

/** The fields that every error has. */
export const context = (about: About, result?: ProcessResult) => ({
  operation: about.operation,
  subject: about.subject,
  text: result === undefined ? "" : failures.printed(result),
  exitCode: result?.exitCode,
  signal: result?.signal
})

export const outcome = (about: About, generation: Generation, result: ProcessResult): Classification.Outcome => ({
  ...about,
  generation,
  exitCode: result.exitCode,
  signal: result.signal,
  stdout: result.stdout,
  stderr: result.stderr
})

/** The error for a line of the output that is not what it should be; only the beginning of a long one is kept. */
export const unexpected = (
  about: About,
  result: ProcessResult | undefined,
  { expected, line }: { readonly line: string; readonly expected: string }
): PloopError.UnexpectedOutput =>
  new PloopError.UnexpectedOutput({
    ...context(about, result),
    line: line.length > 200 ? `${line.slice(0, 200)}…` : line,
    expected
  })

/** The error that a failed run means. */
export const classified = (about: About, generation: Generation) => (result: ProcessResult): PloopError.PloopError =>
  Classification.classify(outcome(about, generation, result))
