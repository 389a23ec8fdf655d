import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"

const outcome = (exit: Exit.Exit<unknown, { readonly _tag: string }>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause)
        ? "interrupted"
        : Option.match(Cause.failureOption(cause), { onNone: () => "defect", onSome: ({ _tag }) => _tag })
  })

/** How a group of calls is measured. */
export interface Measured {
  /** The name of the service, with which the name of each span begins. */
  readonly service: string
  readonly calls: Metric.Metric.Counter<number>
  readonly durations: Metric.Metric.Histogram<number>
}

/** Metrics whose names begin with a prefix. */
export const metrics = (prefix: string, what: string): Pick<Measured, "calls" | "durations"> => ({
  calls: Metric.counter(`${prefix}_calls_total`, { description: `Calls of the ${what}`, incremental: true }),
  durations: Metric.histogram(
    `${prefix}_call_duration_seconds`,
    MetricBoundaries.exponential({ start: 0.005, factor: 2, count: 16 }),
    `How long calls of the ${what} take, in seconds`
  )
})

/** Runs calls with the services that they need. Each has its span, and is counted. */
export const calling =
  <Services>({ calls, durations, service }: Measured, services: Context.Context<Services>) =>
  <A, E extends { readonly _tag: string }>(
    name: string,
    attributes: Record<string, string>,
    effect: Effect.Effect<A, E, Services>
  ): Effect.Effect<A, E> =>
    Effect.provide(effect, services).pipe(
      Metric.trackDurationWith(Metric.tagged(durations, "call", name), Duration.toSeconds),
      Effect.onExit((exit) =>
        Metric.update(Metric.tagged(Metric.tagged(calls, "call", name), "outcome", outcome(exit)), 1)
      ),
      Effect.withSpan(`${service}.${name}`, { attributes, captureStackTrace: false })
    )
