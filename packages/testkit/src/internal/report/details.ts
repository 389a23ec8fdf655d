import type { Operation, Outcome } from "../../Report.js"

/** An operation that a case ran, on one or two lines. */
export const operation = ({ arguments: argv, exitCode, name, outcome, subject }: Operation): ReadonlyArray<string> => [
  `${name} ${subject}: ${outcome}`,
  ...(argv === undefined ? [] : [`  $ ${argv}`, `  exit code ${exitCode ?? "unknown"}`])
]

/** What a person needs to know of a failure beside its message. */
export const lines = (outcome: Extract<Outcome, { readonly _tag: "Failed" }>): ReadonlyArray<string> => [
  "operations:",
  ...outcome.operations.flatMap(operation).map((line) => `  ${line}`),
  ...(outcome.output.length === 0 ? [] : ["output:", ...outcome.output.map((line) => `  ${line}`)])
]
