import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as Option from "effect/Option"
import type * as Operation from "../Operation.js"
import type { PloopError } from "../PloopError.js"

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

/** Counts a call, with the metric labels of the fiber. */
export type Count = (fiber: Fiber.RuntimeFiber<unknown, unknown>, exit: Exit.Exit<unknown, PloopError>) => void

/**
 * A metric is made from its labels once and kept: a metric that adds labels to
 * another one is looked up by all of them at each update.
 */
export const counter = (operation: Operation.Name): Count => {
  const ofOperation = MetricKey.tagged(operationsKey, "operation", operation)
  const known = new Map<string, Metric.Metric.Counter<number>>()
  return (fiber, exit) => {
    const tag = outcome(exit)
    const metric = known.get(tag) ?? Metric.fromMetricKey(MetricKey.tagged(ofOperation, "outcome", tag))
    known.set(tag, metric)
    metric.unsafeUpdate(1, fiber.getFiberRef(FiberRef.currentMetricLabels))
  }
}

const secondsPerNanosecond = 1e-9

/** Records the nanoseconds that a call took, with the metric labels of the fiber. */
export type Time = (fiber: Fiber.RuntimeFiber<unknown, unknown>, nanoseconds: bigint) => void

export const timer = (operation: Operation.Name): Time => {
  const metric = Metric.fromMetricKey(MetricKey.tagged(durationsKey, "operation", operation))
  return (fiber, nanoseconds) => {
    metric.unsafeUpdate(Number(nanoseconds) * secondsPerNanosecond, fiber.getFiberRef(FiberRef.currentMetricLabels))
  }
}
