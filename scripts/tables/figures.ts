/** The figures of the README: what there is, and what of the suite passed in the runs that `docs/trust.md` lists. */
import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import { Suite } from "@effect-ploop/testkit"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../checks/sources.js"
import { table } from "./markdown.js"

const generations = ["1.15", "7", "9"]

/** The rows of the README, each with the label that `docs/trust.md` has for a generation. */
const targets: ReadonlyArray<readonly [name: string, label: (generation: string) => string]> = [
  ["the host in memory", (generation) => `the host in memory, generation ${generation}`],
  [
    "the tool on an emulated kernel",
    (generation) => `the \`ploop\` tool of generation ${generation}, on an emulated kernel`
  ],
  [
    "the tool without a kernel driver",
    (generation) => `the \`ploop\` tool of generation ${generation}, without a kernel driver`
  ]
]

const page = readFileSync(join(root, "docs", "trust.md"), "utf8")

/** How many cases passed on the target of this label. The sentence above the table says that none failed. */
const passed = (label: string): string => {
  const row = page.split("\n").find((line) => line.startsWith(`| ${label} |`))
  const [, passed, failed] = /\| (\d+) \| (\d+) \| \d+ \|$/.exec(row ?? "") ?? []
  if (passed === undefined) throw new Error(`docs/trust.md has no row of ${label}`)
  if (failed !== "0") throw new Error(`docs/trust.md has failed cases of ${label}`)
  return passed
}

export const figures = (): string =>
  [
    `The suite has ${Suite.all.length} rules, for ${Operation.names.length} operations and ` +
    `${Object.keys(PloopError.classes).length} classes of errors. No rule fails on any\n` +
    "target. These pass; the others concern another generation, or need something that the target lacks.",
    table(
      ["passed", ...generations],
      targets.map(([name, label]) => [name, ...generations.map((generation) => passed(label(generation)))])
    )
  ].join("\n\n")
