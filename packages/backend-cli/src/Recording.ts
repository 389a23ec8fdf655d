/**
 * A recording of a piece of work: every process that it ran, and the result of
 * every request to the file system, also those of the caller. With it, the same
 * work runs again anywhere, without the tool and without root.
 *
 * A process is replayed for the same arguments, a request for the same method
 * and arguments, each in the order in which it was recorded; work that does things
 * at the same time may do them in another order. Random names, such as those
 * of temporary directories, are the same in every recording.
 *
 * A `Tape` differs: it holds what the backend read, and not what its caller did.
 *
 * @since 0.2.0
 */
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { CurrentHostFiles } from "./internal/currentHostFiles.js"
import { unseen } from "./internal/hostFiles.js"
import { nodeHostFiles } from "./internal/nodeHostFiles.js"
import { withoutPrefix } from "./internal/process/command.js"
import * as moments from "./internal/recording/moments.js"
import * as names from "./internal/recording/names.js"
import * as requests from "./internal/recording/requests.js"
import * as runs from "./internal/recording/runs.js"
import * as values from "./internal/recording/values.js"

/**
 * The result of a request to the file system: `request` has the method and its
 * arguments, a long one as its hash; `after` is the number of processes and changes
 * that had begun before; there is either a `value` or an `error`.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Request = Schema.TaggedStruct("Request", {
  request: Schema.String,
  after: Schema.Int,
  value: Schema.optional(values.Json),
  error: Schema.optional(values.Failure)
})

/**
 * @since 0.2.0
 * @category models
 */
export type Request = typeof Request.Type

/**
 * What was recorded, in the order in which it ended.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Recording = Schema.Array(Schema.Union(runs.Run, Request))

/**
 * @since 0.2.0
 * @category models
 */
export type Recording = typeof Recording.Type

/**
 * @since 0.2.0
 * @category models
 */
export interface RecordOptions {
  /** Other names that depend on the host, and what the recording has in place of each; none unless given. */
  readonly names?: ReadonlyArray<readonly [name: string, replacement: string]> | undefined
}

/**
 * The host of work that is recorded or replayed.
 *
 * @since 0.2.0
 * @category models
 */
export type Host = CommandExecutor.CommandExecutor | FileSystem.FileSystem

/**
 * A recorder: what the work is built on, and what was recorded so far.
 *
 * @since 0.2.0
 * @category models
 */
export interface Recorder {
  /** The host, recorded. */
  readonly layer: Layer.Layer<Host>
  /** What was recorded so far. */
  readonly recording: Effect.Effect<Recording>
}

/**
 * Starts a recording of what is built on the layer. The tool's names for mounts
 * that have nothing to do with ploop are left out.
 *
 * @since 0.2.0
 * @category constructors
 */
export const record = (options: RecordOptions = {}): Effect.Effect<Recorder, never, Host> =>
  Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const fs = yield* FileSystem.FileSystem
    const files = yield* CurrentHostFiles
    const rename = names.make(options.names ?? [])
    const events: Array<Recording[number]> = []
    const append = (event: Recording[number]) => Effect.sync(() => void events.push(event))
    let begun = 0

    const answer: requests.Answer = (method, args, effect) =>
      Effect.suspend(() => {
        const request = values.request(method, args, rename)
        const after = begun
        if (moments.isChange(method)) begun++
        return Effect.onExit(effect, (exit) =>
          Exit.match(exit, {
            onSuccess: (value) => append({ _tag: "Request", request, after, value: values.encode(value, rename) }),
            onFailure: (cause) =>
              Option.match(Cause.failureOption(cause), {
                onNone: () => Effect.void,
                onSome: (error) => append({ _tag: "Request", request, after, error: values.encodeError(error, rename) })
              })
          }))
      })

    const counted = CommandExecutor.makeExecutor((command) =>
      Effect.suspend(() => {
        begun++
        return executor.start(command)
      })
    )

    const appendRun = (run: runs.Run) =>
      append({
        ...run,
        argv: run.argv.map(rename),
        stdout: runs.compact(run.stdout, rename),
        stderr: runs.compact(run.stderr, rename)
      })

    const host = Context.make(CommandExecutor.CommandExecutor, runs.record(counted, runs.maxOutput, appendRun)).pipe(
      Context.add(FileSystem.FileSystem, requests.fileSystem(answer, fs)),
      Context.add(CurrentHostFiles, requests.hostFiles(answer, files))
    )
    return { layer: Layer.succeedContext(host), recording: Effect.sync(() => [...events]) }
  })

