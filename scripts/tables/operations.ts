/** The table of operations of core's README. */
import * as Operation from "@effect-ploop/core/Operation"
import * as docstrings from "./docstrings.js"
import { code, firstSentence, table } from "./markdown.js"

const errorsOf = (name: Operation.Name): ReadonlyArray<string> => Operation.table[name].errors

/** Errors that at least half of the operations share; a row lists only the others. */
const shared: ReadonlySet<string> = new Set(
  Operation.names.flatMap(errorsOf).filter((tag) =>
    2 * Operation.names.filter((name) => errorsOf(name).includes(tag)).length >= Operation.names.length
  )
)

const kindOf = (name: Operation.Name): string => {
  const row: Operation.Row = Operation.table[name]
  const kind = row.isQuery === undefined ? row.kind : `${row.kind}, or query`
  return row.shape === "effect" ? kind : `${kind}, ${row.shape}`
}

const rowOf = (name: Operation.Name): ReadonlyArray<string> => [
  code(name),
  firstSentence(docstrings.ofMethod(Operation.isLowLevel(name) ? "LowLevel" : "Ploop", name)),
  kindOf(name),
  errorsOf(name).filter((tag) => !shared.has(tag)).map(code).join(", ")
]

const groups = [...new Set(Operation.names.map((name) => Operation.table[name].group))]

export const operations = (): string =>
  [
    ...groups.map((group) => {
      const names = Operation.names.filter((name) => Operation.table[name].group === group)
      return `**${group}**\n\n${table(["operation", "what it does", "kind", "errors of its own"], names.map(rowOf))}`
    }),
    `Errors that most operations share: ${[...shared].map(code).join(", ")}.`
  ].join("\n\n")
