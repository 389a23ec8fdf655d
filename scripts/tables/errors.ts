/** The table of the classes of errors, with what to do about each. */
import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Array from "effect/Array"
import * as Order from "effect/Order"
import * as Record from "effect/Record"
import * as docstrings from "./docstrings.js"
import { code, firstSentence, table } from "./markdown.js"

const common: ReadonlySet<string> = new Set([
  "_tag",
  "operation",
  "subject",
  "text",
  "exitCode",
  "signal",
  "newSnapshot"
])

const fieldsOf = (tag: PloopError.Tag): ReadonlyArray<string> => Object.keys(PloopError.classes[tag].fields)

/** The operations that can have an error of this class. */
const operationsOf = (tag: PloopError.Tag): ReadonlyArray<Operation.Name> =>
  Operation.names.filter((name) => (Operation.table[name].errors as ReadonlyArray<string>).includes(tag))

/** The field that takes the place of the remedy, where what works instead is known. */
const instead = "instead"

/** Fields that are lists, which a name cannot stand for, and absent in most errors. */
const lists: ReadonlySet<string> = new Set(["mounts", "hidden"])

/** An error whose fields hold their own names, so that its remedy shows where they are used. */
const sample = (tag: PloopError.Tag, operation: Operation.Name): PloopError.PloopError => {
  const named = Object.fromEntries(
    fieldsOf(tag).filter((name) => name !== instead && !lists.has(name)).map((name) => [name, code(name)])
  )
  // Validation would require values of the fields' own types.
  return new PloopError.classes[tag]({ ...named, operation } as never, true)
}

/** The texts of a class, each with its operations. Most classes have the same text for all. */
const byOperation = (tag: PloopError.Tag, say: (error: PloopError.PloopError) => string): string => {
  const groups = Array.groupBy(operationsOf(tag), (operation) => say(sample(tag, operation)))
  const entries = Record.toEntries(groups)
  if (entries.length === 1) return entries[0]![0]
  return Array.sortBy(Order.mapInput(Order.number, ([, names]: (typeof entries)[number]) => names.length))(entries)
    .map(([text, names], index) =>
      index === entries.length - 1 ? `else: ${text}` : `${names.map(code).join(", ")}: ${text}`
    )
    .join("<br>")
}

const retryOf = (tag: PloopError.Tag): string => {
  const kinds = Array.dedupe(
    operationsOf(tag).filter((name) => sample(tag, name).isRetryable).map((name) => Operation.table[name].kind)
  )
  const all = operationsOf(tag).every((name) => sample(tag, name).isRetryable)
  return all ? "yes" : kinds.join(", ")
}

const rowOf = (tag: PloopError.Tag): ReadonlyArray<string> => [
  code(tag),
  firstSentence(docstrings.ofExport("PloopError", tag)),
  fieldsOf(tag).filter((name) => !common.has(name)).map(code).join(", "),
  retryOf(tag),
  fieldsOf(tag).includes(instead)
    ? `${code(instead)}, if it is given; else: ${byOperation(tag, ({ remedy }) => remedy)}`
    : byOperation(tag, ({ remedy }) => remedy)
]

export const errors = (): string =>
  table(
    ["class", "cause", "fields of its own", "safe to repeat", "what to do"],
    Record.keys(PloopError.classes).map(rowOf)
  )