/**
 * The work no longer fits the recording.
 *
 * - `operation`: the operation that differs; `none` for the caller's own requests
 * - `expected`: what the recording has
 * - `actual`: what the work asked for
 *
 * @since 0.2.0
 * @category errors
 */
export class Mismatch extends Data.TaggedError("Mismatch")<{
  readonly operation: string
  readonly expected: string
  readonly actual: string
}> {
  override get message(): string {
    return `${this.operation === "none" ? "the work" : this.operation} differs from the recording
  expected: ${this.expected}
  actual:   ${this.actual}`
  }
}

/**
 * A replay: what the work is built on, and where it differs from the recording.
 *
 * @since 0.2.0
 * @category models
 */
export interface Replay {
  /** The host, as it was recorded. It touches nothing. */
  readonly layer: Layer.Layer<Host>
  /** The first difference so far; none when the work did what was recorded. */
  readonly mismatch: Effect.Effect<Option.Option<Mismatch>>
  /** The first recorded process that the work did not run, for when the work has ended. */
  readonly unused: Effect.Effect<Option.Option<Mismatch>>
}

/** The operation around the current fiber, by its span. */
const currentOperation: Effect.Effect<string> = Effect.match(Effect.currentSpan, {
  onFailure: () => "none",
  onSuccess: (span) => {
    const name = span.attributes.get("ploop.operation")
    return Predicate.isString(name) ? name : "none"
  }
})

const commandLine = (argv: ReadonlyArray<string>): string =>
  argv.map((word) => /^[\w./=:,@%+-]+$/.test(word) ? word : JSON.stringify(word)).join(" ")

/**
 * Replays a recording, and touches nothing. A process that was not recorded fails,
 * and is a mismatch; so does a request. A request that comes more often at a moment
 * than it was recorded gets the last result of that moment again.
 *
 * @since 0.2.0
 * @category constructors
 */
export const replay = (recording: Recording): Effect.Effect<Replay> =>
  Effect.sync(() => {
    const mismatches: Array<Mismatch> = []
    const left = recording.filter((event) => event._tag === "Run")
    const results = Record.map(
      Arr.groupBy(recording.filter((event) => event._tag === "Request"), ({ request }) => request),
      (results) => new moments.Results(results)
    )
    let begun = 0

    const differ = (method: string, expected: string, actual: string) =>
      Effect.flatMap(currentOperation, (operation) => {
        const mismatch = new Mismatch({ operation, expected, actual })
        mismatches.push(mismatch)
        return Effect.fail(
          new SystemError({ reason: "Unknown", module: "Command", method, description: mismatch.message })
        )
      })

    const answer: requests.Answer = (method, args) =>
      Effect.suspend(() => {
        const request = values.request(method, args, (text) => text)
        const result = results[request]?.next(begun)
        if (moments.isChange(method)) begun++
        if (result === undefined) return differ(method, "no such request", request)
        return result.error === undefined
          // The value that was recorded is one of this method.
          ? Effect.succeed(values.decode(result.value ?? null) as never)
          : Effect.fail(values.decodeError(result.error))
      })

    const executor = CommandExecutor.makeExecutor((command) =>
      Effect.suspend(() => {
        const asked = withoutPrefix(command)
        const index = left.findIndex(({ argv }) => runs.sameArguments(argv, asked))
        const run = left[index]
        if (run === undefined) {
          return differ(
            "spawn",
            left[0] === undefined ? "no other process" : commandLine(left[0].argv),
            commandLine(asked)
          )
        }
        left.splice(index, 1)
        begun++
        return runs.replay(run)
      })
    )

    const host = Context.make(CommandExecutor.CommandExecutor, executor).pipe(
      Context.add(FileSystem.FileSystem, requests.fileSystem(answer, FileSystem.makeNoop({}))),
      Context.add(CurrentHostFiles, requests.hostFiles(answer, { ...nodeHostFiles, ...unseen }))
    )
    return {
      layer: Layer.succeedContext(host),
      mismatch: Effect.sync(() => Option.fromNullable(mismatches[0])),
      unused: Effect.sync(() =>
        Option.map(Option.fromNullable(left[0]), ({ argv }) =>
          new Mismatch({ operation: "none", expected: commandLine(argv), actual: "no other process" }))
      )
    }
  })
