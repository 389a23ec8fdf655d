import * as details from "./details.js"
import { everything, list } from "./html/cases.js"
import { html } from "./html/escape.js"
import { origin } from "./html/origin.js"
import { script } from "./html/script.js"
import { style } from "./html/style.js"
import type { Report } from "./model.js"
import { counts, isSuccess } from "./model.js"
import type { Failure, Row } from "./summary.js"
import { byOperation, causes, failures, rows, sentence } from "./summary.js"

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

/** Why cases were skipped, each cause once, with its cases. */
const skipped = (report: Report): ReadonlyArray<string> =>
  causes(report).map(({ cases, cause, needs }) =>
    `<details><summary><span class="skip">${cases.length}</span> ${html(cause)}${
      needs.length === 0 ?
        "" :
        `<br><span class="quiet">${html(needs.map(([need, count]) => `${count} ${need}`).join("; "))}</span>`
    }</summary>${list(cases)}</details>`
  )

const verdict = (report: Report): string => {
  const all = counts(report.results)
  return `<p class="verdict ${isSuccess(report) ? "pass" : "fail"}">${html(sentence(report))}</p>
<p>${
    outcomes.map((name) => `<span class="${all[name] === 0 ? "quiet" : classes[name]}">${all[name]} ${name}</span>`)
      .join(", ")
  }</p>${bar(all)}`
}

export const toHtml = (report: Report): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ploop conformance: ${html(report.target.name)}</title><style>${style}</style></head><body>
<h1>ploop conformance of ${html(report.target.name)}</h1>
${verdict(report)}
${origin(report)}
<h2>By operation</h2>
${matrix(report)}
${section("Failures", broken(report))}
${section("Skipped", skipped(report))}
${section("Every case", everything(report))}
<script>${script}</script></body></html>
`
