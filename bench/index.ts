/**
 * Measures the backends, each figure beside a reference of the same run.
 * Arguments select topics by name. With `--check`, the run fails when an
 * expectation is not met.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { fake } from "./fake.js"
import { fileSystem } from "./fileSystem.js"
import { memory } from "./memory.js"
import type { Report } from "./report.js"
import { isMet, print } from "./report.js"
import { tool } from "./tool.js"

const topics: ReadonlyMap<string, Effect.Effect<Report>> = new Map([
  ["tool", tool],
  ["fake", fake],
  ["fileSystem", fileSystem],
  ["memory", memory]
])

const check = "--check"

const program = Effect.gen(function*() {
  const given = process.argv.slice(2)
  const chosen = given.filter((argument) => argument !== check)
  const unknown = chosen.filter((name) => !topics.has(name))
  if (unknown.length > 0) {
    return yield* Effect.fail(`${unknown.join(", ")}: must be one of ${[...topics.keys(), check].join(", ")}`)
  }
  let missed = 0
  for (const [name, topic] of topics) {
    if (chosen.length > 0 && !chosen.includes(name)) continue
    const report = yield* topic
    yield* print(name, report)
    missed += report.rows.filter((row) => !isMet(row)).length
  }
  const verdict = missed === 0 ? "All expectations are met." : `Expectations not met: ${missed}.`
  yield* missed > 0 && given.includes(check) ? Effect.fail(verdict) : Console.log(`\n${verdict}`)
})

NodeRuntime.runMain(program)
