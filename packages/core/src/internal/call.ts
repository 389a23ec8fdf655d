import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Tracer from "effect/Tracer"
import type * as Operation from "../Operation.js"
import type { PloopError } from "../PloopError.js"
import * as PrintableText from "../PrintableText.js"
import * as json from "./json.js"
import { known } from "./known.js"
import * as metrics from "./metrics.js"

/** A path may hold line ends, with which it could forge a line of a log. */
const annotations = (operation: Operation.Name, subject: string) => ({
  "ploop.operation": operation,
  "ploop.subject": PrintableText.escape(subject)
})

/** The options of the span of a call. */
export const span = (operation: Operation.Name, subject: string) => ({
  attributes: annotations(operation, subject),
  captureStackTrace: false
})

/** What the fiber had before a call, and gets back after it. */
interface Before {
  readonly context: Context.Context<never>
  readonly logged: HashMap.HashMap<string, unknown>
}

const set = ({ context, logged }: Before): Effect.Effect<void> =>
  Effect.zipRight(FiberRef.set(FiberRef.currentContext, context), FiberRef.set(FiberRef.currentLogAnnotations, logged))

const within = (
  { context, logged }: Before,
  span: Tracer.Span,
  attributes: ReturnType<typeof annotations>
): Before => ({
  context: Context.add(context, Tracer.ParentSpan, span) as Context.Context<never>,
  logged: HashMap.set(
    HashMap.set(logged, "ploop.operation", attributes["ploop.operation"]),
    "ploop.subject",
    attributes["ploop.subject"]
  )
})

/**
 * Runs the calls of an operation, each in its span, with annotated logs and
 * metrics. It does what `Effect.withSpan`, `Effect.annotateLogs`,
 * `Effect.onExit` and `Effect.matchCauseEffect` do, but enters and leaves one
 * frame, not one for each: that is most of what a call costs.
 */
export const instrument = (operation: Operation.Name) => {
  const name = `Ploop.${operation}`
  const count = metrics.counter(operation)
  const time = metrics.timer(operation)
  const narrowed = known(operation)

  const end = (
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    span: Tracer.Span,
    exit: Exit.Exit<unknown, PloopError>,
    begin: bigint
  ): void => {
    const now = clockOf(fiber).unsafeCurrentTimeNanos()
    if (Exit.isSuccess(exit)) time(fiber, now - begin)
    count(fiber, exit)
    if (span.status._tag === "Ended") return
    span.end(fiber.getFiberRef(FiberRef.currentTracerTimingEnabled) ? now : 0n, exit)
  }

  return (subject: string, run: Effect.Effect<unknown, PloopError>): Effect.Effect<unknown, PloopError> => {
    const options = span(operation, subject)
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.makeSpan(name, options), (span) =>
        Effect.withFiberRuntime((fiber) => {
          const before = { context: fiber.currentContext, logged: fiber.getFiberRef(FiberRef.currentLogAnnotations) }
          const begin = clockOf(fiber).unsafeCurrentTimeNanos()
          const leave = (exit: Exit.Exit<unknown, PloopError>) => {
            end(fiber, span, exit, begin)
            return Effect.zipRight(set(before), exit)
          }
          return Effect.zipRight(
            set(within(before, span, options.attributes)),
            Effect.matchCauseEffect(restore(run), {
              // The cause is mapped, and not the error, because a second failure would wrap the error.
              onFailure: (cause) => leave(Exit.failCause(Cause.map(cause, narrowed(subject)))),
              onSuccess: (result) => leave(Exit.succeed(json.serializable(result)))
            })
          )
        }))
    )
  }
}

const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.currentDefaultServices, Clock.Clock)
