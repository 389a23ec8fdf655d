import { Array, Console, Effect } from "effect"

/** The expected range of a ratio. */
export interface Expectation {
  readonly text: string
  readonly least: number
  readonly most: number
}

export const atLeast = (least: number): Expectation => ({ text: `at least ${least}`, least, most: Infinity })

export const atMost = (most: number): Expectation => ({ text: `at most ${most}`, least: 0, most })

/** About equal, given the noise of a busy machine. */
export const same: Expectation = { text: "about 1", least: 0.8, most: 1.25 }

/** A figure and its reference from the same run. */
export interface Row {
  readonly name: string
  readonly figure: string
  readonly reference: string
  readonly ratio: number
  /** How far the ratio may be from the true one. Absent when it is exact. */
  readonly noise?: number | undefined
  /** Undefined when the ratio is only for information. */
  readonly expectation?: Expectation | undefined
}

export interface Report {
  readonly rows: ReadonlyArray<Row>
  /** Notes on how to read the rows, and on what was left out. */
  readonly notes?: ReadonlyArray<string> | undefined
}

const significant = (value: number): string =>
  new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value)

export const perSecond = (rate: number): string => `${significant(rate)}/s`

const units = ["B", "KiB", "MiB", "GiB"]

export const bytes = (count: number): string => {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1)
  return `${significant(count / 1024 ** power)} ${units[power]}`
}

/** Whether the expectation is not missed by more than the noise. */
export const isMet = ({ expectation, noise = 0, ratio }: Row): boolean =>
  expectation === undefined || (ratio + noise >= expectation.least && ratio - noise <= expectation.most)

const columns = ["what", "figure", "reference", "ratio", "noise", "expected", ""]

const cells = (row: Row): ReadonlyArray<string> => [
  row.name,
  row.figure,
  row.reference,
  significant(row.ratio),
  row.noise === undefined ? "" : `±${significant(row.noise)}`,
  row.expectation?.text ?? "",
  isMet(row) ? "" : "NOT MET"
]

const table = (lines: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join("\n")
}

export const print = (topic: string, { notes = [], rows }: Report): Effect.Effect<void> =>
  Effect.forEach(
    [`\n${topic}`, ...(Array.isNonEmptyReadonlyArray(rows) ? [table([columns, ...rows.map(cells)])] : []), ...notes],
    (text) => Console.log(text),
    { discard: true }
  )
