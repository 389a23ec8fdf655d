/**
 * Writes what runs of the suite counted into the table of `docs/trust.md`, from
 * the reports that `ploop-conformance run --report json=FILE` made. Rows of
 * other targets stay as they are.
 */
import { Report } from "@effect-ploop/testkit"
import { Schema } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./checks/sources.js"

const page = join(root, "docs", "trust.md")

const labels = ({ capabilities, generation, name }: Report.Report["target"]): string =>
  name === "the host in memory"
    ? `${name}, generation ${generation}`
    : `the \`ploop\` tool of generation ${generation}, ${
      capabilities.includes("device") ? "on an emulated kernel" : "without a kernel driver"
    }`

const decode = Schema.decodeUnknownSync(Schema.parseJson(Report.Report))

/** The label of a target, and its row. */
const rowOf = (file: string): readonly [string, string] => {
  const report = decode(readFileSync(file, "utf8"))
  if (report.endedEarly !== undefined) throw new Error(`${file} is of a run that ended early: ${report.endedEarly}`)
  const { failed, passed, skipped } = Report.counts(report.results)
  const label = labels(report.target)
  return [label, `| ${label} | ${passed} | ${failed} | ${skipped} |`]
}

const rows = new Map(process.argv.slice(2).map(rowOf))

const lines = readFileSync(page, "utf8").split("\n").map((line) => {
  const row = rows.get(/^\| (.*?) \| \d/.exec(line)?.[1] ?? "")
  if (row !== undefined) rows.delete(row.split(" | ")[0]!.slice(2))
  return row ?? line
})

if (rows.size > 0) throw new Error(`docs/trust.md has no row of ${[...rows.keys()].join(", nor of ")}`)
writeFileSync(page, lines.join("\n"))
