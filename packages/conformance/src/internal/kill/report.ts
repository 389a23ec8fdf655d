import * as Array from "effect/Array"
import * as Option from "effect/Option"
import * as left from "./left.js"
import type { Found } from "./round.js"

/** A line of the table: the rounds of one operation and one victim. */
const row = (all: ReadonlyArray<Found>): ReadonlyArray<string> => {
  const count = (of: (found: Found) => number) => String(all.reduce((sum, found) => sum + of(found), 0))
  const [first] = all
  return [
    first?.operation ?? "",
    first?.victim ?? "",
    String(all.length),
    count(({ ending }) => ending === "ended" ? 1 : 0),
    ...left.kinds.map((kind) => count(({ atOnce, later }) => atOnce[kind].length + later[kind].length)),
    count(({ unnamed }) => unnamed.length),
    all.some(({ broken }) => Option.isSome(broken))
      ? "broken"
      : all.some(({ unreadable }) => unreadable > 0)
      ? "lost"
      : "readable",
    first?.victim === "process" ? "after the next call" : "at once"
  ]
}

const head = ["operation", "killed", "rounds", "ended", ...left.kinds, "unnamed", "data", "counted"]

const isNumeric = (column: number): boolean => column > 1 && column < head.length - 2

const padded = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  return rows.map((cells) =>
    cells.map((cell, column) =>
      isNumeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
    ).join("  ").trimEnd()
  )
}

const groups = (all: ReadonlyArray<Found>): ReadonlyArray<ReadonlyArray<Found>> => [
  ...Object.values(Array.groupBy(all, ({ operation, victim }) => `${operation} ${victim}`))
]

/** The results as a table: a line for each operation and victim. */
export const table = (all: ReadonlyArray<Found>): string => padded([head, ...groups(all).map(row)]).join("\n")

const things = (when: string, inventory: left.Inventory): ReadonlyArray<string> =>
  left.kinds.flatMap((kind) => inventory[kind].map((thing) => `left ${when}: ${thing}`))

/** What is wrong in a round, a line for each; none when nothing is. */
export const complaints = ({ atOnce, broken, later, operation, unreadable, victim }: Found): ReadonlyArray<string> =>
  [
    ...things("at once", atOnce),
    ...things("after the next call", later),
    ...(unreadable === 0 ? [] : [`${unreadable} synced files cannot be read`]),
    ...Option.toArray(Option.map(broken, (message) => `a call after it failed: ${message}`))
  ].map((line) => `${operation}, ${victim} killed: ${line}`)

/** An operation that this generation does not have, and why. */
export interface Skipped {
  readonly operation: string
  readonly reason: string
}

/** A round without what only the run itself needs. */
const shown = ({ atOnce, broken, ending, later, operation, unnamed, unreadable, victim }: Found) => ({
  operation,
  killed: victim,
  ended: ending === "ended",
  left: { atOnce, afterTheNextCall: later },
  unnamed,
  unreadable,
  broken: Option.getOrNull(broken)
})

/** The results as a document, with each round. */
export const toJson = (seed: number, all: ReadonlyArray<Found>, skipped: ReadonlyArray<Skipped>): string =>
  JSON.stringify(
    {
      seed,
      passed: all.every((found) => complaints(found).length === 0),
      rounds: all.map(shown),
      skipped
    },
    undefined,
    2
  )
