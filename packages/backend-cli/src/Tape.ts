/**
 * Tapes: every run of the tool, and every look at the host, in a file.
 *
 * What is recorded on a host can be replayed anywhere, without the tool, so that
 * an operator's surprise becomes a test. A tape is text, one JSON value a line;
 * it holds what the tool printed and the descriptors that were read, and nothing
 * of the environment.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type PlatformError, SystemError, SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { deathBySignal, withoutEnvironment } from "./internal/process.js"

const Output = Schema.Union(Schema.String, Schema.Struct({ base64: Schema.String }))

/**
 * A run of the tool: what was run, what it printed (text, or base64 where it was
 * no UTF-8), how it ended, and how long it took, in milliseconds. A run has an
 * exit code, a signal, or neither when it was interrupted; one that could not be
 * started has the reason.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Run = Schema.TaggedStruct("Run", {
  argv: Schema.Array(Schema.String),
  stdout: Output,
  stderr: Output,
  exitCode: Schema.optional(Schema.Int),
  signal: Schema.optional(Schema.String),
  notStarted: Schema.optional(Schema.Struct({ reason: SystemErrorReason, description: Schema.String })),
  duration: Schema.Finite
})

/**
 * @since 0.1.0
 * @category models
 */
export type Run = typeof Run.Type

/**
 * A look at the host: at the content of a file, at what a path really is, at
 * whether it is there, at what kind of thing it is. Without a value it failed,
 * for the reason that is given.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Look = Schema.TaggedStruct("Look", {
  method: Schema.Literal("readFile", "realPath", "exists", "stat"),
  path: Schema.String,
  value: Schema.optional(Output),
  reason: Schema.optional(SystemErrorReason)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Look = typeof Look.Type

/**
 * @since 0.1.0
 * @category schemas
 */
export const Entry = Schema.Union(Run, Look)

/**
 * @since 0.1.0
 * @category models
 */
export type Entry = typeof Entry.Type

/**
 * The entries in the order in which they ended.
 *
 * @since 0.1.0
 * @category models
 */
export type Tape = ReadonlyArray<Entry>

const Line = Schema.parseJson(Entry)

const formatEntry = Schema.encodeSync(Line)

/**
 * Reads a tape from its text.
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (text: string): Effect.Effect<Tape, ParseResult.ParseError> =>
  Effect.forEach(text.split("\n").filter((line) => line.trim() !== ""), (line) => Schema.decode(Line)(line))

/**
 * The text of a tape.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (tape: Tape): string => tape.map((entry) => `${formatEntry(entry)}\n`).join("")

/**
 * Reads a tape from a file.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (
  path: string
): Effect.Effect<Tape, PlatformError | ParseResult.ParseError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.readFileString(path), parse))

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const encodeOutput = (bytes: Uint8Array): typeof Output.Type => {
  const text = new TextDecoder().decode(bytes)
  // A replacement character that was not printed means that something was lost.
  return same(new TextEncoder().encode(text), bytes) ? text : { base64: Encoding.encodeBase64(bytes) }
}

const decodeOutput = (output: typeof Output.Type): Uint8Array =>
  typeof output === "string"
    ? new TextEncoder().encode(output)
    : Encoding.decodeBase64(output.base64).pipe(Option.getRight, Option.getOrElse(() => new Uint8Array()))

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

type Ending = Pick<Run, "exitCode" | "signal" | "notStarted">

const recordedProcess = (
  process: CommandExecutor.Process,
  tap: {
    readonly stdout: (chunk: Uint8Array) => void
    readonly stderr: (chunk: Uint8Array) => void
    readonly end: (ending: Ending) => void
  }
): CommandExecutor.Process =>
  Object.assign(Object.create(process), {
    stdout: Stream.tap(process.stdout, (chunk) => Effect.sync(() => tap.stdout(chunk))),
    stderr: Stream.tap(process.stderr, (chunk) => Effect.sync(() => tap.stderr(chunk))),
    exitCode: Effect.tapBoth(process.exitCode, {
      onSuccess: (exitCode) => Effect.sync(() => tap.end({ exitCode })),
      onFailure: (error) => Effect.sync(() => tap.end({ signal: deathBySignal.parse(error) }))
    })
  })

const argvOf = (command: Command.Command): ReadonlyArray<string> =>
  Command.flatten(command).flatMap((part) => withoutEnvironment([part.command, ...part.args]))

/**
 * Writes every run and every look of what is built on it to the end of a file,
 * each as soon as it has ended.
 *
 * @since 0.1.0
 * @category layers
 */
