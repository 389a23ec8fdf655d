import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Book } from "../Book.js"
import type { Ended } from "../Ended.js"
import * as completions from "./completions.js"
import * as help from "./help.js"
import * as words from "./words.js"

const escapes = new RegExp("\u001b\\[[0-9;]*m", "g")

type Change = (text: string) => string

const same: Change = (text) => text

/** Runs an effect whose texts are changed before they are printed. */
const printing = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  { error = same, log = same }: { readonly log?: Change; readonly error?: Change }
): Effect.Effect<A, E, R> =>
  Effect.consoleWith((console) => {
    const changed = (values: ReadonlyArray<unknown>, change: Change) =>
      values.map((value) => typeof value === "string" ? change(value) : value)
    return Effect.withConsole(effect, {
      ...console,
      log: (...values) => console.log(...changed(values, log)),
      error: (...values) => console.error(...changed(values, error))
    })
  })

const plain: Change = (text) => text.replace(escapes, "")

/** How the platform writes a failed call: its own word, the call, the path, the code, the words and the path again. */
const failedCall =
  /\b[A-Z]\w+: FileSystem\.\w+ \((.*?)\): [A-Z][A-Z0-9]+: (.+?), \w+(?: '(?:\1|[^']*)'(?: -> '[^']*')?)?/g

/** The path and the words alone. */
const once: Change = (text) => text.replace(failedCall, "$1: $2")

/** The parser prints what is wrong without the name of the program; it is printed with it instead. */
const quietly = <Name extends string, R, E, A>(book: Book, command: Command.Command<Name, R, E, A>) =>
(
  argv: ReadonlyArray<string>
): Effect.Effect<void, E | ValidationError.ValidationError, R | CliApp.CliApp.Environment> =>
  Effect.consoleWith((console) => {
    const loud = Command.transformHandler(command, (handler) => Effect.withConsole(handler, console))
    return Effect.withConsole(Command.run(loud, { name: book.name, version: book.version })(argv), {
      ...console,
      error: () => Effect.void
    })
  })

const widthOf = Effect.gen(function*() {
  const terminal = yield* Terminal.Terminal
  const columns = (yield* terminal.isTTY) ? yield* terminal.columns : 0
  return Math.min(columns > 0 ? columns : 80, 100)
})

/** Runs the words of a command line: what is wrong with them, their help, or what they ask for. */
export const parsing = <Name extends string, R, E, A>(book: Book, command: Command.Command<Name, R, E, A>) =>
(
  argv: ReadonlyArray<string>
): Effect.Effect<void, E | Ended | ValidationError.ValidationError, R | CliApp.CliApp.Environment> =>
  Effect.gen(function*() {
    const asked = yield* words.read(book, argv.slice(2))
    if (asked.completions !== undefined) return yield* Console.log(completions.script(book, asked.completions))
    const isBare = asked.words.length === 0 && asked.page === undefined
    if (asked.help || isBare) return yield* Console.log(help.render(book, asked.page, yield* widthOf))
    yield* quietly(book, command)([...argv.slice(0, 2), ...asked.words])
  })

const textOf = (error: unknown): string => {
  if (ValidationError.isValidationError(error)) {
    return plain(HelpDoc.toAnsiText(error.error)).trim()
  }
  return error instanceof Error ? error.message : String(error)
}

const explain = (book: Book) => (cause: Cause.Cause<unknown>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)),
    onSome: (error) => {
      const text = textOf(error)
      return text === "" ? Effect.void : Console.error(`${book.name}: ${text}`)
    }
  })

/** Prints the error that an effect ends with. Without a terminal, what it prints has no colors. */
export const explained =
  (book: Book) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | CliApp.CliApp.Environment> =>
    Effect.gen(function*() {
      const isTerminal = yield* Effect.flatMap(Terminal.Terminal, (terminal) => terminal.isTTY)
      const told = Effect.tapErrorCause(effect, explain(book))
      return yield* printing(
        told,
        isTerminal ? { error: once } : { log: plain, error: (text) => once(plain(text)) }
      )
    })
