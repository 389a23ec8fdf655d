import { PloopFake } from "@effect-ploop/backend-fake"
import { codeOf } from "@effect-ploop/command-line/Ended"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { spawnSync } from "node:child_process"
import { examples, withoutTool } from "../src/internal/cli/examples.js"
import { onHost } from "../src/internal/cli/host.js"
import { subcommands } from "../src/internal/cli/main.js"
import { run } from "./run.js"

const onFake = (title: string, test: Effect.Effect<void, unknown, PloopFake.Services>) =>
  it.effect(title, () => Effect.provide(test, PloopFake.layer()))

describe("the help", () => {
  onFake(
    "of each command has its options, its examples and the exit codes",
    Effect.forEach(Object.keys(examples), (name) =>
      Effect.gen(function*() {
        const { code, stdout } = yield* run(name, "--help")
        assert.strictEqual(code, 0)
        for (const { args, does } of examples[name]!) {
          assert.include(stdout, `ploop-maintenance ${name} ${args}`)
          assert.include(stdout.replaceAll(/\s+/g, " "), does)
        }
        assert.match(stdout, /\nExit codes:\n {2}0\n[^]*\n {2}130\n/)
      }), { discard: true })
  )

  onFake(
    "of each command says the default of every option, and which variables it reads",
    Effect.forEach(Object.keys(examples), (name) =>
      Effect.gen(function*() {
        const { stdout } = yield* run(name, "--help")
        const own = /\nOptions:\n([^]*?)\n {2}-h, --help/.exec(stdout)?.[1] ?? ""
        const options = own.split(/\n(?= {2}--)/)
        for (const option of options) assert.match(option, /default/i, `${name}: ${option}`)
        assert.match(own, /^ {2}--[a-z]/m, name)
        const runsTool = !withoutTool.includes(name)
        const said = "  PLOOP_TOOL\n      the ploop tool: a path, or a name in PATH. Default: ploop.\n"
        assert.strictEqual(stdout.includes(said), runsTool, name)
      }), { discard: true })
  )

  onFake(
    "of a retention of backups speaks of backups",
    Effect.gen(function*() {
      const { stdout } = yield* run("backup-retention", "--help")
      assert.include(stdout, "How many days that have a backup to keep.")
      const own = /\nOptions:\n([^]*?)\n {2}-h, --help/.exec(stdout)?.[1] ?? ""
      assert.notInclude(own, "snapshots")
    })
  )

  onFake(
    "has examples whose arguments are accepted",
    Effect.forEach(
      // One that waits for minutes has the clock of a test.
      Object.entries(examples).flatMap(([name, all]) => all.map(({ args }) => ({ name, args })))
        .filter(({ args }) => !args.includes("--every"))
        // The shell has the redirections. The command that reads its standard input has none here.
        .filter(({ name }) => name !== "receive")
        .map(({ args, name }) => ({ name, args: args.replace(/ > .*/, "") })),
      ({ args, name }) =>
        Effect.gen(function*() {
          const words = Array.from(args.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!)
          // Neither a disk nor a file is there, which only a command whose arguments were accepted sees.
          const { code, stderr, stdout } = yield* run(name, ...words)
          assert.strictEqual(stdout.includes("--help"), false)
          assert.oneOf(code, [0, 1, 2], args)
          assert.match(
            stderr + stdout,
            /no such|NotFound|not exist|must name|a directory that exists|it has no backup/i,
            `${name} ${args}: ${stdout}`
          )
        }),
      { discard: true }
    )
  )

  it("has examples of every command", () => {
    assert.strictEqual(Object.keys(examples).length, subcommands.length)
  })
})

describe("the completions", () => {
  onFake(
    "of bash have the commands, and the options of each after a hyphen",
    Effect.gen(function*() {
      const { code, stdout } = yield* run("--completions", "bash")
      assert.strictEqual(code, 0)
      const script = `${stdout}
COMP_WORDS=(ploop-maintenance backup --in); COMP_CWORD=2; _ploop_maintenance; echo "\${COMPREPLY[@]}"
COMP_WORDS=(ploop-maintenance back); COMP_CWORD=1; _ploop_maintenance; echo "\${COMPREPLY[@]}"`
      assert.strictEqual(
        spawnSync("bash", { input: script, encoding: "utf8" }).stdout,
        "--in --incremental\nbackup backups backup-retention\n"
      )
    })
  )
})

describe("a variable that breaks its rule", () => {
  it.effect("ends the command with 2, and is named with its value and the rule", () =>
    Effect.gen(function*() {
      const stderr: Array<string> = []
      const exit = yield* Effect.exit(onHost(["node", "ploop-maintenance", "usage", "/vz/101"])).pipe(
        Effect.withConfigProvider(
          ConfigProvider.fromMap(new Map([["PLOOP_QUERY_LIMIT", "soon"]]), { pathDelim: "_" })
        ),
        Effect.withConsole({ ...yield* Effect.console, error: (text) => Effect.sync(() => void stderr.push(text)) })
      )
      assert.strictEqual(codeOf(130)(exit), 2)
      assert.deepStrictEqual(stderr, [
        "ploop-maintenance: PLOOP_QUERY_LIMIT is soon, but it must be a duration with its unit, as in 30 seconds"
      ])
    }))
})
