import { PloopFake } from "@effect-ploop/backend-fake"
import { codeOf } from "@effect-ploop/command-line/Ended"
import { KernelEmulation, TapedRun } from "@effect-ploop/conformance"
import type { Runner } from "@effect-ploop/testkit"
import { Case, Report, ReportDiff } from "@effect-ploop/testkit"
import { Command, FileSystem, Path, Terminal } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, DateTime, Effect, Fiber, Option, Schedule, Schema, Stream, TestClock } from "effect"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { requireExt4 } from "../src/internal/cli/hostFileSystem.js"
import { main, program } from "../src/internal/cli/main.js"
import * as progress from "../src/internal/cli/progress.js"
import * as left from "../src/internal/kill/left.js"
import * as killed from "../src/internal/kill/report.js"
import type { Found } from "../src/internal/kill/round.js"
import { missing, title } from "./utils/realTool.js"

/** A terminal, or something else, that records the output. */
const makeTerminal = (shown: Array<string>, isTTY: boolean) =>
  Terminal.Terminal.of({
    columns: Effect.succeed(80),
    rows: Effect.succeed(25),
    isTTY: Effect.succeed(isTTY),
    readInput: Effect.die("no input is expected"),
    readLine: Effect.die("no input is expected"),
    display: (text) => Effect.sync(() => void shown.push(text))
  })

/** The exit code of the command, and its output. */
const run = (args: ReadonlyArray<string>, { isTTY = false } = {}) =>
  Effect.gen(function*() {
    const stdout: Array<string> = []
    const stderr: Array<string> = []
    const console = yield* Effect.console
    const exit = yield* Effect.exit(
      main(["node", "ploop-conformance", ...args]).pipe(
        Effect.provideService(Terminal.Terminal, makeTerminal(stdout, isTTY)),
        Effect.withConsole({
          ...console,
          log: (...words) => Effect.sync(() => void stdout.push(`${words.join(" ")}\n`)),
          error: (...words) => Effect.sync(() => void stderr.push(`${words.join(" ")}\n`))
        })
      )
    )
    return { code: codeOf(130)(exit), stdout: stdout.join(""), stderr: stderr.join("") }
  })

const rule = (name: string, body: Effect.Effect<void, unknown, NodeContext.NodeContext>) =>
  it.live(name, () => Effect.provide(body, NodeContext.layer))

/** Runs with other variables in the environment. */
const withEnvironment = <A, E, R>(variables: Record<string, string>, effect: Effect.Effect<A, E, R>) =>
  Effect.withConfigProvider(effect, ConfigProvider.fromMap(new Map(Object.entries(variables)), { pathDelim: "_" }))

const onFake = ["run", "--backend", "fake"]

const Json = Schema.parseJson(Report.Report)

describe("ploop-conformance replay", () => {
  rule(
    "ends with 2 for a file that is not a tape, and names it and the rule",
    Effect.gen(function*() {
      const here = fileURLToPath(import.meta.url)
      const { code, stderr } = yield* run(["replay", here])
      assert.strictEqual(code, 2)
      assert.include(stderr, `the tape is ${here}, but it must be a tape`)
    })
  )

  rule(
    "says how to record again the cases that no longer fit, and only those",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tape = yield* TapedRun.read(
        fileURLToPath(new URL("fixtures/tapes/1.15-emulated-kernel.tape", import.meta.url))
      )
      const id = "switchSnapshot/begins-a-new-top-upon-it"
      const path = yield* fs.makeTempFileScoped()
      yield* TapedRun.write(path, {
        ...tape,
        cases: tape.cases.map((taped) => taped.id === id ? { ...taped, recording: [] } : taped)
      })
      const { code, stderr } = yield* run(["replay", path, "--filter", "switchSnapshot/"])
      assert.strictEqual(code, 1)
      assert.include(
        stderr,
        `record it again, with the tool of generation 1.15:
  ploop-conformance ${tape.command} --tape ${path} --update-tape --filter ${id}\n`
      )
    }).pipe(Effect.scoped)
  )
})

const sixCases = Effect.gen(function*() {
  const tape = yield* TapedRun.read(
    fileURLToPath(new URL("fixtures/tapes/1.15-emulated-kernel.tape", import.meta.url))
  )
  const fs = yield* FileSystem.FileSystem
  const path = yield* fs.makeTempFileScoped()
  yield* TapedRun.write(path, { ...tape, cases: tape.cases.slice(0, 6) })
  return path
})

