/**
 * Tapes: every run of the tool, and every read of the host, in a file.
 *
 * What is recorded on a host can be replayed anywhere, without the tool, so that
 * an operator's surprise becomes a test. A tape is text, one JSON value a line;
 * it holds what the tool printed and the descriptors that were read, and nothing
 * of the environment.
 *
 * @since 0.1.0
 */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type PlatformError, SystemError, SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { CurrentHostFiles } from "./internal/currentHostFiles.js"
import { withoutPrefix } from "./internal/process/command.js"
import * as runs from "./internal/recording/runs.js"
import * as tapedFiles from "./internal/tapedFiles.js"

/**
 * A run of the tool: what was run, what it printed (text, or base64 where it was
 * no UTF-8; the beginning only, when it is `truncated`), how it ended, and how
 * long it took, in milliseconds. A run has an exit code or a signal, also when it
 * was interrupted; one that could not be started has the reason.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Run: typeof runs.Run = runs.Run

/**
 * @since 0.1.0
 * @category models
 */
export type Run = typeof Run.Type

/**
 * A read of the host: of the content of a file, or of its next bytes when it was
 * opened, at what a path really is, at whether it is there, at what kind
 * of thing it is; or what the backend itself made, removed or locked there.
 * Without a value it failed, for the reason that is given.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Look = Schema.TaggedStruct("Look", {
  method: Schema.Literal("readFile", "open", "readAlloc", "exists", "stat", ...tapedFiles.methods),
  path: Schema.String,
  value: Schema.optional(runs.Output),
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

const decodeLine = Schema.decode(Line)

/**
 * Reads a tape from its text. Half a last line, which a recording leaves whose
 * process was killed, is left out.
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (text: string): Effect.Effect<Tape, ParseResult.ParseError> => {
  const lines = text.split("\n")
  const last = lines.pop()?.trim() ?? ""
  return Effect.zipWith(
    Effect.forEach(lines.filter((line) => line.trim() !== ""), (line) => decodeLine(line)),
    last === "" ? Effect.succeed([]) : Effect.orElseSucceed(Effect.map(decodeLine(last), (entry) => [entry]), () => []),
    (entries, rest) => [...entries, ...rest]
  )
}

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

/**
 * @since 0.1.0
 * @category models
 */
export interface RecordOptions {
  /** How much of each output is recorded, in bytes; 16 MiB unless given. */
  readonly maxOutput?: number | undefined
}

/**
 * Writes every run and every look of what is built on it to the end of a file,
 * each as soon as it has ended.
 *
 * @since 0.1.0
 * @category layers
 */
export const record = (
  path: string,
  options?: RecordOptions
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

    const look = <A, R>(
      method: Look["method"],
      path: string,
      effect: Effect.Effect<A, PlatformError, R>,
      value: (result: A) => typeof runs.Output.Type
    ): Effect.Effect<A, PlatformError, R> =>
      Effect.tapBoth(effect, {
        onSuccess: (result) => append({ _tag: "Look", method, path, value: value(result) }),
        onFailure: (error) =>
          append({ _tag: "Look", method, path, reason: error._tag === "SystemError" ? error.reason : "Unknown" })
      })

    const opened = (path: string, file: FileSystem.File): FileSystem.File =>
      Object.assign<FileSystem.File, Partial<FileSystem.File>>(Object.create(file), {
        readAlloc: (size) =>
          look("readAlloc", path, file.readAlloc(size), Option.match({ onNone: () => "", onSome: runs.encodeOutput }))
      })

    const files: FileSystem.FileSystem = {
      ...fs,
      readFile: (path) => look("readFile", path, fs.readFile(path), runs.encodeOutput),
      readFileString: (path, encoding) => look("readFile", path, fs.readFileString(path, encoding), (text) => text),
      open: (path, options) =>
        (options?.flag ?? "r") === "r"
          ? Effect.map(look("open", path, fs.open(path, options), () => ""), (file) => opened(path, file))
          : fs.open(path, options),
      realPath: (path) => look("realPath", path, fs.realPath(path), (real) => real),
      exists: (path) => look("exists", path, fs.exists(path), String),
      stat: (path) => look("stat", path, fs.stat(path), (info) => info.type)
    }

    const hostFiles = tapedFiles.record(
      yield* CurrentHostFiles,
      (method, path, effect, encode) => look(method, path, effect, (value) => runs.encodeOutput(encode(value)))
    )

    return Context.make(
      CommandExecutor.CommandExecutor,
      runs.record(executor, options?.maxOutput ?? runs.maxOutput, append)
    ).pipe(
      Context.add(FileSystem.FileSystem, files),
      Context.add(CurrentHostFiles, hostFiles)
    )
  }))

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayOptions {
  /** Which recorded run stands for a run. Default: the one with the same arguments. */
  readonly match?: ((recorded: ReadonlyArray<string>, asked: ReadonlyArray<string>) => boolean) | undefined
}