export const record = (
  path: string
): Layer.Layer<
  CommandExecutor.CommandExecutor | FileSystem.FileSystem,
  PlatformError,
  CommandExecutor.CommandExecutor | FileSystem.FileSystem
> =>
  Layer.scopedContext(Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "a" })
    const lock = yield* Effect.makeSemaphore(1)
    const append = (entry: Entry) =>
      lock.withPermits(1)(file.writeAll(new TextEncoder().encode(`${formatEntry(entry)}\n`))).pipe(
        // A tape that cannot be written must not make the operation fail that it listens to.
        Effect.catchAll((error) => Effect.logWarning("a run could not be written to the tape", error))
      )

    const start = (command: Command.Command) =>
      Effect.gen(function*() {
        const begin = yield* Clock.currentTimeMillis
        const stdout: Array<Uint8Array> = []
        const stderr: Array<Uint8Array> = []
        let ending: Ending = {}
        const write = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          append({
            _tag: "Run",
            argv: argvOf(command),
            stdout: encodeOutput(concat(stdout)),
            stderr: encodeOutput(concat(stderr)),
            duration: now - begin,
            ...ending
          }))
        yield* Effect.addFinalizer(() => write)
        const process = yield* Effect.tapError(executor.start(command), (error) =>
          Effect.sync(() => {
            ending = {
              notStarted: {
                reason: error._tag === "SystemError" ? error.reason : "Unknown",
                description: error.message
              }
            }
          }))
        return recordedProcess(process, {
          stdout: (chunk) => void stdout.push(chunk),
          stderr: (chunk) => void stderr.push(chunk),
          end: (how) => {
            ending = how
          }
        })
      })

    const look = <A>(
      method: Look["method"],
      path: string,
      effect: Effect.Effect<A, PlatformError>,
      value: (result: A) => typeof Output.Type
    ): Effect.Effect<A, PlatformError> =>
      Effect.tapBoth(effect, {
        onSuccess: (result) => append({ _tag: "Look", method, path, value: value(result) }),
        onFailure: (error) =>
          append({ _tag: "Look", method, path, reason: error._tag === "SystemError" ? error.reason : "Unknown" })
      })

    const files: FileSystem.FileSystem = {
      ...fs,
      readFile: (path) => look("readFile", path, fs.readFile(path), encodeOutput),
      readFileString: (path, encoding) => look("readFile", path, fs.readFileString(path, encoding), (text) => text),
      realPath: (path) => look("realPath", path, fs.realPath(path), (real) => real),
      exists: (path) => look("exists", path, fs.exists(path), String),
      stat: (path) => look("stat", path, fs.stat(path), (info) => info.type)
    }

    return Context.make(CommandExecutor.CommandExecutor, CommandExecutor.makeExecutor(start)).pipe(
      Context.add(FileSystem.FileSystem, files)
    )
  }))

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayOptions {
  /** Which recorded run answers for which; the one with the same arguments unless given. */
  readonly match?: ((recorded: ReadonlyArray<string>, asked: ReadonlyArray<string>) => boolean) | undefined
}

const sameArguments = (recorded: ReadonlyArray<string>, asked: ReadonlyArray<string>): boolean =>
  recorded.length === asked.length && recorded.every((word, index) => word === asked[index])

