import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { answered } from "./arguments.js"
import * as compare from "./compare.js"
import * as diff from "./diff.js"
import * as doctor from "./doctor.js"
import { Ended } from "./exit.js"
import * as kill from "./kill.js"
import * as list from "./list.js"
import { program, summary } from "./pages.js"
import * as replay from "./replay.js"
import * as run from "./run.js"
import * as version from "./version.js"

const command = Command.make(program).pipe(
  Command.withDescription(summary),
  Command.withSubcommands([
    run.command,
    replay.command,
    diff.command,
    list.command,
    compare.command,
    kill.command,
    doctor.command
  ])
)

const parse = Command.run(command, { name: program, version: version.command })

/** The exit code of a shell for a program that Ctrl-C ended. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause)
        ? 130
        : Option.match(Cause.failureOption(cause), {
          onNone: () => 70,
          onSome: (error) => error instanceof Ended ? error.code : 2
        })
  })

const escapes = new RegExp("\u001b\\[[0-9;]*m", "g")

/** @effect/cli finds no subcommand in its completions for bash when the name of the program has a hyphen. */
const withSubcommands = (text: string): string => text.replaceAll(`${program.replaceAll("-", "__")},`, `${program},`)

/** The help has styles for terminals; elsewhere it must be plain. */
const withPlainConsole = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.consoleWith((console) => {
    const plain = (values: ReadonlyArray<unknown>) =>
      values.map((value) => typeof value === "string" ? withSubcommands(value.replace(escapes, "")) : value)
    return Effect.withConsole(effect, {
      ...console,
      log: (...values) => console.log(...plain(values)),
      error: (...values) => console.error(...plain(values))
    })
  })

const whereItIsPlain = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.flatMap(Terminal.Terminal, (terminal) => terminal.isTTY),
    (isTerminal) => isTerminal ? effect : withPlainConsole(effect)
  )

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (argv: ReadonlyArray<string>): Effect.Effect<void, unknown, NodeContext.NodeContext> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const columns = (yield* terminal.isTTY) ? yield* terminal.columns : 0
    if (yield* answered(argv, Math.min(columns > 0 ? columns : 80, 100))) return
    yield* parse(argv)
  }).pipe(
    Effect.tapErrorCause((cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)),
        onSome: (error) =>
          ValidationError.isValidationError(error) || error.message === ""
            ? Effect.void
            : Console.error(`${program}: ${error.message}`)
      })
    ),
    // The tool's output belongs in the report of a failed case.
    Logger.withMinimumLogLevel(LogLevel.Error),
    whereItIsPlain
  )