describe("ploop-conformance replay of a small tape", () => {
  rule(
    "has one line for all operations of which the tape has no case",
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["replay", yield* sixCases])
      assert.strictEqual(code, 0)
      const [table = ""] = /^operation[^]*?\n\n/m.exec(stdout) ?? []
      assert.match(table, /^operation .*\nswitchSnapshot +6 +0 +\d+\n\d+ others +0 +0 +\d+\n-+\nall +6 +0 +\d+\n\n$/)
      assert.match(stdout, /\d+ {2}it is not on the tape: record the run again\n/)
    }).pipe(Effect.scoped)
  )
})

describe("ploop-conformance run --tape", () => {
  rule(
    "with --update-tape is refused without a file, and for a file that is not a tape",
    Effect.gen(function*() {
      const nothing = yield* run(["run", "--backend", "cli", "--update-tape"])
      assert.strictEqual(nothing.code, 2)
      assert.include(nothing.stderr, "--update-tape needs --tape FILE")
      const here = fileURLToPath(import.meta.url)
      const other = yield* run(["run", "--backend", "cli", "--update-tape", "--tape", here])
      assert.strictEqual(other.code, 2)
      assert.include(other.stderr, `the tape is ${here}, but it must be a tape`)
    })
  )

  rule(
    "is refused for the fake, and for a file in a directory that is not there",
    Effect.gen(function*() {
      const fake = yield* run(["run", "--backend", "fake", "--tape", "/tmp/none.tape"])
      assert.strictEqual(fake.code, 2)
      assert.include(fake.stderr, "--tape is /tmp/none.tape, but it is only for --backend cli")
      const nowhere = yield* run(["run", "--backend", "cli", "--tape", "/none/at/all.tape"])
      assert.strictEqual(nowhere.code, 2)
      assert.include(nowhere.stderr, "--tape is /none/at/all.tape, but the directory of the file must be writable")
    })
  )
})

describe("ploop-conformance diff", () => {
  const result = (id: Report.CaseResult["id"], outcome: Report.Outcome): Report.CaseResult => ({
    id,
    title: "MUST hold",
    source: "manual: mount",
    outcome,
    duration: 1
  })
  const passed: Report.Outcome = { _tag: "Passed" }
  const skipped: Report.Outcome = { _tag: "Skipped", reason: "no driver" }
  const failed: Report.Outcome = { _tag: "Failed", message: "boom\n  at a", operations: [], output: [] }
  const target = { name: "ploop", tool: "ploop", generation: "7", capabilities: [], lacks: [] } as const
  const reportOf = (results: ReadonlyArray<Report.CaseResult>) =>
    new Report.Report({ startedAt: DateTime.unsafeMake(0), target, results })

  /** Compares two reports by the command, and returns its end. */
  const diff = (
    before: ReadonlyArray<Report.CaseResult>,
    after: ReadonlyArray<Report.CaseResult>,
    ...options: ReadonlyArray<string>
  ) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-diff-" })
      const [one, other] = [`${directory}/before.json`, `${directory}/after.json`]
      yield* fs.writeFileString(one, Report.toJson(reportOf(before)))
      yield* fs.writeFileString(other, Report.toJson(reportOf(after)))
      return yield* run(["diff", ...options, one, other])
    }).pipe(Effect.scoped)

  const before = [result("mount/a", passed), result("mount/b", failed), result("mount/c", passed)]

  rule(
    "ends with 1 when a case broke, and says which cases broke, fail still, are repaired and no longer run",
    Effect.gen(function*() {
      const after = [result("mount/a", failed), result("mount/b", passed), result("mount/c", skipped)]
      const { code, stdout } = yield* diff(before, after)
      assert.strictEqual(code, 1)
      assert.match(stdout, /^Broken: 1\n {2}mount\/a: passed, now failed\n {4}MUST hold\n {4}boom$/m)
      assert.match(stdout, /^Repaired: 1\n {2}mount\/b: failed, now passed$/m)
      assert.match(stdout, /^No longer run: 1\n {2}mount\/c: passed, now skipped\n {4}MUST hold\n {4}no driver$/m)
      assert.notMatch(stdout, /Still failing/)
      assert.match(stdout, /^2 cases ran in both reports; 1 broke\.$/m)
    })
  )

  rule(
    "counts a failure as broken when the case was skipped or absent before",
    Effect.gen(function*() {
      const { code, stdout } = yield* diff([...before, result("mount/d", skipped)], [
        ...before,
        result("mount/d", failed),
        result("mount/e", failed)
      ], "--json")
      assert.strictEqual(code, 1)
      const found = yield* Schema.decode(Schema.parseJson(ReportDiff.ReportDiff))(stdout)
      assert.deepStrictEqual(found.broken.map(({ before, id }) => [id, before]), [
        ["mount/d", "skipped"],
        ["mount/e", "absent"]
      ])
      assert.deepStrictEqual(found.failing.map(({ id }) => id), ["mount/b"])
      assert.strictEqual(found.compared, 3)
    })
  )

  rule(
    "ends with 0 when nothing broke, with 1 for lost cases under --fail-on-skip, and with 3 when nothing can be compared",
    Effect.gen(function*() {
      assert.strictEqual((yield* diff(before, before)).code, 0)
      assert.strictEqual((yield* diff(before, before.slice(1))).code, 0)
      assert.strictEqual((yield* diff(before, before.slice(1), "--fail-on-skip")).code, 1)
      assert.strictEqual((yield* diff([result("mount/a", skipped)], before.slice(2))).code, 3)
    })
  )

  rule(
    "ends with 2 for a file that is not a report, and names the argument, the file and the rule",
    Effect.gen(function*() {
      const here = fileURLToPath(import.meta.url)
      const { code, stderr } = yield* run(["diff", here, here])
      assert.strictEqual(code, 2)
      assert.include(stderr, `before is ${here}, but it must be a report that run --report json=FILE wrote`)
    })
  )
})

