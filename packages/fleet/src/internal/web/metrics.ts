import * as Prometheus from "@effect-ploop/maintenance/Prometheus"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type { View } from "../view.js"

const storageUp = Metric.gauge("ploop_fleet_storage_up", { description: "Whether the storage of the fleet responds." })

const hosts = Metric.gauge("ploop_fleet_hosts", {
  description: "The hosts of the fleet, by whether a process manages them."
})

const workflows = Metric.gauge("ploop_fleet_workflows", {
  description: "The workflows that have not ended, by their state."
})

const states = ["running", "unreachable", "waiting"] as const

const count = (metric: Metric.Metric.Gauge<number>, label: string, value: string, number: number) =>
  Metric.set(Metric.tagged(metric, label, value), number)

const measure = (view: View) =>
  Effect.gen(function*() {
    const all = yield* view.hosts
    const managed = all.filter(({ isManaged }) => isManaged).length
    yield* count(hosts, "managed", "yes", managed)
    yield* count(hosts, "managed", "no", all.length - managed)
    const running = yield* view.workflows({})
    yield* Effect.forEach(states, (state) =>
      count(workflows, "state", state, running.filter((workflow) => workflow.state === state).length))
  })

/** Those of the fleet stay as they were while its storage does not respond. */
const update = (view: View) =>
  Effect.flatMap(
    Effect.isSuccess(Effect.timeout(measure(view), "5 seconds")),
    (isUp) => Metric.set(storageUp, isUp ? 1 : 0)
  )

/** Keeps the metrics of the fleet current for the time of the scope, for exporters, which do not ask for them. */
export const updating = (view: View) =>
  Effect.repeat(update(view), Schedule.spaced("10 seconds")).pipe(Effect.withTracerEnabled(false), Effect.forkScoped)

/** The metrics of the process. */
export const metrics = (view: View) =>
  Effect.gen(function*() {
    yield* update(view)
    return HttpServerResponse.text(yield* Prometheus.text, { contentType: Prometheus.contentType })
  })

/** The storage knows no such workflow, but it says so. */
const probe = "health"

export const health = (view: View) =>
  view.workflow(probe).pipe(
    Effect.catchTag("NotFound", () => Effect.void),
    Effect.timeout("5 seconds"),
    Effect.isSuccess,
    Effect.flatMap((isUp) =>
      HttpServerResponse.json({ status: isUp ? "ok" : "unavailable" }, { status: isUp ? 200 : 503 })
    ),
    Effect.orDie
  )
