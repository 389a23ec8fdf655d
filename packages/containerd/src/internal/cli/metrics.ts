import * as Prometheus from "@effect-ploop/maintenance/Prometheus"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { StorageFailed } from "../../StorageError.js"
import * as durable from "../durable.js"

/** How often the file is replaced. */
const period = "15 seconds"

/** The collector reads no file whose name does not end with .prom, and none that is half written. */
const write = (file: string) => Effect.flatMap(Prometheus.text, (text) => durable.replaceFile(file, text))

/** Writes the metrics of this process for the time of the scope. It fails when the file cannot be written at first. */
export const writing = (file: string) =>
  Effect.gen(function*() {
    yield* Effect.mapError(
      write(file),
      ({ message }) => new StorageFailed({ step: `write the metrics to ${file}`, reason: message })
    )
    yield* Effect.forkScoped(Effect.schedule(Effect.ignoreLogged(write(file)), Schedule.spaced(period)))
  })
