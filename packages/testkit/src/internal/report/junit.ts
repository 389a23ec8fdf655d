import * as DateTime from "effect/DateTime"
import { XMLBuilder } from "fast-xml-parser"
import * as details from "./details.js"
import type { CaseResult, Report } from "./model.js"
import { counts, verdict } from "./model.js"
import { byOperation, sentence } from "./summary.js"

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", format: true })

const seconds = (results: ReadonlyArray<CaseResult>): string =>
  (results.reduce((sum, { duration }) => sum + duration, 0) / 1000).toFixed(3)

/** XML cannot represent most control characters. */
const allowed = (text: string): string => text.replace(/[^\t\n\r\x20-\uFFFD]/g, "\uFFFD")

const testcase = (result: CaseResult): object => ({
  "@name": `${result.title} (${result.id})`,
  "@classname": result.id.replace("/", "."),
  "@time": seconds([result]),
  ...(result.outcome._tag === "Skipped" && { skipped: { "@message": allowed(result.outcome.reason) } }),
  ...(result.outcome._tag === "Failed" && {
    failure: {
      "@message": allowed(result.outcome.message),
      "#text": allowed(details.lines(result.outcome).join("\n"))
    }
  })
})

const attributes = (results: ReadonlyArray<CaseResult>): object => {
  const { failed, skipped } = counts(results)
  return { "@tests": results.length, "@failures": failed, "@errors": 0, "@skipped": skipped, "@time": seconds(results) }
}

/** A reader of JUnit takes a run of skipped cases for a success, so that it gets an error. */
const nothingTried = (report: Report): object => ({
  "@name": "run",
  "@tests": 1,
  "@failures": 0,
  "@errors": 1,
  "@skipped": 0,
  testcase: {
    "@name": "at least one case runs",
    "@classname": "run",
    error: { "@message": allowed(sentence(report)) }
  }
})

export const toJUnit = (report: Report): string =>
  builder.build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      "@name": `ploop conformance: ${report.target.name}`,
      ...attributes(report.results),
      ...(verdict(report) === "nothingTried" && { "@tests": report.results.length + 1, "@errors": 1 }),
      testsuite: [
        ...(verdict(report) === "nothingTried" ? [nothingTried(report)] : []),
        ...byOperation(report.results).map(([operation, results]) => ({
          "@name": operation,
          "@timestamp": DateTime.formatIso(report.startedAt),
          ...attributes(results),
          testcase: results.map(testcase)
        }))
      ]
    }
  })
