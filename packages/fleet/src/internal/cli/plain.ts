import * as ValidationError from "@effect/cli/ValidationError"
import * as Terminal from "@effect/platform/Terminal"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const escapes = new RegExp("\u001b\\[[0-9;]*m", "g")

/** The help has styles for terminals; elsewhere it must be plain. */
const withoutStyles = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.consoleWith((console) => {
    const strip = (values: ReadonlyArray<unknown>) =>
      values.map((value) => typeof value === "string" ? value.replace(escapes, "") : value)
    return Effect.withConsole(effect, {
      ...console,
      log: (...values) => console.log(...strip(values)),
      error: (...values) => console.error(...strip(values))
    })
  })

const explain = (name: string) => (cause: Cause.Cause<unknown>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)),
    onSome: (error) =>
      ValidationError.isValidationError(error) || !(error instanceof Error) || error.message === ""
        ? Effect.void
        : Console.error(`${name}: ${error.message}`)
  })

/** Runs a command line; prints the error that it ends with. */
export const run = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const isTerminal = yield* Effect.flatMap(Terminal.Terminal, (terminal) => terminal.isTTY)
    const explained = Effect.tapErrorCause(effect, explain(name))
    return yield* isTerminal ? explained : withoutStyles(explained)
  })
