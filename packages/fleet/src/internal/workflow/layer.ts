import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Outcome, Request } from "../../Workflow.js"
import * as client from "../client.js"
import * as fleet from "../fleet.js"
import { Records } from "../journal.js"
import { send } from "../send.js"
import { FleetWorkflow } from "./definition.js"
import { drain, type Start } from "./drain.js"
import { type Environment, record } from "./environment.js"
import { clone, move } from "./move.js"
import { rollBackAll, snapshotAll } from "./sets.js"
import type { Durable } from "./step.js"

const body = (env: Environment, start: Start, request: Request): Durable<Outcome> => {
  switch (request._tag) {
    case "Move":
      return move(env, request)
    case "Clone":
      return clone(env, request.from, request.snapshot, request.to)
    case "SnapshotSet":
      return snapshotAll(env, request.disks)
    case "RollBack":
      return rollBackAll(env, request.disks, request.snapshot)
    case "Drain":
      return drain(env, start, request)
  }
}

/** The workflows, by what their steps need. */
export const layerOf = (shared: Omit<Environment, "id">) =>
  Layer.unwrapEffect(Effect.map(WorkflowEngine, (engine) => {
    const start: Start = (id, request) =>
      Effect.provideService(FleetWorkflow.execute({ id, request }, { discard: true }), WorkflowEngine, engine)
    return FleetWorkflow.toLayer(({ id, request }) => {
      const env: Environment = { ...shared, id }
      return Effect.tap(body(env, start, request), (outcome) => record(env, "ended", { _tag: "Ended", outcome }))
    })
  }))

/** The workflows that this process carries out. */
export const layer = (delays: ReadonlyArray<Duration.DurationInput>) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const sender = yield* send
    const isManaged = fleet.isManagedIn(yield* RunnerStorage.RunnerStorage)
    return layerOf({
      records: yield* Records,
      send: sender,
      isManaged,
      methods: client.make(sender, isManaged),
      delays: delays.map((delay) => Duration.decode(delay))
    })
  }))
