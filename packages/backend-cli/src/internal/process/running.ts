import * as PloopError from "@effect-ploop/core/PloopError"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import * as lease from "../lease.js"
import * as command from "./command.js"
import * as commands from "./commands.js"
import * as Drain from "./drain.js"
import * as failures from "./failures.js"
import * as Feed from "./feed.js"
import { interruptAll } from "./fibers.js"
import type { ProcessSocket, Sockets } from "./socketTypes.js"
import { isRunning, type Terminator } from "./termination.js"
import * as trace from "./trace.js"
import type { Invocation, ProcessConfig, ProcessResult, RunError } from "./types.js"
import * as Watch from "./watch.js"

export interface Running {
  readonly invocation: Invocation
  readonly process: CommandExecutor.Process
  readonly drains: ReadonlyArray<Drain.Drain>
  readonly feed: Feed.Feed | undefined
  readonly socket: ProcessSocket | undefined
  readonly watch: Watch.Watch | undefined
  readonly clock: Clock.Clock
  readonly started: bigint
  readonly span: Tracer.Span
  /** Set when the process has ended and nothing of it is left to wait for. */
  over: boolean
}

export interface Options {
  readonly stdin: "empty" | "fed" | "socket"
  readonly stdout: "kept" | "passed"
}

/** How processes of one configuration are started, concluded and ended. */
export interface Processes {
  readonly config: ProcessConfig
  readonly executor: CommandExecutor.CommandExecutor
  readonly sockets: Sockets
  readonly terminator: Terminator
}

interface Spawned {
  readonly process: CommandExecutor.Process
  readonly socket?: ProcessSocket
}

const started = (
  { config, executor, sockets }: Processes,
  { args }: Invocation,
  stdin: Options["stdin"]
): Effect.Effect<Spawned, PlatformError, Scope.Scope> =>
  stdin === "socket"
    ? Effect.map(sockets.start(command.make(config, args, "fed")), (process) => ({ process, socket: process.socket }))
    : Effect.map(executor.start(command.make(config, args, stdin)), (process) => ({ process }))

const spawn = (processes: Processes, invocation: Invocation, stdin: Options["stdin"]) =>
  Effect.catchAllCause(
    started(processes, invocation, stdin),
    (cause) =>
      Cause.isInterruptedOnly(cause)
        ? Effect.interrupt
        : Effect.fail(failures.notStarted(
          processes.config.prefix[0] ?? processes.config.tool,
          invocation,
          Cause.squash(cause)
        ))
  )

/** Must not be interrupted, and `finish` has to follow before the scope is closed. */
export const start = (
  processes: Processes,
  invocation: Invocation,
  options: Options
): Effect.Effect<Running, RunError, Scope.Scope> =>
  Effect.gen(function*() {
    const { config, terminator } = processes
    const clock = yield* Effect.clock
    const span = yield* Effect.makeSpan("ploop.process", { captureStackTrace: false })
    trace.annotateStart(span, command.argv(config, invocation.args))
    if (invocation.kind !== "query") yield* lease.end
    const begun = clock.unsafeCurrentTimeNanos()
    const { process, socket } = yield* Effect.tapErrorCause(
      spawn(processes, invocation, options.stdin),
      (cause) => Effect.sync(() => span.end(clock.unsafeCurrentTimeNanos(), Exit.failCause(cause)))
    )
    const draining = { minimum: yield* FiberRef.get(FiberRef.currentMinimumLogLevel), maxOutput: config.maxOutput }
    if (invocation.kind !== "query") yield* commands.started
    const err = yield* Drain.start(process, "stderr", draining)
    const drains = options.stdout === "kept" ? [yield* Drain.start(process, "stdout", draining), err] : [err]
    const feed = options.stdin === "fed" ? yield* Feed.start(process) : undefined
    const limit = invocation.limit ?? config.limits[invocation.kind === "query" ? "query" : "change"]
    const watch = Duration.isFinite(limit)
      ? yield* Watch.start(process, invocation.kind, limit, terminator)
      : undefined
    return { invocation, process, drains, feed, socket, watch, clock, started: begun, span, over: false }
  })

