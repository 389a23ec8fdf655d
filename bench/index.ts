/**
 * Measures the backends, each figure beside a reference of the same run, prints
 * a table and draws a chart of each topic. Arguments select topics by name. The
 * run fails when an expectation is missed by more than the noise.
 */
import { KernelEmulation } from "@effect-ploop/conformance"
import { Command } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import * as chart from "./chart.js"
import { emulated } from "./emulated.js"
import { fake } from "./fake.js"
import { fileSystem } from "./fileSystem.js"
import { fleet } from "./fleet.js"
import { memory } from "./memory.js"
import { remote } from "./remote.js"
import type { Report } from "./report.js"
import { isMet, print } from "./report.js"
import { endurance, scale } from "./scale.js"
import { service } from "./service.js"
import { tool } from "./tool.js"

const topics: ReadonlyMap<string, Effect.Effect<Report>> = new Map([
  ["emulated", emulated],
  ["tool", tool],
  ["service", service],
  ["fake", fake],
  ["scale", scale],
  ["fileSystem", fileSystem],
  ["fleet", fleet],
  ["memory", memory],
  ["remote", remote],
  ["endurance", endurance]
])

/** Topics that run only when they are named, because they take minutes. */
const onDemand: ReadonlySet<string> = new Set(["endurance", "fleet"])

/** Topics that run in the namespaces of the emulated kernel, in a process of their own. */
const inNamespaces: ReadonlySet<string> = new Set(["emulated"])

/** Starts this program again for a topic; its exit code says whether all expectations are met. */
const again = (topic: string) =>
  Effect.gen(function*() {
    const missing = (yield* KernelEmulation.requirements()).filter(({ status }) => status === "missing")
    if (missing.length > 0) {
      yield* Console.log(`\n${topic}\nSkipped: ${missing.map(({ name }) => name).join(", ")} missing.`)
      return true
    }
    const [program, ...args] = yield* KernelEmulation.enter(process.execPath, [
      ...process.execArgv,
      ...process.argv.slice(1, 2),
      topic
    ])
    const command = Command.make(program, ...args).pipe(Command.stdout("inherit"), Command.stderr("inherit"))
    return (yield* Command.exitCode(command)) === 0
  })

const program = Effect.gen(function*() {
  const chosen = process.argv.slice(2)
  const unknown = chosen.filter((name) => !topics.has(name))
  if (unknown.length > 0) {
    return yield* Effect.fail(`${unknown.join(", ")}: must be one of ${[...topics.keys()].join(", ")}`)
  }
  let missed = 0
  for (const [name, topic] of topics) {
    if (chosen.length > 0 ? !chosen.includes(name) : onDemand.has(name)) continue
    if (inNamespaces.has(name) && !(yield* KernelEmulation.isInside)) {
      missed += (yield* again(name)) ? 0 : 1
      continue
    }
    const report = yield* topic
    yield* print(name, report)
    yield* Effect.flatMap(chart.write(name, report), (path) => Console.log(`Chart: ${path}`))
    missed += report.rows.filter((row) => !isMet(row)).length
  }
  if (yield* KernelEmulation.isInside) {
    process.exitCode = Math.min(missed, 1)
    return
  }
  const verdict = missed === 0 ? "All expectations are met." : `Expectations not met: ${missed}.`
  return yield* missed > 0 ? Effect.fail(verdict) : Console.log(`\n${verdict}`)
})

NodeRuntime.runMain(Effect.provide(program, NodeContext.layer))
