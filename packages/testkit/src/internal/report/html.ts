import * as DateTime from "effect/DateTime"
import type { Report } from "../../Report.js"
import { counts, isSuccess } from "../../Report.js"
import * as details from "./details.js"
import type { Failure, Row } from "./summary.js"
import { byOperation, failures, reasons, rows } from "./summary.js"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

const style = `
:root { color-scheme: light dark; --pass: #1a7f37; --fail: #cf222e; --skip: #9a6700; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; } th, td { border-bottom: 1px solid var(--line); padding: .2rem .8rem; text-align: left; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.zero { opacity: .35; }
.pass { color: var(--pass); } .fail { color: var(--fail); } .skip { color: var(--skip); }
pre { background: #8881; overflow-x: auto; padding: .8rem; border-radius: .4rem; font-size: 13px; }
summary { cursor: pointer; padding: .15rem 0; } code { font-size: 13px; } .verdict { font-size: 1.15rem; font-weight: 600; }
`

const classes = { passed: "pass", failed: "fail", skipped: "skip" } as const

const outcomes = ["passed", "failed", "skipped"] as const

const cell = (row: Row, name: (typeof outcomes)[number]): string =>
  `<td class="n ${row[name] === 0 ? "zero" : classes[name]}">${row[name]}</td>`

const line = (row: Row): string =>
  `<tr><th scope="row">${escape(row.operation)}</th>${outcomes.map((name) => cell(row, name)).join("")}</tr>`

const matrix = (report: Report): string =>
  `<table><thead><tr><th>operation</th>${outcomes.map((name) => `<th class="n">${name}</th>`).join("")}</tr></thead>
<tbody>${rows(report).map(line).join("\n")}</tbody>
<tfoot>${line({ operation: "all", ...counts(report.results) })}</tfoot></table>`

const failure = ({ id, outcome, source, title }: Failure): string =>
  `<details open><summary class="fail"><code>${escape(id)}</code> ${escape(title)}</summary>
<p>${escape(outcome.message)}</p><p>The rule comes from ${escape(source)}.</p>
<pre>${escape(details.lines(outcome).join("\n"))}</pre></details>`

const section = (heading: string, parts: ReadonlyArray<string>): string =>
  parts.length === 0 ? "" : `<h2>${heading}</h2>\n${parts.join("\n")}`

const skipped = (report: Report): ReadonlyArray<string> =>
  reasons(report).map(([reason, count]) => `<p class="skip">${count} × ${escape(reason)}</p>`)

const marks = { Passed: ["pass", "passed"], Failed: ["fail", "failed"], Skipped: ["skip", "skipped"] } as const

const everything = (report: Report): ReadonlyArray<string> =>
  byOperation(report.results).map(([operation, results]) =>
    `<details><summary>${escape(operation)}</summary><table>${
      results.map(({ id, outcome, title }) => {
        const [name, word] = marks[outcome._tag]
        return `<tr><td class="${name}">${word}</td><td><code>${escape(id)}</code></td><td>${escape(title)}</td></tr>`
      }).join("\n")
    }</table></details>`
  )

const verdict = (report: Report): string => {
  const { failed, passed, skipped } = counts(report.results)
  const words = `${passed} passed, ${failed} failed, ${skipped} skipped`
  return `<p class="verdict ${isSuccess(report) ? "pass" : "fail"}">${words}</p>${
    report.endedEarly === undefined ? "" : `<p class="fail">The run ended early: ${escape(report.endedEarly)}.</p>`
  }`
}

const environment = ({ startedAt, target }: Report): string =>
  `<table>${
    [
      ["target", target.name],
      ["tool", target.tool],
      ["generation", target.generation],
      ["capabilities", target.capabilities.join(", ")],
      ["begun", DateTime.formatIso(startedAt)]
    ].map(([name, value]) => `<tr><th scope="row">${name}</th><td>${escape(value ?? "")}</td></tr>`).join("")
  }</table>`

export const toHtml = (report: Report): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ploop conformance: ${escape(report.target.name)}</title><style>${style}</style></head><body>
<h1>ploop conformance of ${escape(report.target.name)}</h1>
${verdict(report)}
${environment(report)}
<h2>By operation</h2>
${matrix(report)}
${section("Failures", failures(report).map(failure))}
${section("Skipped", skipped(report))}
${section("Every case", everything(report))}
</body></html>
`
