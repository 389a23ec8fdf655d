import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type PlatformError, SystemError, SystemErrorReason } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { areUint8ArraysEqual, concatUint8Arrays } from "uint8array-extras"
import { withoutPrefix } from "../process/command.js"
import { deathBySignal, errnoOf, textOf } from "../process/failures.js"
import { deflate, inflate, type Rename } from "./values.js"

export const Output = Schema.Union(
  Schema.String,
  Schema.Struct({ base64: Schema.String }),
  Schema.Struct({ deflated: Schema.String })
)

const NotStarted = Schema.Struct({
  reason: SystemErrorReason,
  description: Schema.String,
  code: Schema.optional(Schema.String)
})

export const Run = Schema.TaggedStruct("Run", {
  argv: Schema.Array(Schema.String),
  stdout: Output,
  stderr: Output,
  exitCode: Schema.optional(Schema.Int),
  signal: Schema.optional(Schema.String),
  notStarted: Schema.optional(NotStarted),
  truncated: Schema.optional(Schema.Boolean),
  duration: Schema.Finite
})

export type Run = typeof Run.Type

export const encodeOutput = (bytes: Uint8Array): typeof Output.Type => {
  const text = new TextDecoder().decode(bytes)
  // A replacement character that was not printed means that something was lost.
  return areUint8ArraysEqual(new TextEncoder().encode(text), bytes) ? text : { base64: Encoding.encodeBase64(bytes) }
}

export const decodeOutput = (output: typeof Output.Type): Uint8Array =>
  typeof output === "string"
    ? new TextEncoder().encode(output)
    : "deflated" in output
    ? inflate(output.deflated)
    : Encoding.decodeBase64(output.base64).pipe(Option.getRight, Option.getOrElse(() => new Uint8Array()))

/** The output as a recording has it: names replaced in a text, and other bytes compressed. */
export const compact = (output: typeof Output.Type, rename: Rename): typeof Output.Type =>
  typeof output === "string" && !output.includes("\0") ? rename(output) : { deflated: deflate(decodeOutput(output)) }

/** Keeps the beginning of what passes. */
class Recording {
  truncated = false
  private readonly pieces: Array<Uint8Array> = []
  private left: number

  constructor(limit: number) {
    this.left = limit
  }

  output(): typeof Output.Type {
    return encodeOutput(concatUint8Arrays(this.pieces))
  }

  tap<E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> {
    return Stream.mapChunks(stream, (pieces) => {
      for (const piece of pieces) this.add(piece)
      return pieces
    })
  }

  private add(piece: Uint8Array): void {
    if (piece.length > this.left) this.truncated = true
    if (this.left > 0) this.pieces.push(piece.subarray(0, this.left))
    this.left = Math.max(0, this.left - piece.length)
  }
}

type Ending = Pick<Run, "exitCode" | "signal" | "notStarted">

const endingOf = (exit: Exit.Exit<number, PlatformError>): Ending =>
  Exit.match(exit, {
    onSuccess: (exitCode) => ({ exitCode }),
    onFailure: (cause) => ({ signal: deathBySignal.parse(Cause.squash(cause)) })
  })

const notStarted = (thrown: unknown): Ending => ({
  notStarted: {
    reason: Predicate.isTagged(thrown, "SystemError") ? (thrown as SystemError).reason : "Unknown",
    description: textOf(thrown),
    code: errnoOf(thrown)
  }
})

/** The most that is kept of each output, in bytes, unless something else is wanted. */
export const maxOutput = 16 * 1024 * 1024

/** Passes each run on when it has ended, also one that was interrupted or could not be started. */
export const record = (
  executor: CommandExecutor.CommandExecutor,
  limit: number,
  append: (run: Run) => Effect.Effect<void>
): CommandExecutor.CommandExecutor => {
  const start = (command: Command.Command) =>
    Effect.uninterruptible(Effect.gen(function*() {
      const begin = yield* Clock.currentTimeMillis
      const stdout = new Recording(limit)
      const stderr = new Recording(limit)
      const started: { process?: CommandExecutor.Process } = {}
      const write = (ending: Ending) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          append({
            _tag: "Run",
            argv: withoutPrefix(command),
            stdout: stdout.output(),
            stderr: stderr.output(),
            ...ending,
            ...(stdout.truncated || stderr.truncated ? { truncated: true } : {}),
            duration: now - begin
          }))
      // Comes after the executor's own release: however the run was left, its process has ended by then.
      yield* Effect.addFinalizer(() =>
        started.process === undefined
          ? Effect.void
          : Effect.flatMap(Effect.exit(started.process.exitCode), (exit) => write(endingOf(exit)))
      )
      const process = yield* Effect.tapErrorCause(
        executor.start(command),
        (cause) => write(notStarted(Cause.squash(cause)))
      )
      started.process = process
      return Object.assign<CommandExecutor.Process, Partial<CommandExecutor.Process>>(Object.create(process), {
        stdout: stdout.tap(process.stdout),
        stderr: stderr.tap(process.stderr)
      })
    }))
  return CommandExecutor.makeExecutor(start)
}

const replayedProcess = (run: Run): CommandExecutor.Process => {
  const ended: Effect.Effect<CommandExecutor.ExitCode, PlatformError> = run.exitCode !== undefined
    ? Effect.succeed(CommandExecutor.ExitCode(run.exitCode))
    : Effect.fail(
      new SystemError({
        reason: "Unknown",
        module: "Command",
        method: "exitCode",
        description: run.signal === undefined
          ? "the tape does not say how this run ended"
          : deathBySignal.print(run.signal)
      })
    )
  const process: Partial<CommandExecutor.Process> = {
    [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
    pid: CommandExecutor.ProcessId(0),
    exitCode: ended,
    isRunning: Effect.succeed(false),
    kill: () => Effect.void,
    stdin: Sink.drain,
    stdout: Stream.make(decodeOutput(run.stdout)),
    stderr: Stream.make(decodeOutput(run.stderr))
  }
  // What is left out is for printing a process.
  return process as CommandExecutor.Process
}

/** What starting the process of a recorded run does again. */
export const replay = (run: Run): Effect.Effect<CommandExecutor.Process, PlatformError> =>
  run.notStarted === undefined
    ? Effect.succeed(replayedProcess(run))
    : Effect.fail(
      new SystemError({
        reason: run.notStarted.reason,
        module: "Command",
        method: "spawn",
        description: run.notStarted.description,
        cause: { code: run.notStarted.code }
      })
    )

const baseName = (path: string | undefined): string | undefined => path?.slice(path.lastIndexOf("/") + 1)

/** The tool itself may lie elsewhere than where it was recorded. */
export const sameArguments = (recorded: ReadonlyArray<string>, asked: ReadonlyArray<string>): boolean =>
  recorded.length === asked.length &&
  recorded.every((word, index) => word === asked[index] || (index === 0 && baseName(word) === baseName(asked[0])))
