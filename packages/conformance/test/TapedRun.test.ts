import { TapedRun } from "@effect-ploop/conformance"
import type { Case } from "@effect-ploop/testkit"
import { Report, Suite } from "@effect-ploop/testkit"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as file from "../src/internal/tape/file.js"
import { cover } from "./utils/cover.js"
import { missing, title } from "./utils/realTool.js"

const fixtures = fileURLToPath(new URL("fixtures/tapes", import.meta.url))

const rule = (name: string, body: Effect.Effect<void, unknown, NodeContext.NodeContext>) =>
  it.live(name, () => Effect.provide(body, NodeContext.layer))

const tapes = readdirSync(fixtures).filter((name) => name.endsWith(".tape"))

const outcomes = (report: Report.Report) =>
  report.results.flatMap(({ id, outcome }) => outcome._tag === "Failed" ? [`${id}: ${outcome.message}`] : [])

describe("the tape of a whole run", () => {
  for (const name of tapes) {
    rule(
      `${name} is replayed without the tool: cases with every command line of it pass again`,
      Effect.gen(function*() {
        const tape = yield* TapedRun.read(`${fixtures}/${name}`)
        const chosen = cover(tape.cases.filter(({ outcome }) => outcome === "Passed"))
        const cases = Suite.all.filter(({ id }) => chosen.has(id))
        const report = yield* TapedRun.replay(tape, { cases, jobs: 16 })
        assert.deepStrictEqual(outcomes(report), [])
        assert.isAbove(Report.counts(report.results).passed, 5)
      })
    )
  }

  rule(
    "is below 5 MB, all together",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const sizes = yield* Effect.forEach(tapes, (name) => fs.stat(`${fixtures}/${name}`))
      assert.isBelow(sizes.reduce((sum, { size }) => sum + Number(size), 0), 5_000_000)
    })
  )
})

/** A case and its tape, changed. */
const changed = (id: Case.Id, change: (argv: ReadonlyArray<string>) => ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const tape = yield* TapedRun.read(`${fixtures}/1.15-emulated-kernel.tape`)
    const cases = tape.cases.filter((taped) => taped.id === id).map((taped) => ({
      ...taped,
      recording: taped.recording.map((event) => event._tag === "Run" ? { ...event, argv: change(event.argv) } : event)
    }))
    return yield* TapedRun.replay({ ...tape, cases }, { cases: Suite.all.filter((self) => self.id === id) })
  })

describe("a replay", () => {
  rule(
    "fails where an argument differs, and names the operation, what was recorded and what is run now",
    Effect.gen(function*() {
      const report = yield* changed(
        "switchSnapshot/begins-a-new-top-upon-it",
        (argv) => argv.map((word) => word === "snapshot-switch" ? "snapshot-goto" : word)
      )
      const message = outcomes(report).join("")
      assert.include(message, "switchSnapshot differs from the recording")
      assert.match(message, /expected: ploop .*snapshot-goto/)
      assert.match(message, /actual: {3}ploop .*snapshot-switch/)
    })
  )

  rule(
    "skips a case that the tape does not have, and says so",
    Effect.gen(function*() {
      const tape = yield* TapedRun.read(`${fixtures}/1.15-emulated-kernel.tape`)
      const report = yield* TapedRun.replay({ ...tape, cases: [] }, { cases: Suite.all.slice(0, 1) })
      assert.deepInclude(report.results[0]?.outcome, { _tag: "Skipped" })
      assert.include(JSON.stringify(report.results[0]?.outcome), "not on the tape: record the run again")
    })
  )
})

/** The tool, but that it fails at each snapshot. */
const failing = `#!/bin/sh
case " $* " in *" snapshot "*) echo "Error in take (take.c:1): no clue" >&2; exit 38 ;; esac
exec ploop "$@"
`

