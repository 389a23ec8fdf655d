import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import * as Collector from "./collector.js"
import type { Settings } from "./settings.js"

/** What the program that exports is. */
export interface Resource {
  readonly serviceName: string
  readonly serviceVersion: string
  readonly attributes: Record<string, string>
}

/** The library would read the environment too, where it skips what it cannot read. */
const isolated = Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))

/** A span is not exported when its parent is one that is not: as the heartbeat of a client, of which nothing is exported. */
const sampled = (exporting: Tracer.Tracer, other: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    context: (run, fiber) => exporting.context(run, fiber),
    span: (...args) =>
      Option.exists(args[1], (parent) => !parent.sampled)
        ? Object.assign(other.span(...args), { sampled: false })
        : exporting.span(...args)
  })

const optionsOf = ({ endpoint, headers }: Settings, resource: Resource) => (signal: string) => ({
  url: `${endpoint.replace(/\/$/, "")}/v1/${signal}`,
  headers: Redacted.value(headers),
  resource,
  shutdownTimeout: Collector.lastWait
})

const signals = (settings: Settings, resource: Resource) => {
  const options = optionsOf(settings, resource)
  const logs = Logger.addScoped(isolated(OtlpLogger.make(options("logs"))))
  const metrics = Layer.scopedDiscard(isolated(OtlpMetrics.make(options("metrics"))))
  const tracer = Effect.zipWith(isolated(OtlpTracer.make(options("traces"))), Effect.tracer, sampled)
  const traces = Layer.unwrapScoped(Effect.map(tracer, Layer.setTracer))
  return Layer.mergeAll(
    settings.logs === "otlp" ? logs : Layer.empty,
    settings.metrics === "otlp" ? metrics : Layer.empty,
    settings.traces === "otlp" ? traces : Layer.empty
  )
}

const serialization: Record<Settings["protocol"], Layer.Layer<OtlpSerialization.OtlpSerialization>> = {
  "http/json": OtlpSerialization.layerJson,
  "http/protobuf": OtlpSerialization.layerProtobuf
}

/** Exports spans, metrics and logs to the collector of the settings. */
export const layer = (settings: Settings, resource: Resource): Layer.Layer<never> =>
  Layer.unwrapScoped(
    Effect.map(Collector.make(settings), ({ client, end }) =>
      Layer.scopedDiscard(Effect.addFinalizer(() => end)).pipe(
        Layer.provideMerge(signals(settings, resource)),
        Layer.provide([Layer.succeed(HttpClient.HttpClient, client), serialization[settings.protocol]])
      ))
  ).pipe(Layer.provide(NodeHttpClient.layer))
