import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Operation from "../Operation.js"
import type { InvalidArgument, PloopError } from "../PloopError.js"
import { narrow } from "../PloopError.js"
import * as PrintableText from "../PrintableText.js"
import * as argument from "./argument.js"
import * as json from "./json.js"

const operationsKey = MetricKey.counter("ploop_operations_total", {
  description: "Operations of ploop, by operation and outcome",
  incremental: true
})

const durationsKey = MetricKey.histogram(
  "ploop_operation_duration_seconds",
  MetricBoundaries.exponential({ start: 0.005, factor: 2, count: 16 }),
  "How long operations of ploop take, in seconds"
)

export const operations = Metric.fromMetricKey(operationsKey)

export const durations = Metric.fromMetricKey(durationsKey)

const outcome = (exit: Exit.Exit<unknown, PloopError>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause)
        ? "interrupted"
        : Option.match(Cause.failureOption(cause), { onNone: () => "defect", onSome: (error) => error._tag })
  })

/** Updates a metric with the labels of the fiber. */
type Update = (fiber: Fiber.RuntimeFiber<unknown, unknown>, exit: Exit.Exit<unknown, PloopError>) => void

/**
 * A metric is made from its labels once and kept: a metric that adds labels to
 * another one is looked up by all of them at each update.
 */
const counter = (operation: Operation.Name): Update => {
  const ofOperation = MetricKey.tagged(operationsKey, "operation", operation)
  const known = new Map<string, Metric.Metric.Counter<number>>()
  return (fiber, exit) => {
    const tag = outcome(exit)
    const metric = known.get(tag) ?? Metric.fromMetricKey(MetricKey.tagged(ofOperation, "outcome", tag))
    known.set(tag, metric)
    metric.unsafeUpdate(1, fiber.getFiberRef(FiberRef.currentMetricLabels))
  }
}

const count = (operation: Operation.Name) => {
  const update = counter(operation)
  return (exit: Exit.Exit<unknown, PloopError>): Effect.Effect<void> =>
    Effect.withFiberRuntime((fiber) => {
      update(fiber, exit)
      return Effect.void
    })
}

/** A path may hold line ends, with which it could forge a line of a log. */
const annotations = (operation: Operation.Name, subject: string) => ({
  "ploop.operation": operation,
  "ploop.subject": PrintableText.escape(subject)
})

const span = (operation: Operation.Name, subject: string) => ({
  attributes: annotations(operation, subject),
  captureStackTrace: false
})

const secondsPerNanosecond = 1e-9

/** Updates both metrics at the end of a call in one step; the duration counts for a success only. */
const measure = (operation: Operation.Name) => {
  const duration = Metric.fromMetricKey(MetricKey.tagged(durationsKey, "operation", operation))
  const update = counter(operation)
  return <A, E extends PloopError, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.clockWith((clock) => {
      const begin = clock.unsafeCurrentTimeNanos()
      return Effect.onExit(effect, (exit) =>
        Effect.withFiberRuntime((fiber) => {
          if (Exit.isSuccess(exit)) {
            const seconds = Number(clock.unsafeCurrentTimeNanos() - begin) * secondsPerNanosecond
            duration.unsafeUpdate(seconds, fiber.getFiberRef(FiberRef.currentMetricLabels))
          }
          update(fiber, exit)
          return Effect.void
        }))
    })
}

const instrument = (operation: Operation.Name) => {
  const measured = measure(operation)
  const name = `Ploop.${operation}`
  return <A, E extends PloopError, R>(subject: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const options = span(operation, subject)
    return Effect.withSpan(Effect.annotateLogs(measured(effect), options.attributes), name, options)
  }
}

const decode = (name: Operation.Name, schema: Schema.Schema.AnyNoContext) => {
  const either = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  return (options: unknown): Either.Either<unknown, InvalidArgument> =>
    Either.mapBoth(either(options), {
      onLeft: (error) => argument.refuse(name, options, error),
      onRight: json.serializable
    })
}

/** The parts of a method that are the same for every call. */
const parts = (name: Operation.Name, request: Schema.Schema.AnyNoContext) => ({
  check: decode(name, request),
  known: narrow(Operation.table[name].errors)
})

type Run<A> = (request: unknown) => A

/** The cause is mapped, and not the error, because a second failure would wrap the error. */
const finish = (name: Operation.Name) => {
  const known = narrow(Operation.table[name].errors)
  const failed = Cause.map(known)
  return (effect: Effect.Effect<unknown, PloopError>) =>
    Effect.matchCauseEffect(effect, {
      onFailure: (cause) => Effect.failCause(failed(cause)),
      onSuccess: (result) => Effect.succeed(json.serializable(result))
    })
}

const effect = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Effect.Effect<unknown, PloopError>>
) => {
  const check = decode(name, request)
  const finished = finish(name)
  const instrumented = instrument(name)
  return (options: unknown) =>
    instrumented(
      Operation.subjectOf(options),
      finished(Effect.suspend(() => {
        const request = check(options)
        return Either.isRight(request) ? run(request.right) : request
      }))
    )
}

const query = (name: Operation.Name, run: Effect.Effect<unknown, PloopError>) =>
  instrument(name)("host", finish(name)(run))

const stream = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Stream.Stream<unknown, PloopError>>
) => {
  const { check, known } = parts(name, request)
  const counted = count(name)
  return (options: unknown) =>
    Stream.unwrap(Effect.map(check(options), run)).pipe(
      Stream.mapError(known),
      Stream.ensuringWith((exit) => counted(exit)),
      Stream.withSpan(`Ploop.${name}`, span(name, Operation.subjectOf(options)))
    )
}

const sink = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Sink.Sink<unknown, Uint8Array, never, PloopError>>
) => {
  const { check, known } = parts(name, request)
  const counted = count(name)
  return (options: unknown) =>
    Sink.unwrapScoped<unknown, Uint8Array, never, PloopError, Scope.Scope>(
      Effect.gen(function*() {
        yield* Effect.makeSpanScoped(`Ploop.${name}`, span(name, Operation.subjectOf(options)))
        const checked = Sink.mapError(run(yield* check(options)), known)
        return Sink.ensuringWith(checked, (exit) => counted(exit))
      })
    )
}

const shapes = { effect, stream, sink }

const method = (name: Operation.Name, implementation: unknown): unknown => {
  const row: Operation.Row = Operation.table[name]
  // What a backend provides for a row has the shape that the row says.
  return row.request === undefined
    ? query(name, implementation as Effect.Effect<unknown, PloopError>)
    : shapes[row.shape](name, row.request, implementation as never)
}

/**
 * The methods of a service from what a backend provides: each checks its
 * options, has a span and metrics, and fails only with the errors of its row.
 */
export const service = <Service>(
  names: ReadonlyArray<Operation.Name>,
  backend: { readonly [N in Operation.Name]?: unknown }
): Service =>
  // A type test pins the service to the table.
  Object.fromEntries(names.map((name) => [name, method(name, backend[name])])) as Service