/** One that was asked to end may have gone on to its end. */
const noteEnd = (process: CommandExecutor.Process): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.exit(process.exitCode),
    (exit) => Exit.isSuccess(exit) && exit.value === 0 ? Effect.void : commands.ended
  )

/**
 * Comes before the executor's own release, which would wait for ever. The
 * outputs are drained until the process is gone, because a closed pipe kills
 * it in the middle of its work.
 */
export const finish = (
  { terminator }: Processes,
  running: Running,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { clock, drains, feed, invocation, over, process, socket, span, watch } = running
    span.end(clock.unsafeCurrentTimeNanos(), exit)
    return over ? Effect.void : isRunning(process).pipe(
      Effect.flatMap((running) =>
        // A tool that waits for input reacts to the end of the input, but to no signal.
        running
          ? Effect.zipRight(feed?.end ?? socket?.close ?? Effect.void, terminator.terminate(process, invocation.kind))
          : Effect.void
      ),
      Effect.zipRight(invocation.kind === "query" ? Effect.void : noteEnd(process)),
      Effect.zipRight(interruptAll([...drains.map(({ fiber }) => fiber), feed?.fiber, watch?.fiber]))
    )
  })

/**
 * The exit of the process; of one that no signal reaches, only until its time is
 * over. The loser of the race is interruptible wherever this runs, or it would be
 * waited for.
 */
const awaitExit = (
  { config }: Processes,
  { process, watch }: Running
): Effect.Effect<Exit.Exit<number, PlatformError>> =>
  config.prefix.length === 0 || watch === undefined
    ? Effect.exit(process.exitCode)
    : Effect.raceFirst(
      Effect.interruptible(Effect.exit(process.exitCode)),
      Effect.interruptible(Effect.as(Fiber.await(watch.fiber), Exit.interrupt(watch.fiber.id())))
    )

const resultOf = (
  { config }: Processes,
  { drains, invocation, started }: Running,
  exit: Exit.Exit<number, PlatformError>,
  ended: bigint
): ProcessResult => ({
  argv: command.argv(config, invocation.args),
  exitCode: Exit.isSuccess(exit) ? exit.value : undefined,
  signal: Exit.isFailure(exit) ? failures.deathBySignal.parse(Cause.squash(exit.cause)) : undefined,
  stdout: Drain.textOf(drains, "stdout"),
  stderr: Drain.textOf(drains, "stderr"),
  truncated: drains.some(({ kept }) => kept.truncated),
  duration: Duration.nanos(ended - started)
})

/** Makes a result of the end of a process. What ended with success is one, however late. */
const conclude = (
  { config }: Processes,
  running: Running,
  exit: Exit.Exit<number, PlatformError>,
  result: ProcessResult
): Effect.Effect<ProcessResult, RunError> => {
  const { drains, invocation, span, watch } = running
  trace.annotateEnd(span, result)
  if (Watch.hasExpired(watch) && result.exitCode !== 0) {
    const about = failures.context(invocation, failures.printed(result), result)
    return Effect.zipRight(
      Watch.done(watch),
      Effect.fail(new PloopError.TimedOut({ ...about, limit: watch.limit }))
    )
  }
  Watch.stop(watch)
  running.over = true
  const failure = failures.unreadable(invocation, result, [exit, ...drains.map(({ fiber }) => fiber.unsafePoll())]) ??
    failures.refusedByPrefix(config, invocation, result)
  return failure === undefined ? Effect.succeed(result) : Effect.fail(failure)
}

/** Waits for the end of the process, and makes a result of it. */
export const settle = (processes: Processes, running: Running): Effect.Effect<ProcessResult, RunError> =>
  Effect.flatMap(awaitExit(processes, running), (exit) => {
    const ended = running.clock.unsafeCurrentTimeNanos()
    return Effect.flatMap(
      Drain.awaitAll(running.drains),
      () => conclude(processes, running, exit, resultOf(processes, running, exit, ended))
    )
  })
