import { codeOf } from "@effect-ploop/command-line/Ended"
import * as Launch from "@effect-ploop/command-line/Launch"
import { ByteSize } from "@effect-ploop/core"
import { HostSpace } from "@effect-ploop/maintenance"
import { Terminal } from "@effect/platform"
import { Effect } from "effect"
import { main } from "../src/internal/cli/main.js"

const terminal = Terminal.Terminal.of({
  columns: Effect.succeed(80),
  rows: Effect.succeed(25),
  isTTY: Effect.succeed(false),
  readInput: Effect.die("no input is expected"),
  readLine: Effect.die("no input is expected"),
  display: () => Effect.void
})

/** The exit code of the command, and its output. */
export const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const stdout: Array<string> = []
    const stderr: Array<string> = []
    const write = (lines: Array<string>) => (...words: ReadonlyArray<unknown>) =>
      void lines.push(`${words.join(" ")}\n`)
    const console = yield* Effect.console
    const exit = yield* Effect.exit(
      main(["node", "ploop-maintenance", ...args]).pipe(
        Effect.provideService(Terminal.Terminal, terminal),
        Effect.provideService(HostSpace.HostSpace, {
          of: () => Effect.succeed({ size: ByteSize.GiB(100), free: ByteSize.GiB(5) })
        }),
        Effect.withConsole({
          ...console,
          log: (...words) => Effect.sync(() => write(stdout)(...words)),
          error: (...words) => Effect.sync(() => write(stderr)(...words)),
          // What is logged is written at once.
          unsafe: { ...console.unsafe, log: write(stdout), error: write(stderr) }
        }),
        Effect.provide(Launch.loggingLines("ploop-maintenance"))
      )
    )
    return { code: codeOf(130)(exit), stdout: stdout.join(""), stderr: stderr.join("") }
  })