describe("ploop-conformance kill", () => {
  for (
    const [title, args, message] of [
      ["works only on an emulated kernel", [], "add --emulate-kernel"],
      [
        "needs a round",
        ["--emulate-kernel", "--rounds", "0"],
        "--rounds is 0, but it must be a whole number larger than zero"
      ]
    ] as const
  ) {
    rule(
      title,
      Effect.gen(function*() {
        const { code, stderr } = yield* run(["kill", ...args])
        assert.strictEqual(code, 2)
        assert.include(stderr, message)
      })
    )
  }
})

describe("the report of ploop-conformance kill as JSON", () => {
  const round = (found: Partial<Found>): Found => ({
    operation: "mount",
    victim: "tool",
    ending: "ended",
    atOnce: left.none,
    later: left.none,
    unnamed: [],
    unreadable: 0,
    broken: Option.none(),
    ...found
  })

  it("has each round with what is left, and the skipped operations", () => {
    const skipped = [{ operation: "encrypt", reason: "1.15 does not encrypt" }]
    const found = [
      round({}),
      round({ victim: "process", ending: "finished", later: { ...left.none, files: ["root.hdd.x"] } })
    ]
    const { passed, rounds, ...others } = JSON.parse(killed.toJson(7, found, skipped))
    assert.deepStrictEqual(others, { seed: 7, skipped })
    assert.isFalse(passed)
    assert.deepInclude(rounds[0], { operation: "mount", killed: "tool", ended: true, broken: null })
    assert.deepInclude(rounds[1], { killed: "process", ended: false })
    assert.deepStrictEqual(rounds[1].left, {
      atOnce: left.none,
      afterTheNextCall: { ...left.none, files: ["root.hdd.x"] }
    })
  })

  it("has passed when nothing is left and the data is readable", () => {
    const passed = (found: Partial<Found>) => JSON.parse(killed.toJson(1, [round(found)], [])).passed
    assert.isTrue(passed({ unnamed: ["root.hdd.x"] }))
    assert.isFalse(passed({ unreadable: 1 }))
    assert.isFalse(passed({ broken: Option.some("mount failed") }))
  })
})

describe.skipIf(missing !== undefined)(title("ploop-conformance compare"), () => {
  rule(
    "writes one JSON document with the seed, the steps and the operations",
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(["compare", "--sequences", "2", "--seed", "1", "--json"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      const { agree, operations, seed, sequences, steps } = JSON.parse(stdout)
      assert.deepStrictEqual({ agree, seed, sequences }, { agree: true, seed: 1, sequences: 2 })
      assert.isAbove(steps, 2)
      assert.isAbove(operations.create.succeeded, 0)
    })
  )
})

