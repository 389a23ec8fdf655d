/**
 * The export of spans, metrics and logs to OpenTelemetry, as the standard variables of the environment steer it.
 *
 * @since 0.2.0
 */
// @effect-diagnostics nodeBuiltinImport:off
import type { Variable, VariableInvalid } from "@effect-ploop/backend-cli/Environment"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { hostname } from "node:os"
import * as settings from "./internal/telemetry/settings.js"

/**
 * The program that exports.
 *
 * @since 0.2.0
 * @category models
 */
export interface Exporting {
  /** The name of the command, which is the `service.name` without `OTEL_SERVICE_NAME`. */
  readonly name: string
  /** The version of its package. */
  readonly version: string
}

/**
 * The variables that steer the export, with their rules and defaults.
 *
 * @since 0.2.0
 * @category config
 */
export const variables: ReadonlyArray<Variable> = settings.variables

/**
 * Whether metrics are exported, so that a program has to keep those current that it would otherwise compute for a reader.
 *
 * @since 0.2.0
 * @category config
 */
export const exportsMetrics: Effect.Effect<boolean, VariableInvalid> = Effect.map(
  settings.read,
  (read) => read?.metrics === "otlp"
)

const resourceOf = ({ name, version }: Exporting, { attributes, serviceName }: settings.Settings) => {
  const { "service.name": named = name, "service.version": versioned = version, ...rest } = attributes
  const host = hostname()
  return {
    serviceName: serviceName ?? named,
    serviceVersion: versioned,
    attributes: { "service.instance.id": `${host}-${process.pid}`, "host.name": host, ...rest }
  }
}

/**
 * Exports the spans, the metrics and the logs of a program to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names, by
 * OTLP over HTTP. Without that variable it does nothing, and loads nothing of what exports.
 *
 * A collector that gets nothing is a warning in the log; it neither fails nor delays the program. At the end, what is not
 * exported yet is sent within a bounded time. A variable that breaks its rule fails the layer.
 *
 * @since 0.2.0
 * @category layers
 * @example
 * import { Telemetry } from "@effect-ploop/command-line"
 * import { Effect } from "effect"
 *
 * // OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
 * export const program = Effect.logInfo("a log").pipe(
 *   Effect.withSpan("a span"),
 *   Effect.provide(Telemetry.layer({ name: "my-program", version: "1.0.0" }))
 * )
 */
export const layer = (exporting: Exporting): Layer.Layer<never, VariableInvalid> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const read = yield* settings.read
    if (read === undefined) return Layer.empty
    const { layer } = yield* Effect.promise(() => import("./internal/telemetry/exporting.js"))
    return layer(read, resourceOf(exporting, read))
  }))
