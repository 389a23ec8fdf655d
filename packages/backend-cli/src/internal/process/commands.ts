import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** What has become of the commands that a part of an operation runs and that change something. */
interface Commands {
  wasStarted: boolean
  /** Whether one of them was ended before its end. */
  wasEnded: boolean
  readonly outer: Commands | undefined
}

const current = FiberRef.unsafeMake<Commands | undefined>(undefined)

const mark = (what: "wasStarted" | "wasEnded"): Effect.Effect<void> =>
  Effect.map(FiberRef.get(current), (innermost) => {
    for (let commands = innermost; commands !== undefined; commands = commands.outer) commands[what] = true
  })

/** Takes note that a command was started. */
export const started: Effect.Effect<void> = mark("wasStarted")

/** Takes note that a command was ended before its end. */
export const ended: Effect.Effect<void> = mark("wasEnded")

/** Whether the tool was ended, for a reason that the error says. */
const isAborted = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(
    Cause.failureOption(cause),
    (error) => Predicate.isTagged(error, "ToolAborted") || Predicate.isTagged(error, "TimedOut")
  )

const on =
  (what: "wasStarted" | "wasEnded") =>
  <A, E, R>(run: Effect.Effect<A, E, R>, clear: Effect.Effect<unknown>): Effect.Effect<A, E, R> =>
    Effect.flatMap(FiberRef.get(current), (outer) => {
      const own: Commands = { wasStarted: false, wasEnded: false, outer }
      return Effect.onError(
        Effect.locally(run, current, own),
        (cause) => isAborted(cause) || Cause.isInterrupted(cause) && own[what] ? clear : Effect.void
      )
    })

/**
 * Undoes what a command has done whose result nobody gets, because the command or the wait for its end was cut short.
 * What is there before a command is started is somebody else's.
 */
export const undoing = on("wasStarted")

/**
 * Removes what a command has left that was ended before its end. One that goes on to its end leaves nothing, and one
 * that was not started neither: what is there then is somebody else's.
 */
export const clearing = on("wasEnded")
