/**
 * Writes the generated tables of the documents: of operations, of their
 * refusals, of the classes of errors, and of the figures in the README. With `--check` it only checks whether they are up to date.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { report, root } from "./checks/sources.js"
import { errors } from "./tables/errors.js"
import { figures } from "./tables/figures.js"
import { replaced } from "./tables/markdown.js"
import { operations } from "./tables/operations.js"
import { refusals } from "./tables/refusals.js"

const tables = [
  { path: "packages/core/README.md", name: "operations", text: operations },
  { path: "docs/backends.md", name: "refusals", text: refusals },
  { path: "docs/errors.md", name: "errors", text: errors },
  { path: "README.md", name: "figures", text: figures }
]

const check = process.argv.includes("--check")

const problems = tables.flatMap(({ name, path, text }) => {
  const document = readFileSync(join(root, path), "utf8")
  const expected = replaced(document, name, text())
  if (expected === document) return []
  if (!check) {
    writeFileSync(join(root, path), expected)
    return []
  }
  const line = document.split("\n").findIndex((line, index) => line !== expected.split("\n")[index])
  return [`${path}:${line + 1}: the table of ${name} is stale: npm run docs:tables`]
})

report(problems, `${tables.length} tables are current`)