const replayedProcess = (run: Run): CommandExecutor.Process => {
  const ended: Effect.Effect<CommandExecutor.ExitCode, PlatformError> = run.exitCode !== undefined
    ? Effect.succeed(CommandExecutor.ExitCode(run.exitCode))
    : run.signal !== undefined
    ? Effect.fail(
      new SystemError({
        reason: "Unknown",
        module: "Command",
        method: "exitCode",
        description: deathBySignal.print(run.signal)
      })
    )
    : Effect.never
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

const notFound = (method: string, path: string, reason: SystemErrorReason) =>
  new SystemError({ reason, module: "FileSystem", method, pathOrDescriptor: path })

/** An answer to `stat` of which only the type was recorded, because nothing else is asked for. */
const infoOf = (type: string): FileSystem.File.Info => {
  const info: Pick<FileSystem.File.Info, "type"> = { type: type as FileSystem.File.Type }
  return info as FileSystem.File.Info
}

/**
 * Answers from a tape, and touches nothing. A run that is not on the tape fails,
 * and names what was asked and what the tape would have next. A look that comes
 * more often than it was recorded gets its last answer again.
 *
 * @since 0.1.0
 * @category layers
 */
export const replay = (
  tape: Tape,
  options?: ReplayOptions
): Layer.Layer<CommandExecutor.CommandExecutor | FileSystem.FileSystem> =>
  Layer.sync(FileSystem.FileSystem, () => {
    const looks = tape.filter((entry) => entry._tag === "Look")
    const find = (method: Look["method"], path: string): Look | undefined => {
      const index = looks.findIndex((look) => look.method === method && look.path === path)
      const found = looks[index]
      const again = looks.some((look, at) => at > index && look.method === method && look.path === path)
      if (again) looks.splice(index, 1)
      return found
    }
    const look = <A>(method: Look["method"], path: string, value: (output: typeof Output.Type) => A) =>
      Effect.suspend(() => {
        const found = find(method, path)
        return found?.value === undefined
          ? Effect.fail(notFound(method, path, found?.reason ?? "NotFound"))
          : Effect.succeed(value(found.value))
      })
    const text = (output: typeof Output.Type): string => new TextDecoder().decode(decodeOutput(output))
    return FileSystem.makeNoop({
      readFile: (path) => look("readFile", path, decodeOutput),
      readFileString: (path) => look("readFile", path, text),
      realPath: (path) => look("realPath", path, text),
      exists: (path) => look("exists", path, (output) => output === "true"),
      stat: (path) => look("stat", path, (output) => infoOf(text(output)))
    })
  }).pipe(
    Layer.merge(Layer.sync(CommandExecutor.CommandExecutor, () => {
      const match = options?.match ?? sameArguments
      const runs = tape.filter((entry) => entry._tag === "Run")
      return CommandExecutor.makeExecutor((command) =>
        Effect.suspend(() => {
          const asked = argvOf(command)
          const index = runs.findIndex((run) => match(run.argv, asked))
          const run = runs[index]
          if (run === undefined) {
            const next = runs[0] === undefined ? "nothing more" : JSON.stringify(runs[0].argv)
            return Effect.fail(
              new SystemError({
                reason: "Unknown",
                module: "Command",
                method: "spawn",
                description: `the tape has no run of ${JSON.stringify(asked)}; next it has ${next}`
              })
            )
          }
          runs.splice(index, 1)
          return run.notStarted === undefined
            ? Effect.succeed(replayedProcess(run))
            : Effect.fail(
              new SystemError({
                reason: run.notStarted.reason,
                module: "Command",
                method: "spawn",
                description: run.notStarted.description
              })
            )
        })
      )
    }))
  )

/**
 * {@link replay} of a tape in a file.
 *
 * @since 0.1.0
 * @category layers
 */
export const replayFile = (
  path: string,
  options?: ReplayOptions
): Layer.Layer<
  CommandExecutor.CommandExecutor | FileSystem.FileSystem,
  PlatformError | ParseResult.ParseError,
  FileSystem.FileSystem
> => Layer.unwrapEffect(Effect.map(read(path), (tape) => replay(tape, options)))
