import { Name } from "@effect-ploop/core/Operation"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import type { Operation } from "../Report.js"

/** The number of lines of output that are kept for a case. */
const maximum = 400

const outcome = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause)
        ? "interrupted"
        : Option.match(Cause.failureOption(cause), {
          onNone: () => "defect",
          onSome: (error) => Predicate.hasProperty(error, "_tag") ? String(error._tag) : String(error)
        })
  })

const text = (value: unknown): string | undefined => Predicate.isString(value) ? value : undefined

/** A span that is kept in memory. */
class RecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly sampled = true
  readonly attributes = new Map<string, unknown>()
  readonly links: Array<Tracer.SpanLink>
  readonly traceId: string
  status: Tracer.SpanStatus

  constructor(
    readonly name: string,
    readonly parent: Option.Option<Tracer.AnySpan>,
    readonly context: Context.Context<never>,
    links: ReadonlyArray<Tracer.SpanLink>,
    readonly kind: Tracer.SpanKind,
    startTime: bigint,
    readonly spanId: string
  ) {
    this.links = [...links]
    this.traceId = Option.match(parent, { onNone: () => spanId, onSome: (span) => span.traceId })
    this.status = { _tag: "Started", startTime }
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
  }

  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
  }

  event(): void {}

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.links.push(...links)
  }
}

const isName = Schema.is(Name)

/** A span of an operation of ploop, and nothing for any other span. */
const operationOf = (span: RecordedSpan): ReadonlyArray<Operation> => {
  const name = span.attributes.get("ploop.operation")
  if (!isName(name)) return []
  const exitCode = span.attributes.get("ploop.exit_code")
  const argv = text(span.attributes.get("ploop.arguments"))
  return [{
    name,
    subject: text(span.attributes.get("ploop.subject")) ?? "",
    outcome: span.status._tag === "Ended" ? outcome(span.status.exit) : "unfinished",
    ...(argv !== undefined && { arguments: argv }),
    ...(Predicate.isNumber(exitCode) && { exitCode })
  }]
}

/** Records the operations of a case, from their spans, and the log of the backend. */
export interface Recorder {
  readonly record: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly operations: Effect.Effect<ReadonlyArray<Operation>>
  readonly output: Effect.Effect<ReadonlyArray<string>>
}

export const make: Effect.Effect<Recorder> = Effect.sync(() => {
  const spans: Array<RecordedSpan> = []
  const lines: Array<string> = []
  let dropped = 0

  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const span = new RecordedSpan(name, parent, context, links, kind, startTime, spans.length.toString(16))
      if (name.startsWith("Ploop.")) spans.push(span)
      return span
    },
    context: (f) => f()
  })

  const logger = Logger.make<unknown, void>(({ annotations, message }) => {
    const operation = text(Option.getOrUndefined(HashMap.get(annotations, "ploop.operation"))) ?? ""
    const words = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    if (lines.length < maximum) lines.push(operation === "" ? words : `${operation}: ${words}`)
    else dropped++
  })

  return {
    // It replaces all other loggers: the output of a case belongs to its result.
    record: (effect) =>
      effect.pipe(
        Effect.locally(FiberRef.currentLoggers, HashSet.make(logger)),
        Logger.withMinimumLogLevel(LogLevel.Debug),
        Effect.withTracer(tracer),
        Effect.withTracerEnabled(true)
      ),
    operations: Effect.sync(() => spans.flatMap(operationOf)),
    output: Effect.sync(() => dropped === 0 ? lines : [...lines, `… and ${dropped} more lines`])
  }
})
