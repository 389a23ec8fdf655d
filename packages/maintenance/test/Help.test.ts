import { PloopFake } from "@effect-ploop/backend-fake"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { examples } from "../src/internal/cli/examples.js"
import { subcommands } from "../src/internal/cli/main.js"
import { page } from "../src/internal/cli/man.js"
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
          assert.include(stdout, does)
        }
        assert.match(stdout, /EXIT CODES\n\n0\n[^]*\n130\n/)
      }), { discard: true })
  )

  onFake(
    "has examples whose arguments are accepted",
    Effect.forEach(
      // One that waits for minutes has the clock of a test.
      Object.entries(examples).flatMap(([name, all]) => all.map(({ args }) => ({ name, args })))
        .filter(({ args }) => !args.includes("--every")),
      ({ args, name }) =>
        Effect.gen(function*() {
          const words = Array.from(args.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!)
          // Neither a disk nor a file is there, which only a command whose arguments were accepted sees.
          const { code, stderr, stdout } = yield* run(name, ...words)
          assert.strictEqual(stdout.includes("--help"), false)
          assert.oneOf(code, [0, 1, 2], args)
          assert.match(
            stderr + stdout,
            /no such|NotFound|not exist|must name|it has no backup/i,
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

describe("the manual page", () => {
  it("is that of the command: npm run docs:man", () => {
    assert.strictEqual(readFileSync(new URL("../man/ploop-maintenance.8", import.meta.url), "utf8"), page())
  })
})
