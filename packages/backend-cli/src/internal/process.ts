import type * as Operation from "@effect-ploop/core/Operation"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as passing from "./process/passing.js"
import * as Running from "./process/running.js"
import { CurrentSockets } from "./process/sockets.js"
import * as termination from "./process/termination.js"
import type { Invocation, ProcessConfig, ProcessResult, RunError, Runner, Wait } from "./process/types.js"

export type { Invocation, ProcessConfig, ProcessResult, RunError, Runner, Wait } from "./process/types.js"

/** Runs the effect with a permit of the kind, which is given back however the effect ends. */
type WithPermit = (
  kind: Operation.Kind,
  wait: Wait | undefined
) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * Queries have permits of their own: merges can take hours, and nobody waits that
 * long for an answer.
 */
const makePermits = (maxProcesses: number): Effect.Effect<WithPermit> =>
  Effect.map(
    Effect.all([Effect.makeSemaphore(maxProcesses), Effect.makeSemaphore(maxProcesses)]),
    ([queries, changes]): WithPermit => (kind, wait) => (effect) => {
      const permits = kind === "query" ? queries : changes
      return Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(
          (wait ?? restore)(permits.take(1)),
          () => Effect.ensuring(restore(effect), permits.release(1))
        )
      )
    }
  )

const run = (processes: Running.Processes, invocation: Invocation): Effect.Effect<ProcessResult, RunError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.scopedWith((scope) =>
      Effect.flatMap(
        Scope.extend(Running.start(processes, invocation, { stdin: "empty", stdout: "kept" }), scope),
        (running) =>
          Effect.onExit(
            restore(Running.settle(processes, running)),
            (exit) => Running.finish(processes, running, exit)
          )
      )
    )
  )

/**
 * A run takes a few milliseconds, most of them in the kernel. So that little is
 * added to them, what a run always does is done in few effects, and those
 * between the start and the exit rather than before or after.
 */
export const make = (config: ProcessConfig): Effect.Effect<Runner, never, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const withPermit = yield* makePermits(config.maxProcesses)
    const sockets = yield* CurrentSockets
    const processes: Running.Processes = { config, executor, sockets, terminator: termination.make(executor, config) }

    const startScoped = (invocation: Invocation, options: Running.Options) =>
      Effect.acquireRelease(
        Running.start(processes, invocation, options),
        (running, exit) => Running.finish(processes, running, exit)
      )

    const succeed = <E>(running: Running.Running, classify: (result: ProcessResult) => E) =>
      Effect.flatMap(
        Running.settle(processes, running),
        (result): Effect.Effect<void, E> => result.exitCode === 0 ? Effect.void : Effect.fail(classify(result))
      )

    // Only runs need a permit. They end by themselves, but the reader of a stream may have to run something to go on.
    return {
      run: (invocation, wait) => withPermit(invocation.kind, wait)(run(processes, invocation)),

      stream: (invocation, classify) =>
        startScoped(invocation, { stdin: "empty", stdout: "passed" }).pipe(
          Effect.map((running) => Stream.concat(passing.output(running), Stream.execute(succeed(running, classify)))),
          Stream.unwrapScoped
        ),

      dialogue: (invocation, wire, listener, classify) =>
        Effect.scoped(
          Effect.flatMap(
            startScoped(invocation, { stdin: "socket", stdout: "kept" }),
            (running) => Effect.zipRight(passing.both(running, wire, listener), succeed(running, classify))
          )
        ),

      sink: (invocation, classify) =>
        startScoped(invocation, { stdin: "fed", stdout: "kept" }).pipe(
          Effect.map((running) => passing.input(running, succeed(running, classify))),
          Sink.unwrapScoped
        )
    }
  })
