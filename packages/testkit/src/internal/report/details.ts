import type { Operation, Outcome } from "./model.js"

/** An operation that a case ran, on one or two lines. */
export const operation = ({ arguments: argv, exitCode, name, outcome, subject }: Operation): ReadonlyArray<string> => [
  `${name} ${subject}: ${outcome}`,
  ...(argv === undefined ? [] : [`  $ ${argv}`, `  exit code ${exitCode ?? "unknown"}`])
]

const section = (name: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [`${name}:`, ...lines.map((line) => `  ${line}`)]

/** The details of a failure beside its message. */
export const lines = (outcome: Extract<Outcome, { readonly _tag: "Failed" }>): ReadonlyArray<string> => [
  ...section("operations", outcome.operations.flatMap(operation)),
  ...section("output", outcome.output)
]