const notFound = (method: string, path: string, reason: SystemErrorReason) =>
  new SystemError({ reason, module: "FileSystem", method, pathOrDescriptor: path })

/** An answer to `stat` of which only the type was recorded, because nothing else is asked for. */
const infoOf = (type: string): FileSystem.File.Info => {
  const info: Pick<FileSystem.File.Info, "type"> = { type: type as FileSystem.File.Type }
  return info as FileSystem.File.Info
}

/**
 * Replays a tape, and touches nothing. A run that is not on the tape fails,
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
  Layer.syncContext(() => {
    const looks = tape.filter((entry) => entry._tag === "Look")
    const find = (method: Look["method"], path: string): Look | undefined => {
      const isOne = (look: Look) => look.method === method && look.path === path
      const index = looks.findIndex(isOne)
      const found = looks[index]
      const again = looks.some((look, at) => at > index && isOne(look))
      if (again) looks.splice(index, 1)
      return found
    }
    const look = <A>(method: Look["method"], path: string, value: (output: typeof runs.Output.Type) => A) =>
      Effect.suspend(() => {
        const found = find(method, path)
        return found?.value === undefined
          ? Effect.fail(notFound(method, path, found?.reason ?? "NotFound"))
          : Effect.succeed(value(found.value))
      })
    const text = (output: typeof runs.Output.Type): string => new TextDecoder().decode(runs.decodeOutput(output))
    const files = FileSystem.makeNoop({
      readFile: (path) => look("readFile", path, runs.decodeOutput),
      readFileString: (path) => look("readFile", path, text),
      open: (path) =>
        look("open", path, () => {
          const file: Pick<FileSystem.File, "readAlloc"> = {
            readAlloc: () =>
              look("readAlloc", path, (output) =>
                Option.filter(Option.some(runs.decodeOutput(output)), (bytes) => bytes.length > 0))
          }
          // Nothing else is asked of an open file.
          return file as FileSystem.File
        }),
      realPath: (path) => look("realPath", path, text),
      exists: (path) => look("exists", path, (output) => output === "true"),
      stat: (path) => look("stat", path, (output) => infoOf(text(output)))
    })
    const hostFiles = tapedFiles.replay((method, path, decode) =>
      look(method, path, (output) => decode(runs.decodeOutput(output)))
    )
    return Context.make(FileSystem.FileSystem, files).pipe(Context.add(CurrentHostFiles, hostFiles))
  }).pipe(
    Layer.merge(Layer.sync(CommandExecutor.CommandExecutor, () => {
      const match = options?.match ?? runs.sameArguments
      const left = tape.filter((entry) => entry._tag === "Run")
      return CommandExecutor.makeExecutor((command) =>
        Effect.suspend(() => {
          const asked = withoutPrefix(command)
          const index = left.findIndex((run) => match(run.argv, asked))
          const run = left[index]
          if (run === undefined) {
            const next = left[0] === undefined ? "nothing more" : JSON.stringify(left[0].argv)
            return Effect.fail(
              new SystemError({
                reason: "Unknown",
                module: "Command",
                method: "spawn",
                description: `the tape has no run of ${JSON.stringify(asked)}; next it has ${next}`
              })
            )
          }
          left.splice(index, 1)
          return runs.replay(run)
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
