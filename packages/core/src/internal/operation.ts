import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Operation from "../Operation.js"
import type { PloopError } from "../PloopError.js"
import { narrow } from "../PloopError.js"
import * as call from "./call.js"
import { decode } from "./decode.js"
import * as metrics from "./metrics.js"

const counted = (name: Operation.Name) => {
  const count = metrics.counter(name)
  return (exit: Exit.Exit<unknown, PloopError>): Effect.Effect<void> =>
    Effect.withFiberRuntime((fiber) => {
      count(fiber, exit)
      return Effect.void
    })
}

const instrument = (name: Operation.Name) => call.instrument(name, Operation.table[name].errors)

/** The parts of a method that are the same for every call. */
const parts = (name: Operation.Name, request: Schema.Schema.AnyNoContext) => ({
  check: decode(name, request),
  known: narrow(Operation.table[name].errors)
})

type Run<A> = (request: unknown) => A

const effect = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Effect.Effect<unknown, PloopError>>
) => {
  const check = decode(name, request)
  const instrumented = instrument(name)
  return (options: unknown) =>
    instrumented(
      Operation.subjectOf(options),
      Effect.suspend(() => {
        const request = check(options)
        return Either.isRight(request) ? run(request.right) : request
      })
    )
}

const query = (name: Operation.Name, run: Effect.Effect<unknown, PloopError>) => instrument(name)("host", run)

const stream = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Stream.Stream<unknown, PloopError>>
) => {
  const { check, known } = parts(name, request)
  const count = counted(name)
  return (options: unknown) =>
    Stream.unwrap(Effect.map(check(options), run)).pipe(
      Stream.mapError(known),
      Stream.ensuringWith(count),
      Stream.withSpan(`Ploop.${name}`, call.span(name, Operation.subjectOf(options)))
    )
}

const sink = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Sink.Sink<unknown, Uint8Array, never, PloopError>>
) => {
  const { check, known } = parts(name, request)
  const count = counted(name)
  return (options: unknown) =>
    Sink.unwrapScoped<unknown, Uint8Array, never, PloopError, Scope.Scope>(
      Effect.gen(function*() {
        yield* Effect.makeSpanScoped(`Ploop.${name}`, call.span(name, Operation.subjectOf(options)))
        const checked = Sink.mapError(run(yield* check(options)), known)
        return Sink.ensuringWith(checked, count)
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
