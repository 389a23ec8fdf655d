import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Task } from "./task.js"
import type { Tools } from "./tools.js"

/** What is killed while an operation runs. */
export type Victim = "tool" | "fiber" | "process"

export const victims: ReadonlyArray<Victim> = ["tool", "fiber", "process"]

/** How a killed operation ended. */
export type Ending =
  /** It had done its work before the kill. */
  | "finished"
  /** It failed or was interrupted. */
  | "ended"

const endingOf = (exit: Exit.Exit<unknown, unknown>): Ending => Exit.isSuccess(exit) ? "finished" : "ended"

/** Runs an operation, and kills its tool after a time. */
export const tool = <A, E, R>(
  tools: Tools,
  after: Duration.Duration,
  operation: Effect.Effect<A, E, R>
): Effect.Effect<Ending, E, R> =>
  Effect.gen(function*() {
    const before = yield* tools.killed
    const fiber = yield* Effect.fork(Effect.sleep(after).pipe(Effect.zipRight(tools.kill)))
    const exit = yield* Effect.exit(operation)
    yield* Fiber.interrupt(fiber)
    yield* tools.spare
    const wasKilled = (yield* tools.killed) > before
    // An operation that was not killed must not fail.
    if (!wasKilled && Exit.isFailure(exit)) return yield* Effect.failCause(exit.cause)
    return endingOf(exit)
  })

/** Runs an operation, and interrupts its fiber after a time. */
export const fiber = <A, E, R>(
  after: Duration.Duration,
  operation: Effect.Effect<A, E, R>
): Effect.Effect<Ending, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(operation)
    yield* Effect.sleep(after)
    const exit = yield* Fiber.interrupt(fiber)
    if (Exit.isFailure(exit) && !Cause.isInterrupted(exit.cause)) return yield* Effect.failCause(exit.cause)
    return endingOf(exit)
  })

/** The file beside this one, in the same form: a source or a built module. */
const program = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url).pathname

/** A process that is about to run an operation. */
export interface Worker {
  readonly pid: number
  readonly begin: Effect.Effect<void>
  readonly word: Effect.Effect<string>
  readonly ended: Effect.Effect<Exit.Exit<number, PlatformError>>
}

export const start = (
  task: Task
): Effect.Effect<Worker, PlatformError, CommandExecutor.CommandExecutor | Scope.Scope> =>
  Effect.gen(function*() {
    const json = yield* Effect.orDie(Schema.encode(Task)(task))
    const lines = yield* Queue.unbounded<string>()
    const words = yield* Queue.unbounded<string>()
    const child = yield* Command.start(
      Command.make(process.execPath, ...process.execArgv, program, json).pipe(
        Command.stdin(Stream.encodeText(Stream.fromQueue(lines))),
        Command.stderr("inherit")
      )
    )
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => Queue.offer(words, line)),
      Effect.forkScoped
    )
    const ended = Effect.exit(child.exitCode)
    return {
      pid: child.pid,
      begin: Effect.asVoid(Queue.offer(lines, "begin\n")),
      word: Effect.raceFirst(Queue.take(words), Effect.zipRight(ended, Effect.dieMessage("the worker ended"))),
      ended
    }
  })

/** Lets a process run its operation, and kills that one process after a time; what it started runs on. */
export const worker = ({ begin, ended, pid, word }: Worker, after: Duration.Duration): Effect.Effect<Ending> =>
  Effect.gen(function*() {
    yield* begin
    yield* word
    yield* Effect.sleep(after)
    yield* Effect.sync(() => process.kill(pid, "SIGKILL")).pipe(Effect.ignore)
    const exit = yield* ended
    if (Exit.isSuccess(exit) && exit.value !== 0) {
      return yield* Effect.dieMessage(`the worker failed with ${exit.value} before it was killed`)
    }
    return endingOf(exit)
  })
