import * as Ansi from "@effect/printer-ansi/Ansi"
import * as AnsiDoc from "@effect/printer-ansi/AnsiDoc"
import * as Doc from "@effect/printer/Doc"
import * as details from "./details.js"
import type { Report } from "./model.js"
import { counts, isSuccess } from "./model.js"
import type { Failure, Row } from "./summary.js"
import { failures, reasons, rows, sentence } from "./summary.js"

type Styled = Doc.Doc<Ansi.Ansi>

const styled = (style: Ansi.Ansi) => (text: string): Styled => Doc.annotate(Doc.string(text), style)

const bold = styled(Ansi.bold)
const red = styled(Ansi.red)
const green = styled(Ansi.green)
const yellow = styled(Ansi.yellow)
const grey = styled(Ansi.blackBright)

/** Wraps a text at a number of columns. Only a longer word makes a longer line. */
const fold = (text: string, columns: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** Indented text, wrapped. */
const paragraph = (
  indent: number,
  text: string,
  columns: number,
  style: (text: string) => Styled = Doc.string
): Styled => Doc.indent(Doc.vsep(fold(text, columns - indent).map(style)), indent)

const number = (value: number, width: number, style: (text: string) => Styled): Styled => {
  const text = String(value).padStart(width)
  return value === 0 ? grey(text) : style(text)
}

const headings = ["passed", "failed", "skipped"] as const

const styles = { passed: green, failed: red, skipped: yellow }

/** A line of the table: of one operation, or of several. */
interface Line extends Omit<Row, "operation"> {
  readonly operation: string
}

const cells = (row: Line): ReadonlyArray<Styled> =>
  headings.map((name) => number(row[name], name.length + 2, styles[name]))

const ran = ({ failed, passed }: Row): boolean => failed + passed > 0

/** The operations of which a case ran, and the others in one line. */
const grouped = (all: ReadonlyArray<Row>): ReadonlyArray<Line> => {
  const others = all.filter((row) => !ran(row))
  const skipped = others.reduce((total, row) => total + row.skipped, 0)
  return others.length < 2
    ? all
    : [...all.filter(ran), { operation: `${others.length} others`, passed: 0, failed: 0, skipped }]
}

const table = (report: Report, groupSkipped: boolean): Styled => {
  const all = groupSkipped ? grouped(rows(report)) : rows(report)
  const total: Line = { operation: "all", ...counts(report.results) }
  const width = Math.max(...[...all, total].map(({ operation }) => operation.length), "operation".length)
  const line = (row: Line): Styled => {
    const name = row.operation.padEnd(width)
    return Doc.hcat([row.failed > 0 ? red(name) : Doc.string(name), ...cells(row)])
  }
  return Doc.vsep([
    bold(`${"operation".padEnd(width)}${headings.map((name) => `  ${name}`).join("")}`),
    ...all.map(line),
    Doc.string("-".repeat(width + headings.join("").length + 2 * headings.length)),
    line(total)
  ])
}

/** A stack frame of a library. Only the other formats show these. */
const isForeign = (line: string): boolean => /^\s+at .*node_modules/.test(line)

const message = (text: string, columns: number): ReadonlyArray<Styled> => {
  const [first = "", ...others] = text.split("\n").filter((line) => !isForeign(line))
  return [paragraph(2, first, columns, bold), ...others.map((line) => Doc.string(`  ${line}`))]
}

const failure = (columns: number) => ({ id, outcome, title }: Failure): Styled =>
  Doc.vsep([
    Doc.empty,
    red(id),
    paragraph(2, title, columns),
    ...message(outcome.message, columns),
    ...details.lines(outcome).map((line) => grey(`    ${line}`))
  ])

const failed = (report: Report, columns: number): ReadonlyArray<Styled> => {
  const all = failures(report)
  return all.length === 0 ? [] : [Doc.empty, bold("failed"), ...all.map(failure(columns))]
}

const skipped = (report: Report, columns: number): ReadonlyArray<Styled> => {
  const all = reasons(report)
  return all.length === 0 ? [] : [
    Doc.empty,
    bold("skipped"),
    ...all.map(([reason, count]) => Doc.hcat([number(count, 5, yellow), paragraph(2, reason, columns - 5)]))
  ]
}

/** The summary comes first, and again after failures, which may fill the screen. */
const page = (report: Report, columns: number, groupSkipped: boolean): Styled => {
  const { generation, name } = report.target
  const verdict = paragraph(0, sentence(report), columns, isSuccess(report) ? green : red)
  return Doc.vsep([
    paragraph(0, `ploop conformance of ${name}, generation ${generation}`, columns, bold),
    verdict,
    Doc.empty,
    table(report, groupSkipped),
    ...failed(report, columns),
    ...skipped(report, columns),
    ...(failures(report).length === 0 ? [] : [Doc.empty, verdict])
  ])
}

/** Some terminals report a width of 0. */
const fewestColumns = 40

export const toText = (
  report: Report,
  options: {
    readonly color: boolean
    readonly columns?: number | undefined
    readonly groupSkipped?: boolean | undefined
  }
): string => {
  const columns = Math.max(options.columns ?? Number.POSITIVE_INFINITY, fewestColumns)
  const doc = page(report, columns, options.groupSkipped ?? false)
  return options.color ? AnsiDoc.render(doc, { style: "pretty" }) : Doc.render(Doc.unAnnotate(doc), { style: "pretty" })
}