describe("ploop-conformance run", () => {
  rule(
    "prints a table and ends with 0 when no case failed",
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(["run", "--backend", "fake", "--filter", "createSnapshot/"])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(stdout, /^operation +passed +failed +skipped$/m)
      assert.match(stdout, /^createSnapshot +[1-9]\d* +0 +\d+$/m)
    })
  )

  rule(
    "writes every requested report",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-command-" })
      const file = (format: string) => path.join(directory, `report.${format}`)
      const reports = ["junit", "json", "html"].flatMap((format) => ["--report", `${format}=${file(format)}`])
      const { code, stdout } = yield* run([
        ...onFake,
        "--filter",
        "createSnapshot/answers-the-given-id",
        ...reports
      ])
      assert.strictEqual(code, 0)
      for (const format of ["junit", "json", "html"]) {
        assert.include(stdout, `report as ${format}: ${file(format)}\n`)
      }
      const report = yield* Schema.decode(Json)(yield* fs.readFileString(file("json")))
      assert.deepStrictEqual(report.results.map(({ id }) => id), ["createSnapshot/answers-the-given-id"])
      assert.match(yield* fs.readFileString(file("junit")), /<testsuites .*tests="1"/)
      assert.match(yield* fs.readFileString(file("html")), /^<!doctype html>/)
    }).pipe(Effect.scoped)
  )

  rule(
    "reports the generation of the fake",
    Effect.gen(function*() {
      const { code, stdout } = yield* run([
        ...onFake,
        "--generation",
        "9",
        "--filter",
        "createSnapshot/answers-the-given-id"
      ])
      assert.strictEqual(code, 0)
      assert.match(stdout, /generation 9/)
    })
  )

  rule(
    "shows progress on a terminal, and nowhere else",
    Effect.gen(function*() {
      const args = [...onFake, "--filter", "createSnapshot/answers-the-given-id"]
      assert.include((yield* run(args, { isTTY: true })).stdout, "[0/1] createSnapshot/answers-the-given-id")
      assert.notInclude((yield* run(args)).stdout, "[0/1]")
    })
  )

  const misuses: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    [
      "a filter that matches no case",
      ["run", "--filter", "no such case"],
      /--filter is no such case, but it must be part of the id or title of a case/
    ],
    ["an unknown backend", ["run", "--backend", "clj"], /--backend is clj, but it must be cli or fake/],
    ["zero jobs", ["run", "--jobs", "0"], /--jobs is 0, but it must be a whole number larger than zero/],
    [
      "jobs that are not a number",
      ["run", "--jobs", "x"],
      /--jobs is x, but it must be a whole number larger than zero/
    ],
    ["an unknown generation", ["run", "--generation", "8"], /--generation is 8, but it must be 1\.15 or 7 or 9/],
    [
      "a seed that is not a whole number",
      ["compare", "--seed", "1.5"],
      /--seed is 1\.5, but it must be a whole number/
    ],
    [
      "a report without a file",
      ["run", "--report", "html"],
      /--report is html, but it must be junit=FILE or json=FILE/
    ],
    [
      "a need that no selected case has",
      ["run", "--filter", "createSnapshot/answers-the-given-id", "--needs", "xfs"],
      /no case that --filter selects needs xfs/
    ],
    ["an unknown need", ["list", "--needs", "nosuch"], /--needs is nosuch, but it must be locks or device or/],
    ["a list of no case", ["list", "--filter", "nosuch"], /--filter is nosuch, but it must be part of the id or title/],
    [
      "a report of an unknown format",
      ["run", "--report", "pdf=/tmp/x"],
      /--report is pdf=\/tmp\/x, but it must be junit=FILE or json=FILE or html=FILE/
    ],
    [
      "a report where no file can be written",
      [...onFake, "--report", "html=/nowhere/report.html"],
      /--report is html=\/nowhere\/report\.html, but the directory of the file must be writable/
    ],
    [
      "a scratch directory that is missing",
      [...onFake, "--dir", "/nowhere"],
      /the scratch directory is \/nowhere, but it must be a directory that exists/
    ],
    [
      "a generation for the real tool",
      ["run", "--backend", "cli", "--generation", "9"],
      /--generation is 9, but it is only for --backend fake/
    ],
    [
      "a generation without a backend, which is the tool of this host",
      ["run", "--generation", "9"],
      /--generation is 9, but it is only for --backend fake/
    ],
    ["an option that does not exist", ["run", "--dirr", "/vz"], /--dirr is not an option of run, which has .*--dir/],
    ["a value after an equals sign", ["list", "--needs=nosuch"], /--needs is nosuch, but it must be/],
    ["an option of another command", ["list", "--jobs=2"], /--jobs=2 is not an option of list, which has --filter/],
    ["an option without its value at the end", ["run", "--dir"], /--dir needs a value: --dir DIRECTORY/],
    ["an option without its value", ["run", "--filter", "--jobs", "2"], /--filter needs a value: --filter TEXT/],
    ["an unknown subcommand", ["walk"], /run/]
  ]
  for (const [what, args, words] of misuses) {
    rule(
      `refuses ${what} with exit code 2 and the rule, before anything runs`,
      Effect.gen(function*() {
        const { code, stderr, stdout } = yield* run(args)
        assert.strictEqual(code, 2)
        assert.match(stderr + stdout, words)
        assert.notMatch(stdout, /^operation +passed/m)
      })
    )
  }
})