describe.skipIf(missing !== undefined)(title("a recording"), () => {
  rule(
    "fails again where the tool failed, with what it had printed, whatever the directories of the tool and the run",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-tape-" })
      const [scratch, tool] = [`${directory}/scratch`, `${directory}/tool`]
      yield* fs.makeDirectory(scratch)
      yield* fs.writeFileString(tool, failing, { mode: 0o755 })
      const cases = Suite.select(["createSnapshot/accepts"])
      const profile = { name: "broken", tool, generation: "1.15", capabilities: [], lacks: [] } as const
      const recorded = yield* TapedRun.record({ profile, scratch, options: { tool }, command: "run" }, { cases })
      assert.include(outcomes(recorded.report).join(), "no clue")
      yield* TapedRun.write(`${directory}/tape`, recorded.tape)
      const replayed = yield* TapedRun.replay(yield* TapedRun.read(`${directory}/tape`), { cases })
      assert.include(outcomes(replayed).join(), "no clue")
      assert.deepStrictEqual(Report.counts(replayed.results), Report.counts(recorded.report.results))
    }).pipe(Effect.scoped)
  )
})

describe("an update of a tape", () => {
  const updated = (change: (run: TapedRun.TapedRun) => TapedRun.TapedRun) =>
    Effect.gen(function*() {
      const path = `${fixtures}/1.15-emulated-kernel.tape`
      const before = yield* TapedRun.read(path)
      const run = change({ ...before, cases: before.cases.slice(0, 1).map((taped) => ({ ...taped, recording: [] })) })
      return { before, after: yield* TapedRun.update(path, run) }
    })

  rule(
    "has the new recordings of the cases that ran, and the former ones of all others, in the same order",
    Effect.gen(function*() {
      // A run that was just recorded has options that are undefined; a file leaves them out.
      const { after, before } = yield* updated((run) => ({ ...run, options: { queries: undefined, ...run.options } }))
      assert.isNotEmpty(before.cases[0]?.recording)
      assert.deepStrictEqual(after.cases[0], { ...before.cases[0]!, recording: [] })
      assert.deepStrictEqual(after.cases.slice(1), before.cases.slice(1))
    })
  )

  rule(
    "is refused for another generation, another directory, and other options of the tool",
    Effect.gen(function*() {
      const refusal = (change: (run: TapedRun.TapedRun) => TapedRun.TapedRun) =>
        Effect.map(Effect.flip(updated(change)), ({ message }) => message)
      const generation = yield* refusal((run) => ({ ...run, target: { ...run.target, generation: "9" } }))
      assert.include(generation, "it must be of generation 9, as the tool, and it is of generation 1.15")
      const scratch = yield* refusal((run) => ({ ...run, scratch: "/vz" }))
      assert.include(scratch, "it must be of a run with --dir /vz, and it is of one with --dir /tmp")
      const options = yield* refusal((run) => ({ ...run, options: { ...run.options, verbosity: 9 } }))
      assert.include(options, "the same options of the tool")
    })
  )
})

describe("a file that is not a tape", () => {
  const ruleOf = (bytes: Uint8Array) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* fs.makeTempFileScoped()
      yield* fs.writeFile(path, bytes)
      return (yield* Effect.flip(TapedRun.read(path))).rule
    }).pipe(Effect.scoped)

  const empty: TapedRun.TapedRun = {
    target: { name: "", tool: "ploop", generation: "7", capabilities: [], lacks: [] },
    scratch: "/tmp",
    options: { hasPrefix: false },
    command: "run",
    cases: []
  }

  rule(
    "is refused: another file, another version, one that is cut off, one that is damaged",
    Effect.gen(function*() {
      const bytes = yield* file.encode(empty)
      const text = (text: string) => new TextEncoder().encode(text)
      const other = text("ploop-conformance tape 999\nabc")
      const damaged = bytes.map((byte, index) => index < 30 ? byte : 255 - byte)
      assert.include(yield* ruleOf(text("hello")), "and it is none")
      assert.include(yield* ruleOf(new Uint8Array()), "and it is none")
      assert.include(yield* ruleOf(other), "it is of version 999")
      assert.include(yield* ruleOf(bytes.subarray(0, bytes.length - 10)), "cut off or damaged")
      assert.include(yield* ruleOf(damaged), "cut off or damaged")
      assert.include((yield* Effect.flip(TapedRun.read("/none/at/all"))).message, "/none/at/all")
    })
  )
})
