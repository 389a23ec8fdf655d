/**
 * The metrics of the process in the text format of Prometheus, for its node exporter
 * or an endpoint of your own.
 *
 * @example
 * import { Prometheus } from "@effect-ploop/maintenance"
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const write = Effect.gen(function*() {
 *   const fs = yield* FileSystem.FileSystem
 *   yield* fs.writeFileString("/var/lib/node_exporter/ploop.prom", yield* Prometheus.text)
 * })
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as internal from "./internal/prometheus.js"

/**
 * Every metric of the process: those of the operations, of `Usage`, and of the
 * application.
 *
 * @since 0.2.0
 * @category queries
 */
export const text: Effect.Effect<string> = Effect.flatMap(Metric.snapshot, internal.format)

/**
 * The media type of {@link text}.
 *
 * @since 0.2.0
 * @category constants
 */
export const contentType: string = internal.contentType
