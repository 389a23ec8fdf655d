import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { Duplex, Wire } from "../Duplex.js"
import * as Operation from "../Operation.js"
import type { PloopError } from "../PloopError.js"
import * as call from "./call.js"
import { decode } from "./decode.js"
import { engage } from "./duplex.js"
import { known } from "./known.js"
import * as metrics from "./metrics.js"
import * as progress from "./progress.js"

const counted = (name: Operation.Name) => {
  const count = metrics.counter(name)
  return (exit: Exit.Exit<unknown, PloopError>): Effect.Effect<void> =>
    Effect.withFiberRuntime((fiber) => {
      count(fiber, exit)
      return Effect.void
    })
}

/** The parts of a method that are the same for every call. */
const parts = (name: Operation.Name, request: Schema.Schema.AnyNoContext) => ({
  check: decode(name, request),
  narrowed: known(name)
})

/** The operations that can take minutes. */
const long: ReadonlySet<Operation.Name> = new Set<Operation.Name>([
  "create",
  "clone",
  "exportImage",
  "importImage",
  "convert",
  "resize",
  "switchAndDelete",
  "deleteSnapshot",
  "mergeSnapshots",
  "discard"
])

const lengthOf = (element: unknown): number => element instanceof Uint8Array ? element.length : 0

/** Reports the bytes of a stream as they pass. */
const measured = (name: Operation.Name, subject: string, of: Stream.Stream<unknown, PloopError>) =>
  Stream.unwrap(Effect.map(progress.begin(name, subject), (call) => {
    if (Option.isNone(call)) return of
    let bytes = 0n
    const pass = (element: unknown) => Effect.suspend(() => call.value.reportSeldom(bytes += BigInt(lengthOf(element))))
    return Stream.concat(
      Stream.tap(of, pass),
      Stream.execute(Effect.suspend(() => Effect.zipRight(call.value.report(bytes, undefined), call.value.finish)))
    )
  }))

/** Reports the bytes that a sink takes. */
const measuredSink = (name: Operation.Name, subject: string, of: Sink.Sink<unknown, Uint8Array, never, PloopError>) =>
  Sink.unwrap(Effect.map(progress.begin(name, subject), (call) => {
    if (Option.isNone(call)) return of
    let bytes = 0n
    return of.pipe(
      Sink.mapInputEffect((element: Uint8Array) =>
        Effect.as(
          Effect.suspend(() => call.value.reportSeldom(bytes += BigInt(element.length))),
          element
        )
      ),
      Sink.mapEffect((result) =>
        Effect.as(Effect.zipRight(call.value.report(bytes, undefined), call.value.finish), result)
      )
    )
  }))

type Run<A> = (request: unknown) => A

const effect = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Effect.Effect<unknown, PloopError>>
) => {
  const check = decode(name, request)
  const instrumented = call.instrument(name)
  const isLong = long.has(name)
  return (options: unknown) => {
    const subject = Operation.subjectOf(options)
    return instrumented(
      subject,
      Effect.suspend(() => {
        const request = check(options)
        if (Either.isLeft(request)) return request
        return isLong ? progress.reported(name, subject, run(request.right)) : run(request.right)
      })
    )
  }
}

const query = (name: Operation.Name, run: Effect.Effect<unknown, PloopError>) => call.instrument(name)("host", run)

const stream = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Stream.Stream<unknown, PloopError>>
) => {
  const { check, narrowed } = parts(name, request)
  const count = counted(name)
  return (options: unknown) =>
    measured(name, Operation.subjectOf(options), Stream.unwrap(Effect.map(check(options), run))).pipe(
      Stream.mapError(narrowed(Operation.subjectOf(options))),
      Stream.ensuringWith(count),
      Stream.withSpan(`Ploop.${name}`, call.span(name, Operation.subjectOf(options)))
    )
}

const sink = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: Run<Sink.Sink<unknown, Uint8Array, never, PloopError>>
) => {
  const { check, narrowed } = parts(name, request)
  const count = counted(name)
  return (options: unknown) =>
    Sink.unwrapScoped<unknown, Uint8Array, never, PloopError, Scope.Scope>(
      Effect.gen(function*() {
        yield* Effect.makeSpanScoped(`Ploop.${name}`, call.span(name, Operation.subjectOf(options)))
        const sunk = measuredSink(name, Operation.subjectOf(options), run(yield* check(options)))
        const checked = Sink.mapError(sunk, narrowed(Operation.subjectOf(options)))
        return Sink.ensuringWith(checked, count)
      })
    )
}

/** Reports the bytes of each round when it is over. */
const measuredRounds = (name: Operation.Name, subject: string, of: Stream.Stream<unknown, PloopError>) =>
  Stream.unwrap(Effect.map(progress.begin(name, subject), (call) => {
    if (Option.isNone(call)) return of
    let bytes = 0n
    const pass = (round: unknown) => Effect.suspend(() => call.value.report(bytes += bytesOf(round), undefined))
    return Stream.concat(Stream.tap(of, pass), Stream.execute(call.value.finish))
  }))

const bytesOf = (round: unknown): bigint =>
  Predicate.hasProperty(round, "bytes") && Predicate.isBigInt(round.bytes) ? round.bytes : 0n

const dialogue = (
  name: Operation.Name,
  request: Schema.Schema.AnyNoContext,
  run: (request: unknown, wire: Wire) => Stream.Stream<unknown, PloopError>
) => {
  const { check, narrowed } = parts(name, request)
  const count = counted(name)
  return (options: unknown, peer: Duplex<unknown, unknown>) =>
    Stream.unwrapScoped(Effect.map(engage(peer), (wire) => {
      const rounds = Stream.unwrap(Effect.map(check(options), (request) => run(request, wire)))
      return measuredRounds(name, Operation.subjectOf(options), rounds).pipe(
        Stream.mapError(narrowed(Operation.subjectOf(options))),
        Stream.concat(Stream.execute(wire.finish)),
        Stream.ensuringWith(count),
        Stream.interruptWhenDeferred(wire.failure)
      )
    })).pipe(Stream.withSpan(`Ploop.${name}`, call.span(name, Operation.subjectOf(options))))
}

const shapes = { effect, stream, sink, dialogue }

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
