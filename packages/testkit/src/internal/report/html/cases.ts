import type { CaseResult, Report } from "../model.js"
import { byOperation } from "../summary.js"
import { html } from "./escape.js"

const marks = { Passed: ["pass", "passed"], Failed: ["fail", "failed"], Skipped: ["skip", "skipped"] } as const

/** A duration in milliseconds, as a person reads it. */
export const duration = (milliseconds: number): string =>
  milliseconds < 1000
    ? `${Math.round(milliseconds)} ms`
    : milliseconds < 60_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.floor(milliseconds / 60_000)} min ${Math.round(milliseconds % 60_000 / 1000)} s`

const item = ({ duration: milliseconds, id, outcome, source, title }: CaseResult): string => {
  const [name, word] = marks[outcome._tag]
  const why = outcome._tag === "Skipped" ? `<br><span class="quiet">${html(outcome.reason)}</span>` : ""
  return `<li data-outcome="${word}"><span class="${name}">${word}</span><div class="text">${
    html(title)
  }<br><code class="quiet">${html(id)}</code> <span class="quiet">${
    html(source)
  }</span>${why}</div><span class="quiet">${outcome._tag === "Skipped" ? "" : duration(milliseconds)}</span></li>`
}

/** Cases as a list: the outcome, the rule, the source of the rule and the duration of each. */
export const list = (results: ReadonlyArray<CaseResult>): string =>
  `<ul class="cases">${results.map(item).join("\n")}</ul>`

const controls = `<div class="controls" id="controls" hidden>
<input type="search" placeholder="Search in identifiers, rules, sources and reasons" aria-label="Search the cases">
${
  ["passed", "failed", "skipped"].map((name) =>
    `<label><input type="checkbox" value="${name}" checked> ${name}</label>`
  ).join("\n")
}
<span id="shown" class="quiet" aria-live="polite"></span></div>`

/** Every case by operation, with controls to search and filter them. */
export const everything = (report: Report): ReadonlyArray<string> => [
  controls,
  ...byOperation(report.results).map(([operation, results]) =>
    `<details class="group"><summary>${html(operation)} <span class="quiet">${results.length}</span></summary>${
      list(results)
    }</details>`
  )
]
