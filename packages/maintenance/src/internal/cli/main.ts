import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Terminal from "@effect/platform/Terminal"
import * as Array from "effect/Array"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import type { HostSpace } from "../../HostSpace.js"
import * as backups from "./backups.js"
import { footerOf } from "./examples.js"
import * as leftovers from "./leftovers.js"
import * as progress from "./progress.js"
import * as reclaim from "./reclaim.js"
import * as retention from "./retention.js"
import * as sets from "./sets.js"
import * as usage from "./usage.js"
import { version } from "./version.js"

/** What the command is for. */
export const description =
  "Plans and applies the maintenance of ploop disks. Without --apply, a command only shows its plan."

/** Every command, in the order of the help. */
export const subcommands = [
  leftovers.command,
  retention.command,
  reclaim.command,
  usage.command,
  ...backups.commands,
  sets.snapshot,
  sets.switchBack
] as const

/** The whole command. */
export const command = Command.make("ploop-maintenance").pipe(
  Command.withDescription(description),
  Command.withSubcommands(subcommands)
)

/** The help of a command ends with its own examples. */
const parse = (argv: ReadonlyArray<string>) =>
  Command.run(command, {
    name: "ploop-maintenance",
    version,
    footer: footerOf(argv.slice(2).find((word) => !word.startsWith("-")))
  })(argv)

const escapes = new RegExp("\u001b\\[[0-9;]*m", "g")

/** @effect/cli finds no subcommand in its completions for bash when the name of the program has a hyphen. */
const withSubcommands = (text: string): string => text.replaceAll("ploop__maintenance,", "ploop-maintenance,")

/** The help has styles for terminals; elsewhere it must be plain. */
const plain = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.consoleWith((console) => {
    const strip = (values: ReadonlyArray<unknown>) =>
      values.map((value) => typeof value === "string" ? withSubcommands(value.replace(escapes, "")) : value)
    return Effect.withConsole(effect, {
      ...console,
      log: (...values) => console.log(...strip(values)),
      error: (...values) => console.error(...strip(values))
    })
  })

const explain = (cause: Cause.Cause<unknown>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)),
    onSome: (error) =>
      ValidationError.isValidationError(error) || !(error instanceof Error) || error.message === ""
        ? Effect.void
        : Console.error(`ploop-maintenance: ${error.message}`)
  })

/** The standard output is for plans and archives alone, so what is logged goes to the other one. */
const logging = Logger.replace(
  Logger.defaultLogger,
  Logger.withConsoleError(
    Logger.make(({ message }) => `ploop-maintenance: ${Array.ensure(message).map(String).join(" ")}`)
  )
)

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (
  argv: ReadonlyArray<string>
): Effect.Effect<void, unknown, Ploop | FileSystem | Path | HostSpace | Terminal.Terminal> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const isTerminal = yield* terminal.isTTY
    const screen = isTerminal && !argv.includes("--json")
      ? { columns: yield* terminal.columns, write: (text: string) => Effect.ignore(terminal.display(text)) }
      : { columns: undefined, write: (text: string) => Console.error(text.trimEnd()) }
    const run = Progress.onProgress(
      Effect.tapErrorCause(parse(argv), (cause) => Effect.zipRight(progress.clear(screen), explain(cause))),
      progress.listener(screen)
    )
    yield* isTerminal ? run : plain(run)
  }).pipe(Effect.provide(logging))
