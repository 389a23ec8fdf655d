import * as DateTime from "effect/DateTime"
import * as Capability from "../../Capability.js"
import * as details from "./details.js"
import type { Report } from "./model.js"
import { counts, isSuccess } from "./model.js"
import type { Failure, Row } from "./summary.js"
import { byOperation, failures, reasons, rows, sentence } from "./summary.js"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

const html = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

const style = `
:root { color-scheme: light dark; --pass: #1a7f37; --fail: #cf222e; --skip: #9a6700; --line: #8884; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --fail: #ff7b72; --skip: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
a { color: inherit; } code, pre { font: 13px/1.5 ui-monospace, monospace; }
.verdict { font-size: 1.35rem; font-weight: 600; margin: .5rem 0; } .pass { color: var(--pass); } .fail { color: var(--fail); }
.skip { color: var(--skip); } .quiet { opacity: .65; }
.bar { display: flex; height: .5rem; border-radius: .25rem; overflow: hidden; background: var(--soft); }
.bar i { background: currentColor; } td .bar { min-width: 6rem; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .15rem .6rem; text-align: left; }
tfoot th, tfoot td { border-bottom: 0; border-top: 2px solid var(--line); } 
td { overflow-wrap: anywhere; } td code, td.n, th.n { white-space: nowrap; overflow-wrap: normal; } tbody th { font-weight: 500; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; width: 4rem; } td.zero { opacity: .35; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { opacity: .65; } dd { margin: 0; overflow-wrap: anywhere; }
details.failure { border-left: 3px solid var(--fail); margin: .6rem 0; padding: .2rem .8rem; background: var(--soft); border-radius: 0 .4rem .4rem 0; }
pre { margin: .4rem 0; overflow-wrap: anywhere; white-space: pre-wrap; } .message { font-weight: 600; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .15rem 0; }
@media (max-width: 40rem) { .bars { display: none; } }
`

const outcomes = ["passed", "failed", "skipped"] as const

const classes = { passed: "pass", failed: "fail", skipped: "skip" } as const

type Counted = Pick<Row, (typeof outcomes)[number]>

/** The shares of the outcomes as a bar. It is hidden from screen readers, which have the numbers. */
const bar = (counted: Counted): string =>
  `<div class="bar" aria-hidden="true">${
    outcomes.filter((name) => counted[name] > 0)
      .map((name) => `<i class="${classes[name]}" style="flex:${counted[name]}"></i>`)
      .join("")
  }</div>`

const cell = (row: Row, name: (typeof outcomes)[number]): string =>
  `<td class="n ${row[name] === 0 ? "zero" : classes[name]}">${row[name]}</td>`

const anchor = (operation: string): string => `failures-${html(operation)}`

const heading = ({ failed, operation }: Row): string =>
  failed === 0 ? html(operation) : `<a href="#${anchor(operation)}">${html(operation)}</a>`

const line = (row: Row, title: string): string =>
  `<tr><th scope="row">${title}</th>${outcomes.map((name) => cell(row, name)).join("")}<td class="bars">${
    bar(row)
  }</td></tr>`

const matrix = (report: Report): string =>
  `<table><thead><tr><th>operation</th>${
    outcomes.map((name) => `<th class="n">${name}</th>`).join("")
  }<th class="bars"></th></tr></thead>
<tbody>${rows(report).map((row) => line(row, heading(row))).join("\n")}</tbody>
<tfoot>${line({ operation: "all", ...counts(report.results) }, "all")}</tfoot></table>`

/** Up to this many failures are expanded; more are collapsed to a list. */
const fewFailures = 20

const failure = (open: boolean) => ({ id, outcome, source, title }: Failure): string => {
  const [first = "", ...others] = outcome.message.split("\n")
  return `<details class="failure"${open ? " open" : ""}><summary><code class="fail">${html(id)}</code> ${html(title)}
<div class="message">${html(first)}</div></summary>
<pre>${html([...others, ...details.lines(outcome)].join("\n"))}</pre>
<p class="quiet">The rule comes from ${html(source)}.</p></details>`
}

const broken = (report: Report): ReadonlyArray<string> => {
  const all = failures(report)
  return byOperation(all).map(([operation, group]) =>
    `<h3 id="${anchor(operation)}">${html(operation)}</h3>\n${group.map(failure(all.length <= fewFailures)).join("\n")}`
  )
}

const section = (heading: string, parts: ReadonlyArray<string>): string =>
  parts.length === 0 ? "" : `<h2>${heading}</h2>\n${parts.join("\n")}`

const skipped = (report: Report): ReadonlyArray<string> => {
  const all = reasons(report)
  return all.length === 0 ? [] : [
    `<table>${
      all.map(([reason, count]) => `<tr><td class="n skip">${count}</td><td>${html(reason)}</td></tr>`).join("\n")
    }</table>`
  ]
}

const marks = { Passed: ["pass", "passed"], Failed: ["fail", "failed"], Skipped: ["skip", "skipped"] } as const

const everything = (report: Report): ReadonlyArray<string> =>
  byOperation(report.results).map(([operation, results]) =>
    `<details><summary>${html(operation)} <span class="quiet">${results.length}</span></summary><table>${
      results.map(({ id, outcome, title }) => {
        const [name, word] = marks[outcome._tag]
        return `<tr><td class="n ${name}">${word}</td><td>${html(title)}<br><code class="quiet">${
          html(id)
        }</code></td></tr>`
      }).join("\n")
    }</table></details>`
  )

const verdict = (report: Report): string => {
  const all = counts(report.results)
  return `<p class="verdict ${isSuccess(report) ? "pass" : "fail"}">${html(sentence(report))}</p>
<p>${
    outcomes.map((name) => `<span class="${all[name] === 0 ? "quiet" : classes[name]}">${all[name]} ${name}</span>`)
      .join(", ")
  }</p>${bar(all)}`
}

const environment = ({ startedAt, target }: Report): string =>
  `<dl>${
    [
      ["tool", target.tool],
      ["generation", target.generation],
      ["capabilities", target.capabilities.map(Capability.describe).join("; ")],
      ...target.lacks.map(({ capability, reason }) => ["lacks", `${Capability.describe(capability)}: ${reason}`]),
      ["started", DateTime.formatIso(startedAt)]
    ].map(([name, value]) => `<dt>${name}</dt><dd>${html(value ?? "")}</dd>`).join("\n")
  }</dl>`

export const toHtml = (report: Report): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ploop conformance: ${html(report.target.name)}</title><style>${style}</style></head><body>
<h1>ploop conformance of ${html(report.target.name)}</h1>
${verdict(report)}
${environment(report)}
<h2>By operation</h2>
${matrix(report)}
${section("Failures", broken(report))}
${section("Skipped", skipped(report))}
${section("Every case", everything(report))}
</body></html>
`
