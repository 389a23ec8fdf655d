import * as Ansi from "@effect/printer-ansi/Ansi"
import * as AnsiDoc from "@effect/printer-ansi/AnsiDoc"
import * as Doc from "@effect/printer/Doc"
import type { Report } from "../../Report.js"
import { counts } from "../../Report.js"
import * as details from "./details.js"
import type { Row } from "./summary.js"
import { failures, reasons, rows } from "./summary.js"

type Styled = Doc.Doc<Ansi.Ansi>

const styled = (style: Ansi.Ansi) => (text: string): Styled => Doc.annotate(Doc.string(text), style)

const bold = styled(Ansi.bold)
const red = styled(Ansi.red)
const green = styled(Ansi.green)
const yellow = styled(Ansi.yellow)

const number = (value: number, width: number, style: (text: string) => Styled): Styled => {
  const text = String(value).padStart(width)
  return value === 0 ? Doc.string(text) : style(text)
}

const headings = ["passed", "failed", "skipped"] as const

const styles = { passed: green, failed: red, skipped: yellow }

const cells = (row: Row): ReadonlyArray<Styled> =>
  headings.map((name) => number(row[name], name.length + 2, styles[name]))

const table = (report: Report): Styled => {
  const all = rows(report)
  const total: Row = { operation: "all", ...counts(report.results) }
  const width = Math.max(...[...all, total].map(({ operation }) => operation.length), "operation".length)
  const line = (row: Row): Styled => Doc.hcat([Doc.string(row.operation.padEnd(width)), ...cells(row)])
  return Doc.vsep([
    bold(`${"operation".padEnd(width)}${headings.map((name) => `  ${name}`).join("")}`),
    ...all.map(line),
    Doc.string("-".repeat(width + headings.join("").length + 2 * headings.length)),
    line(total)
  ])
}

const indented = (lines: ReadonlyArray<string>): Styled => Doc.vsep(lines.map((line) => Doc.string(`    ${line}`)))

const failed = (report: Report): ReadonlyArray<Styled> =>
  failures(report).map(({ id, outcome, title }) =>
    Doc.vsep([
      Doc.empty,
      red(`${id}: ${title}`),
      ...outcome.message.split("\n").map((line) => Doc.string(`  ${line}`)),
      indented(details.lines(outcome))
    ])
  )

const skipped = (report: Report): ReadonlyArray<Styled> => {
  const all = reasons(report)
  return all.length === 0 ? [] : [
    Doc.empty,
    bold("skipped"),
    ...all.map(([reason, count]) => Doc.hcat([number(count, 5, yellow), Doc.string(`  ${reason}`)]))
  ]
}

const ending = (report: Report): ReadonlyArray<Styled> =>
  report.endedEarly === undefined ? [] : [Doc.empty, red(`The run ended early: ${report.endedEarly}.`)]

export const toText = (report: Report, options: { readonly color: boolean }): string => {
  const { generation, name } = report.target
  const doc = Doc.vsep([
    bold(`ploop conformance of ${name}, generation ${generation}`),
    Doc.empty,
    table(report),
    ...failed(report),
    ...skipped(report),
    ...ending(report)
  ])
  return options.color ? AnsiDoc.render(doc, { style: "pretty" }) : Doc.render(Doc.unAnnotate(doc), { style: "pretty" })
}
