import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { InvalidArgument, PloopError } from "../PloopError.js"
import * as argument from "./argument.js"

export const operations = Metric.counter("ploop_operations_total", {
  description: "Operations of ploop, by operation and outcome",
  incremental: true
})

export const durations = Metric.histogram(
  "ploop_operation_duration_seconds",
  MetricBoundaries.exponential({ start: 0.005, factor: 2, count: 16 }),
  "How long operations of ploop take, in seconds"
)

const outcome = (exit: Exit.Exit<unknown, PloopError>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause)
        ? "interrupted"
        : Option.match(Cause.failureOption(cause), { onNone: () => "defect", onSome: (error) => error._tag })
  })

type Counted = (exit: Exit.Exit<unknown, PloopError>) => Effect.Effect<void>

/** A metric is made once and kept: to look it up by its tags costs more than to update it. */
const count = (operation: string): Counted => {
  const ofOperation = Metric.tagged(operations, "operation", operation)
  const known = new Map<string, Effect.Effect<void>>()
  return (exit) => {
    const tag = outcome(exit)
    const counted = known.get(tag) ?? Metric.update(Metric.tagged(ofOperation, "outcome", tag), 1)
    known.set(tag, counted)
    return counted
  }
}

const span = (operation: string, subject: string) => ({
  attributes: { "ploop.operation": operation, "ploop.subject": subject },
  captureStackTrace: false
})

export const instrument = (operation: string) => {
  const duration = Metric.tagged(durations, "operation", operation)
  const counted = count(operation)
  return <A, E extends PloopError, R>(subject: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    effect.pipe(
      Metric.trackDurationWith(duration, Duration.toSeconds),
      Effect.onExit((exit) => counted(exit)),
      Effect.annotateLogs({ "ploop.operation": operation, "ploop.subject": subject }),
      Effect.withSpan(`Ploop.${operation}`, span(operation, subject))
    )
}

const decode = <A, I>(operation: string, schema: Schema.Schema<A, I>) => {
  const either = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  return (options: unknown): Either.Either<A, InvalidArgument> =>
    Either.mapLeft(either(options), (error) => argument.refuse(operation, options, error))
}

export const operation = <Request, Encoded, A, E extends PloopError, R>(
  name: string,
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Effect.Effect<A, E, R>
) => {
  const check = decode(name, schema)
  const instrumented = instrument(name)
  // The parameter is wider than the type in the service, which also says what goes with what.
  return (options: object): Effect.Effect<A, E | InvalidArgument, R> =>
    instrumented(argument.subject(options), Effect.flatMap(check(options), run))
}

export const stream = <Request, Encoded, A, E extends PloopError, R>(
  name: string,
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Stream.Stream<A, E, R>
) => {
  const check = decode(name, schema)
  const counted = count(name)
  return (options: object): Stream.Stream<A, E | InvalidArgument, R> =>
    Stream.unwrap(Effect.map(check(options), run)).pipe(
      Stream.ensuringWith((exit) => counted(exit)),
      Stream.withSpan(`Ploop.${name}`, span(name, argument.subject(options)))
    )
}

export const sink = <Request, Encoded, A, In, E extends PloopError, R>(
  name: string,
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Sink.Sink<A, In, never, E, R>
) => {
  const check = decode(name, schema)
  const counted = count(name)
  return (options: object): Sink.Sink<A, In, never, E | InvalidArgument, Exclude<R, Scope.Scope>> =>
    Sink.unwrapScoped<A, In, never, E | InvalidArgument, R | Scope.Scope>(
      Effect.gen(function*() {
        yield* Effect.makeSpanScoped(`Ploop.${name}`, span(name, argument.subject(options)))
        const checked: Sink.Sink<A, In, never, E | InvalidArgument, R> = run(yield* check(options))
        return Sink.ensuringWith(checked, (exit) => counted(exit))
      })
    )
}
