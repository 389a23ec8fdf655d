import * as Command from "@effect/platform/Command"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

export interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** How much of an output is read, in characters. A program that prints for ever then waits until it is ended. */
const longest = 1024 * 1024

const text = (output: Stream.Stream<Uint8Array, PlatformError>) =>
  Stream.runFoldWhile(Stream.decodeText(output), "", (text) => text.length < longest, (text, next) => text + next)

/** Runs a program without input. Fails if the program is missing; any exit code is a result. */
export const run = (
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Ended, PlatformError, CommandExecutor> =>
  Command.make(program, ...args).pipe(
    Command.env({ LC_ALL: "C" }),
    Command.stdin(Stream.empty),
    Command.start,
    Effect.flatMap((process) =>
      Effect.all({ exitCode: process.exitCode, stdout: text(process.stdout), stderr: text(process.stderr) }, {
        concurrency: "unbounded"
      })
    ),
    Effect.scoped
  )

/** The same; none when the program cannot be run, or a signal ends it. */
export const attempt = (
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<Option.Option<Ended>, never, CommandExecutor> => Effect.option(run(program, ...args))

export const succeeds = (
  program: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<boolean, never, CommandExecutor> =>
  Effect.map(attempt(program, ...args), Option.exists((ended) => ended.exitCode === 0))
