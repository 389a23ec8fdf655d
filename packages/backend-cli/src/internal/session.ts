import * as Classification from "@effect-ploop/core/Classification"
import type { Generation } from "@effect-ploop/core/Generation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as SynchronizedRef from "effect/SynchronizedRef"
import * as args from "./arguments.js"
import type { About, Host } from "./host.js"
import type { Locks } from "./locks.js"
import * as parse from "./parse.js"
import type { Invocation, ProcessResult, Runner } from "./process.js"

export interface Call extends About {
  /** The descriptor that it is about, where the tool may fail without a word about it. */
  readonly descriptor?: string | undefined
  readonly args: args.Arguments
  readonly kind: Invocation["kind"]
}

export interface Session {
  readonly host: Host
  readonly verbosity: number
  readonly tool: string
  readonly runner: Runner
  readonly generation: Effect.Effect<Generation, PloopError.PloopError>
  /** Runs the tool; a failure is classified. */
  readonly execute: (call: Call) => Effect.Effect<ProcessResult, PloopError.PloopError>
  readonly classify: (outcome: Classification.Outcome) => PloopError.PloopError
  /** Runs the tool and reads its answer. */
  readonly ask: <A>(
    call: Call,
    read: (stdout: string) => Either.Either<A, parse.Unexpected>
  ) => Effect.Effect<A, PloopError.PloopError>
  /** The absolute path of the descriptor, and the only writer of it in this process. */
  readonly onDisk: <A, E, R>(
    about: About,
    disk: string,
    use: (path: string) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | PloopError.Unsupported, R>
  /** The same for a query, which waits for no one: not for a merge that takes an hour either. */
  readonly lookAt: <A, E, R>(
    about: About,
    disk: string,
    use: (path: string) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | PloopError.Unsupported, R>
  /** Keeps every other operation of this process away from the images in a directory. */
  readonly exclusive: (directory: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const context = (about: About, result?: ProcessResult) => ({
  operation: about.operation,
  subject: about.subject,
  text: result === undefined ? "" : [result.stderr, result.stdout].filter((text) => text !== "").join("\n"),
  exitCode: result?.exitCode,
  signal: result?.signal
})

export const outcome = (about: About, generation: Generation, result: ProcessResult): Classification.Outcome => ({
  ...about,
  generation,
  exitCode: result.exitCode,
  signal: result.signal,
  stdout: result.stdout,
  stderr: result.stderr
})

export const make = (options: {
  readonly host: Host
  readonly locks: Locks
  readonly runner: Runner
  readonly tool: string
  readonly verbosity: number
  readonly prepare: (generation: Generation) => Effect.Effect<void>
}): Effect.Effect<Session> =>
  Effect.gen(function*() {
    const { host, locks, runner } = options
    const known = yield* SynchronizedRef.make(Option.none<Generation>())

    const probe: Effect.Effect<Generation, PloopError.PloopError> = Effect.gen(function*() {
      const about = { operation: "tool", subject: options.tool } as const
      const result = yield* runner.run({ ...about, args: args.usage, kind: "query" })
      const generation = yield* Either.mapLeft(
        parse.generation(result.stderr),
        (unexpected) =>
          result.exitCode === 38 || result.exitCode === 0
            ? new PloopError.UnexpectedOutput({ ...context(about, result), ...unexpected })
            : Classification.classify({ ...about, ...result })
      )
      yield* Effect.logDebug(`ploop is of generation ${generation}`)
      yield* options.prepare(generation)
      return generation
    })

    const probeOnce = SynchronizedRef.modifyEffect(
      known,
      Option.match({
        onNone: () => Effect.map(probe, (found) => [found, Option.some(found)] as const),
        onSome: (found) => Effect.succeed([found, Option.some(found)] as const)
      })
    )

    const generation = Effect.flatMap(
      SynchronizedRef.get(known),
      Option.match({ onNone: () => probeOnce, onSome: Effect.succeed })
    )

    const execute: Session["execute"] = (call) =>
      Effect.gen(function*() {
        const found = yield* generation
        const result = yield* runner.run(call)
        const ended = outcome(call, found, result)
        if (result.exitCode !== 0) {
          // Generation 9 silences itself for queries, the reason of their failure included.
          const silent = call.descriptor !== undefined && result.stderr === "" && result.stdout === ""
          if (silent && !(yield* host.exists(call.descriptor))) {
            return yield* new PloopError.DiskNotFound(context(call, result))
          }
          return yield* Classification.classify(ended)
        }
        return yield* Option.match(Classification.hiddenFailure(ended), {
          onNone: () => Effect.succeed(result),
          onSome: (error) => Effect.fail(error)
        })
      })

    const exclusive: Session["exclusive"] = (directory) => (effect) =>
      Effect.flatMap(host.real(directory), (key) => locks.exclusive(key)(effect))

    const named = <A, E, R>(
      about: About,
      path: string,
      use: (path: string) => Effect.Effect<A, E, R>
    ): Effect.Effect<A, E | PloopError.Unsupported, R> =>
      // The first run of the tool reports a probe that fails, with its own error.
      Effect.option(generation).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.void,
          onSome: (generation) => Refusal.descriptorName(about, generation, path)
        })),
        Effect.zipRight(Effect.suspend(() => use(path)))
      )

    return {
      host,
      verbosity: options.verbosity,
      tool: options.tool,
      runner,
      generation,
      execute,
      classify: Classification.classify,
      exclusive,
      ask: (call, read) =>
        Effect.flatMap(execute(call), (result) =>
          Either.mapLeft(
            result.truncated
              ? Either.left({ line: result.stdout.slice(0, 200), expected: "a short answer" })
              : read(result.stdout),
            (unexpected) => new PloopError.UnexpectedOutput({ ...context(call, result), ...unexpected })
          )),
      lookAt: (about, disk, use) => named(about, host.absolute(disk), use),
      onDisk: (about, disk, use) =>
        Effect.suspend(() => {
          const path = host.absolute(disk)
          return exclusive(host.directory(path))(named(about, path, use))
        })
    }
  })

/** A run of the tool as a stream of its output, or fed by one, with the failure classified. */
export const classified = (about: About, generation: Generation) => (result: ProcessResult): PloopError.PloopError =>
  Classification.classify(outcome(about, generation, result))