describe("a run of skipped cases", () => {
  const generation7 = [...onFake, "--generation", "7", "--filter", "copySend/round-trip"]

  rule(
    "ends with 3 and says so when no case ran",
    Effect.gen(function*() {
      const { code, stderr, stdout } = yield* run(generation7)
      assert.strictEqual(code, 3)
      assert.include(stdout, "No case ran, so nothing is known about the backend.")
      assert.match(stderr, /no case ran, so nothing is known about the backend: the report says why/)
    })
  )

  rule(
    "ends with 0 when another case ran, also with --fail-on-skip where no host of the generation can run them",
    Effect.gen(function*() {
      const args = [...generation7, "--filter", "createSnapshot/answers-the-given-id"]
      assert.strictEqual((yield* run(args)).code, 0)
      assert.strictEqual((yield* run([...args, "--fail-on-skip"])).code, 0)
    })
  )
})

describe.skipIf(missing !== undefined)(title("a run on a host without a kernel driver"), () => {
  rule(
    "reaches the backend and its files through a socket with --remote, of which there is no tape",
    Effect.gen(function*() {
      const args = ["run", "--backend", "fake", "--remote", "--filter", "copySend/round-trip"]
      const { code, stdout } = yield* run(args)
      assert.strictEqual(code, 0)
      assert.match(stdout, /the host in memory, behind a socket/)
      const taped = yield* run(["run", "--backend", "cli", "--remote", "--tape", "/tmp/tape"])
      assert.strictEqual(taped.code, 2)
      assert.match(taped.stderr, /--tape is only for a run without --remote/)
    })
  )

  rule(
    "ends with 1 under --fail-on-skip, and reports how many cases were skipped",
    Effect.gen(function*() {
      const args = ["run", "--backend", "cli", "--filter", "mount/", "--filter", "tool/"]
      assert.strictEqual((yield* run(args)).code, 0)
      const { code, stderr } = yield* run([...args, "--fail-on-skip"])
      assert.strictEqual(code, 1)
      assert.match(stderr, /--fail-on-skip: [1-9]\d* of the cases that generation 1\.15 can run were skipped/)
    })
  )
})

describe("a variable of the environment that cannot be read", () => {
  rule(
    "is refused with its name, its value and what it must be",
    Effect.gen(function*() {
      const variables = { PLOOP_QUERY_LIMIT: "abc", PLOOP_MAX_PROCESSES: "0" }
      for (const command of ["run", "doctor", "compare"]) {
        const { code, stderr } = yield* withEnvironment(variables, run([command]))
        assert.strictEqual(code, 2)
        assert.match(stderr, /PLOOP_QUERY_LIMIT is abc, but it must be a duration/)
        assert.match(stderr, /PLOOP_MAX_PROCESSES is 0, but it must be a whole number larger than zero/)
      }
      const onTheFake = yield* withEnvironment(variables, run([...onFake, "--filter", "createSnapshot/answers"]))
      assert.strictEqual(onTheFake.code, 0)
    })
  )
})

describe("a host with a kernel driver", () => {
  const refusal = (directory: string) => Effect.flip(requireExt4(directory)).pipe(Effect.provide(PloopFake.layer()))

  rule(
    "is refused in a directory that is not on ext4, with the name of its file system",
    Effect.gen(function*() {
      const { code, message } = yield* refusal("/proc")
      assert.strictEqual(code, 2)
      assert.match(message, /--dir is \/proc, which is on proc, but it must be on ext4/)
    })
  )

  rule(
    "leaves a missing directory to the run, which reports it",
    Effect.provide(requireExt4("/nowhere"), PloopFake.layer())
  )
})

