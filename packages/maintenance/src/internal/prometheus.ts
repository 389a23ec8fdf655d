import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import { type Metric, Registry } from "prom-client"

type Type = "counter" | "gauge" | "histogram" | "summary"

interface Value {
  readonly suffix?: string
  readonly labels?: Record<string, string | number>
  readonly value: number
}

interface Content {
  readonly type: Type
  readonly values: ReadonlyArray<Value>
}

const name = (text: string): string => text.replace(/[^\w:]/g, "_").replace(/^\d/, "_$&")

/** The last boundary of a histogram in Effect is the largest number, and in Prometheus infinity. */
const boundary = (le: number): number | string => le >= Number.MAX_SAFE_INTEGER ? "+Inf" : le

const totals = ({ count, sum }: { readonly count: number; readonly sum: number }): ReadonlyArray<Value> => [
  { suffix: "_sum", value: sum },
  { suffix: "_count", value: count }
]

const content = (state: MetricState.MetricState.Untyped): Content => {
  if (MetricState.isCounterState(state)) return { type: "counter", values: [{ value: Number(state.count) }] }
  if (MetricState.isGaugeState(state)) return { type: "gauge", values: [{ value: Number(state.value) }] }
  if (MetricState.isFrequencyState(state)) {
    return { type: "counter", values: Array.from(state.occurrences, ([key, value]) => ({ labels: { key }, value })) }
  }
  if (MetricState.isHistogramState(state)) {
    const buckets = Array.from(state.buckets, ([le, value]) => ({
      suffix: "_bucket",
      labels: { le: boundary(le) },
      value
    }))
    return { type: "histogram", values: [...buckets, ...totals(state)] }
  }
  if (MetricState.isSummaryState(state)) {
    const quantiles = Array.from(state.quantiles, ([quantile, value]) => ({
      labels: { quantile },
      value: Option.getOrElse(value, () => NaN)
    }))
    return { type: "summary", values: [...quantiles, ...totals(state)] }
  }
  return { type: "gauge", values: [] }
}

const objectOf = (metric: string, pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>) => {
  const contents = pairs.map(({ metricKey, metricState }) => ({
    tags: Object.fromEntries(metricKey.tags.map(({ key, value }) => [name(key), value])),
    ...content(metricState)
  }))
  return {
    name: metric,
    help: pairs.map(({ metricKey }) => Option.getOrElse(metricKey.description, () => "")).find((text) => text !== "") ??
      "",
    type: contents[0]!.type,
    values: contents.flatMap(({ tags, values }) =>
      values.map(({ labels, suffix = "", value }) => ({
        metricName: `${metric}${suffix}`,
        labels: { ...tags, ...labels },
        value
      }))
    )
  }
}

/** The metrics in the text format. Those of one name belong together. */
export const format = (pairs: ReadonlyArray<MetricPair.MetricPair.Untyped>): Effect.Effect<string> =>
  Effect.promise(() => {
    const byName = Arr.groupBy(pairs, ({ metricKey }) => name(metricKey.name))
    const registry = new Registry()
    for (const [metric, own] of Object.entries(byName)) {
      const object = objectOf(metric, own)
      // A registry asks a metric for its name and its values alone. Its type names the classes of the library.
      registry.registerMetric({ name: metric, get: () => Promise.resolve(object) } as unknown as Metric)
    }
    return registry.metrics()
  })

export const contentType: string = Registry.PROMETHEUS_CONTENT_TYPE
