/** The list of the classes of errors, with what a person can do. */
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Record from "effect/Record"
import * as docstrings from "./docstrings.js"
import { code, firstSentence, table } from "./markdown.js"

const common: ReadonlySet<string> = new Set(["_tag", "operation", "subject", "text", "exitCode", "signal"])

const fieldsOf = (tag: PloopError.Tag): ReadonlyArray<string> => Object.keys(PloopError.classes[tag].fields)

/** An error whose fields are their own names, so that its remedy shows where they go. */
const sample = (tag: PloopError.Tag): PloopError.PloopError =>
  // Without validation, which would want values of the fields' own types.
  new PloopError.classes[tag](Object.fromEntries(fieldsOf(tag).map((name) => [name, code(name)])) as never, true)

const rowOf = (tag: PloopError.Tag): ReadonlyArray<string> => {
  const { isRetryable, remedy } = sample(tag)
  return [
    code(tag),
    firstSentence(docstrings.ofExport("PloopError", tag)),
    fieldsOf(tag).filter((name) => !common.has(name)).map(code).join(", "),
    isRetryable ? "yes" : "",
    remedy
  ]
}

export const errors = (): string =>
  table(
    ["class", "cause", "fields of its own", "may succeed later", "what to do"],
    Record.keys(PloopError.classes).map(rowOf)
  )