describe("ploop-conformance", () => {
  rule(
    "lists the cases that have one of the needs, and no other",
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["list", "--filter", "mount/", "--needs", "device", "--needs", "xfs"])
      assert.strictEqual(code, 0)
      const titles = stdout.split("\n").filter((line) => line.startsWith("    MUST"))
      assert.isAbove(titles.length, 1)
      for (const title of titles) assert.match(title, /\(needs .*(device|xfs)/)
    })
  )

  rule(
    "list shows the rule of each case, what it needs and the source of the rule",
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["list", "--filter", "createSnapshot/online-keeps-what-was-written-before"])
      assert.strictEqual(code, 0)
      assert.match(stdout, /createSnapshot\/online-keeps-what-was-written-before\n +MUST keep .*\(needs mount/)
      assert.match(stdout, /manual: snapshot\n1 case\n/)
      const json = yield* run(["list", "--json", "--filter", "createSnapshot/online-keeps-what-was-written-before"])
      const [only] = JSON.parse(json.stdout) as ReadonlyArray<object>
      assert.deepInclude(only, { operation: "createSnapshot", source: { kind: "manual", where: "snapshot" } })
    })
  )

  rule(
    "prints plain help without a terminal, for itself and for each command",
    Effect.gen(function*() {
      for (const args of [[], ["--help"], ["run", "--help"], ["run", "--jobs", "x", "-h"]]) {
        const { code, stdout } = yield* run(args)
        assert.strictEqual(code, 0)
        assert.match(stdout, /^Usage: ploop-conformance/)
        assert.notInclude(stdout, "\u001b")
      }
    })
  )

  rule(
    "has help with the default of every option, the variables of the environment, the exit codes and examples",
    Effect.gen(function*() {
      const { stdout } = yield* run(["run", "--help"])
      for (
        const text of [
          "  --jobs N\n",
          "Default: 2.",
          "Default: cli.",
          "  PLOOP_QUERY_LIMIT\n",
          "3 minutes",
          "\n  130\n"
        ]
      ) {
        assert.include(stdout, text)
      }
      assert.include(stdout, "  $ ploop-conformance run --backend fake\n")
      assert.isTrue(stdout.split("\n").every((line) => line.length <= 80), stdout)
    })
  )

  rule(
    "completes commands, their options, and the words that an option takes, in bash",
    Effect.gen(function*() {
      const { stdout } = yield* run(["--completions", "bash"])
      assert.notInclude(stdout, "wizard")
      const completed = (...words: ReadonlyArray<string>) => {
        const script = `${stdout}
COMP_WORDS=(ploop-conformance ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_ploop_conformance; echo "\${COMPREPLY[@]}"`
        return spawnSync("bash", { input: script, encoding: "utf8" }).stdout.trimEnd()
      }
      assert.strictEqual(completed("d"), "diff doctor")
      assert.strictEqual(completed("run", "--re"), "--remote --report")
      assert.strictEqual(completed("run", "--backend", ""), "cli fake")
      assert.strictEqual(completed("run", "--needs", "sna"), "snapshotBesideDisk")
      assert.strictEqual(completed("run", "--report", "j"), "junit= json=")
      assert.strictEqual(completed("run", "--log-level", "e"), "error")
      // The shell has the names of files.
      assert.strictEqual(completed("run", "--tape", ""), "")
      assert.strictEqual(completed("replay", ""), "")
    })
  )

  rule(
    "knows options and their words in each shell, and refuses another shell with the names of these",
    Effect.gen(function*() {
      const { stdout: fish } = yield* run(["--completions", "fish"])
      assert.match(
        fish,
        /^complete -c ploop-conformance -n '__fish_seen_subcommand_from run' -l backend -x -a 'cli fake' /m
      )
      const { stdout: zsh } = yield* run(["--completions", "zsh"])
      assert.match(zsh, /^#compdef ploop-conformance\n/)
      assert.include(zsh, "'*--backend[What to test]:value:(cli fake)'")
      assert.deepInclude(yield* run(["--completions", "tcsh"]), {
        code: 2,
        stderr: "ploop-conformance: --completions is tcsh, but it must be sh, bash, fish or zsh\n" +
          "See ploop-conformance --help\n"
      })
      assert.include(
        (yield* run(["--completions"])).stderr,
        "--completions needs a value: --completions sh|bash|fish|zsh"
      )
      assert.include(
        (yield* run(["run", "--log-level", "loud"])).stderr,
        "--log-level is loud, but it must be all, trace, "
      )
      assert.include((yield* run(["run", "--wizard"])).stderr, "--wizard is not an option of run")
    })
  )

  rule(
    "has examples and help for every command that it names",
    Effect.gen(function*() {
      const { pages } = program
      const { stdout } = yield* run(["--help"])
      for (const { description, examples, name, options } of pages) {
        assert.include(stdout, `\n  ${name}\n`)
        assert.isNotEmpty(examples)
        assert.notStrictEqual(description, "")
        for (const { term, text } of options) assert.match(text, /\.$/, `${name} ${term}`)
      }
      assert.deepInclude(yield* run(["nosuch"]), {
        code: 2,
        stderr:
          "ploop-conformance: nosuch is not a command; it must be one of run, replay, diff, list, compare, kill, doctor\n" +
          "See ploop-conformance --help\n"
      })
    })
  )

  rule(
    "doctor reports what is missing, what needs it, and what to do",
    Effect.gen(function*() {
      const { code, stdout } = yield* run(["doctor", "--dir", "/nowhere"])
      assert.strictEqual(code, 1)
      assert.deepInclude(JSON.parse((yield* run(["doctor", "--json", "--dir", "/nowhere"])).stdout), { canRun: false })
      assert.match(
        stdout,
        /missing +scratch directory \/nowhere \(--dir\), needed for everything\n +it must be a directory/
      )
      assert.lengthOf(stdout.match(/\/nowhere \(/g) ?? [], 1)
      assert.notMatch(stdout, /of free space|ext4 at|left by earlier runs/)
      assert.match(stdout, /The suite cannot run here\./)
    })
  )

  rule(
    "doctor reports that the suite cannot run where the prefix of the tool does not lead to root",
    Effect.gen(function*() {
      const { code, stdout } = yield* withEnvironment({ PLOOP_PREFIX: "echo,1000" }, run(["doctor"]))
      assert.strictEqual(code, 1)
      assert.match(stdout, /missing root \(PLOOP_PREFIX\), needed for everything\n +run this as root/)
    })
  )

  rule(
    "doctor reports each finding once, also with those for the emulated kernel, which it reports when it is asked",
    Effect.gen(function*() {
      const asked = yield* run(["doctor", "--emulate-kernel"])
      const names = [...asked.stdout.matchAll(/^(?:ok|missing|unknown) +([^,(\n]+)/gm)].map(([, name]) => name?.trim())
      assert.include(names, "FUSE")
      assert.deepStrictEqual(names, [...new Set(names)])
      assert.notInclude((yield* run(["doctor"])).stdout, "FUSE")
    })
  )
})

describe("the progress of a run", () => {
  const event: Runner.Event = {
    _tag: "CaseEnded",
    result: {
      id: "mount/one",
      title: "MUST mount",
      source: "manual: mount",
      outcome: { _tag: "Failed", message: "defect: boom\n    at mount (a.ts:1:1)", operations: [], output: [] },
      duration: 1
    }
  }
  const profile = { name: "host", tool: "ploop", generation: "9", capabilities: [], lacks: [] } as const
  const shownOf = (isTTY: boolean, columns = 80) =>
    Effect.gen(function*() {
      const shown: Array<string> = []
      const terminal = { ...makeTerminal(shown, isTTY), columns: Effect.succeed(columns) }
      const { onEvent } = yield* Effect.provideService(progress.make, Terminal.Terminal, terminal)
      yield* onEvent(event)
      return shown
    })

  it.effect("reports a failure with the first line of its message as soon as it happens", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* shownOf(false), ["failed: mount/one: defect: boom\n"])
      assert.match((yield* shownOf(true))[0] ?? "", /failed:.* mount\/one: defect: boom\n$/)
    }))

  it.effect("is a line every ten seconds where there is no terminal: how far the run is, and which cases are running", () =>
    Effect.gen(function*() {
      const shown: Array<string> = []
      const terminal = makeTerminal(shown, false)
      const { heartbeat, onEvent } = yield* Effect.provideService(progress.make, Terminal.Terminal, terminal)
      const fiber = yield* Effect.fork(heartbeat)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(shown, [])
      yield* onEvent({ _tag: "Started", target: profile, cases: 40 })
      yield* onEvent(event)
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual(shown.splice(0).slice(1), [
        "1 of 40 cases after 10s, 1 failed\n",
        "1 of 40 cases after 20s, 1 failed\n"
      ])
      const begin = (id: Case.Id) =>
        onEvent({
          _tag: "CaseStarted",
          case: Case.make({ id, title: "MUST", source: Case.service(""), run: Effect.void })
        })
      yield* Effect.forEach(["mount/one", "mount/two"] as const, begin)
      yield* TestClock.adjust("60013 millis")
      assert.strictEqual(
        shown.splice(0).at(-1),
        "1 of 40 cases after 1m 20s, 1 failed; running: mount/one, mount/two\n"
      )
      yield* onEvent(event)
      yield* Effect.forEach(["mount/three", "mount/four", "mount/five"] as const, begin)
      yield* TestClock.adjust("10 seconds")
      assert.include(shown.at(-1), "; running: mount/two, mount/three, mount/four and 1 more\n")
      yield* Fiber.interrupt(fiber)
    }))

  it.effect("has no further lines on a terminal", () =>
    Effect.gen(function*() {
      const shown: Array<string> = []
      const { heartbeat } = yield* Effect.provideService(progress.make, Terminal.Terminal, makeTerminal(shown, true))
      yield* Effect.fork(heartbeat)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(shown, [])
    }))

  it.effect("is a line that is never wider than the terminal", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* shownOf(true, 24)).at(-1), "\r\u001b[K[1/0, 1 failed] mount/o")
    }))
})

const executable = fileURLToPath(new URL("../bin/ploop-conformance.js", import.meta.url))

describe("ploop-conformance as a process", () => {
  rule(
    "ends without a word when the reader of its output has gone",
    Effect.gen(function*() {
      const piped = "{ \"$@\"; echo \"ended with $?\" >&2; } | head -n 1"
      const command = Command.make("bash", "-c", piped, "bash", process.execPath, executable, "list")
      const child = yield* Command.start(command)
      const [stdout, stderr] = yield* Effect.all(
        [Stream.mkString(Stream.decodeText(child.stdout)), Stream.mkString(Stream.decodeText(child.stderr))],
        { concurrency: 2 }
      )
      assert.strictEqual(stdout, "create\n")
      // 0 when it had printed the rest before it noticed.
      assert.match(stderr, /^ended with (?:0|130)\n$/)
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(missing !== undefined)(title("ploop-conformance as a process, on the real tool"), () => {
  rule(
    "ends with 130 on Ctrl-C, reports what ran, and leaves nothing behind",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-command-" })
      const scratch = `${directory}/scratch`
      yield* fs.makeDirectory(scratch)
      const json = `${directory}/report.json`
      const args = ["run", "--backend", "cli", "--dir", scratch, "--jobs", "1", "--report", `json=${json}`]
      const child = yield* Command.start(Command.make(process.execPath, executable, ...args))
      const stdout = yield* Effect.fork(Stream.mkString(Stream.decodeText(child.stdout)))
      yield* Effect.fork(Stream.runDrain(child.stderr))
      // Some cases have ended by the time that a tenth directory exists.
      const seen = new Set<string>()
      yield* Effect.repeat(
        Effect.map(fs.readDirectory(scratch), (names) => names.forEach((name) => seen.add(name))),
        { until: () => seen.size >= 10, schedule: Schedule.spaced("10 millis") }
      )
      yield* child.kill("SIGINT")
      assert.strictEqual(Number(yield* child.exitCode), 130)
      assert.match(yield* Fiber.join(stdout), /The run ended early: it was interrupted\./)
      const report = yield* Schema.decode(Json)(yield* fs.readFileString(json))
      assert.strictEqual(report.endedEarly, "it was interrupted")
      assert.isAbove(Report.counts(report.results).passed, 0)
      assert.isAbove(Report.counts(report.results).skipped, 0)
      assert.deepStrictEqual(yield* fs.readDirectory(scratch), [])
    }).pipe(Effect.scoped)
  )
})

const emulation = await Effect.runPromise(Effect.provide(KernelEmulation.requirements(), NodeContext.layer))

const cannotEmulate = missing !== undefined || emulation.some(({ status }) => status === "missing")

describe.skipIf(cannotEmulate)(title("ploop-conformance kill as a process, on the emulated kernel"), () => {
  rule(
    "ends with 130 on Ctrl-C in the middle of a round, and leaves no file, process or loop device",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const scratch = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-command-kill-" })
      const args = ["kill", "--emulate-kernel", "--operation", "mount", "--rounds", "1000", "--seed", "1"]
      const child = yield* Command.start(Command.make(process.execPath, executable, ...args, "--dir", scratch))
      yield* Effect.fork(Stream.runDrain(child.stdout))
      const stderr = yield* Effect.fork(Stream.mkString(Stream.decodeText(child.stderr)))
      // The first copy of the disk is for the operation that nobody kills.
      const rounds = new Set<string>()
      const seen = Effect.gen(function*() {
        for (const home of yield* fs.readDirectory(scratch)) {
          for (const name of yield* fs.readDirectory(`${scratch}/${home}`)) {
            if (name.startsWith("round-")) rounds.add(name)
          }
        }
      })
      yield* Effect.repeat(seen, { until: () => rounds.size >= 2, schedule: Schedule.spaced("10 millis") })
      yield* child.kill("SIGINT")
      assert.strictEqual(Number(yield* child.exitCode), 130, yield* Fiber.join(stderr))
      assert.deepStrictEqual(yield* fs.readDirectory(scratch), [])
      assert.deepStrictEqual(yield* openedBelow(scratch), [])
    }).pipe(Effect.scoped)
  )
})

/** The processes and the loop devices of this host that name a directory. */
const openedBelow = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = (path: string) => Effect.orElseSucceed(fs.readFileString(path), () => "")
    const pids = (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
    const loops = (yield* fs.readDirectory("/sys/block")).filter((name) => name.startsWith("loop"))
    const paths = [
      ...pids.map((pid) => `/proc/${pid}/cmdline`),
      ...loops.map((loop) => `/sys/block/${loop}/loop/backing_file`)
    ]
    return yield* Effect.filter(paths, (path) => Effect.map(text(path), (found) => found.includes(directory)))
  })
