import type { PersistenceError } from "@effect/cluster/ClusterError"
import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CannotDecide, KeyTaken, StorageFailed, UnknownWorkflow } from "../../FleetError.js"
import * as Workflow from "../../Workflow.js"
import { Workflows } from "../../Workflows.js"
import { sha256 } from "../digest.js"
import { Records, type Row } from "../journal.js"
import { check } from "./check.js"
import { FleetWorkflow } from "./definition.js"
import { decisionName, decisionOf } from "./step.js"

type Store = Context.Tag.Service<Records>

const stored = (isRecorded: boolean) => <A>(effect: Effect.Effect<A, PersistenceError>) =>
  Effect.mapError(effect, (error) => new StorageFailed({ reason: String(error.cause), isRecorded }))

const Request = Schema.parseJson(Workflow.Request)

const Event = Schema.parseJson(Workflow.Event)

/** The same for the same kind and key. */
const idOf = (kind: Workflow.Kind, key: string) =>
  Effect.map(sha256(new TextEncoder().encode(`${kind} ${key}`)), (digest) => digest.slice(0, 16))

/** What the storage has is what this package has written there. */
const workflowOf = (records: Store, row: Row) =>
  Effect.gen(function*() {
    const events = yield* stored(false)(records.events(row.id))
    return {
      id: row.id,
      key: row.key,
      request: yield* Effect.orDie(Schema.decode(Request)(row.request)),
      startedAt: DateTime.unsafeMake(row.startedAt),
      history: yield* Effect.forEach(events, (text) => Effect.orDie(Schema.decode(Event)(text)))
    }
  })

const get = (records: Store) => (id: string) =>
  Effect.flatMap(
    stored(false)(records.get(id)),
    (row): Effect.Effect<Workflow.Workflow, StorageFailed | UnknownWorkflow> =>
      Option.isSome(row) ? workflowOf(records, row.value) : new UnknownWorkflow({ id })
  )

/** Why nobody can decide; undefined when somebody can. */
const hindrance = (state: Workflow.State, decision: Workflow.Decision): string | undefined => {
  if (state.name === "done" || state.name === "failed") return "it has ended"
  if (decision === "resume" && state.name !== "waiting") return "it does not wait for a person"
  if (decision === "giveUp" && state.name === "running") return "a step is running"
  return decision === "giveUp" && !state.canGiveUp ? "the outcome of the step must be known first" : undefined
}

/** How long a workflow may take to see what was decided. */
const patience = 20

const make = (known: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const records = yield* Records
    const engine = yield* WorkflowEngine
    const provided = Effect.provideService(WorkflowEngine, engine)
    const find = get(records)

    /** A decision that arrives while the workflow is going to sleep does not wake it, so it is woken until it has seen it. */
    const wake = (id: string, executionId: string, attempt: { readonly step: string; readonly attempt: number }) =>
      Effect.gen(function*() {
        for (let tries = 0; tries < patience; tries++) {
          yield* provided(FleetWorkflow.resume(executionId))
          yield* Effect.sleep("250 millis")
          const now = Workflow.state(yield* find(id))
          if (
            now.step !== attempt.step || now.attempt !== attempt.attempt || now.name === "done" || now.name === "failed"
          ) return
        }
      })

    const decide = (decision: Workflow.Decision) => (id: string) =>
      Effect.gen(function*() {
        const workflow = yield* find(id)
        const state = Workflow.state(workflow)
        const reason = hindrance(state, decision)
        const { attempt, step } = state
        if (reason !== undefined || step === undefined) {
          return yield* new CannotDecide({ id, decision, reason: reason ?? "it has not begun" })
        }
        const event: Workflow.Event = { _tag: "Decided", at: yield* DateTime.now, step, attempt, decision }
        const text = Schema.encodeSync(Event)(event)
        yield* stored(true)(records.append(id, { name: decisionName(step, attempt), text, ends: false }))
        if (state.name !== "waiting") return
        const executionId = yield* FleetWorkflow.executionId(workflow)
        const deferred = decisionOf(step, attempt)
        yield* provided(DurableDeferred.done(deferred, {
          token: DurableDeferred.tokenFromExecutionId(deferred, { workflow: FleetWorkflow, executionId }),
          exit: Exit.succeed(decision)
        }))
        yield* wake(id, executionId, { step, attempt })
      })

    const ended: Workflows["ended"] = (id) =>
      Effect.flatMap(Effect.map(find(id), Workflow.outcome), (outcome) =>
        outcome === undefined
          ? Effect.flatMap(Effect.sleep("250 millis"), () => ended(id))
          : Effect.succeed(outcome))

    const run = (id: string, request: Workflow.Request) =>
      provided(FleetWorkflow.execute({ id, request }, { discard: true }))

    const service: Workflows = {
      start: (given, { key }) =>
        Effect.gen(function*() {
          const request = yield* check(given, key, known)
          const id = yield* idOf(request._tag, key)
          const text = yield* Effect.orDie(Schema.encode(Request)(request))
          const startedAt = yield* Clock.currentTimeMillis
          const row = yield* stored(true)(records.add({ id, key, request: text, startedAt }))
          if (row.request !== text) return yield* new KeyTaken({ key, id })
          yield* run(id, request)
          return id
        }),
      get: find,
      list: ({ ended = false } = {}) =>
        Effect.flatMap(
          stored(false)(records.list({ ended })),
          (rows) => Effect.forEach(rows, (row) => workflowOf(records, row))
        ),
      ended,
      resume: decide("resume"),
      giveUp: decide("giveUp")
    }
    return { service, run }
  })

/** Starts again what was recorded, but not started, when a process was killed. */
const restart = (records: Store, run: (id: string, request: Workflow.Request) => Effect.Effect<unknown>) =>
  Effect.gen(function*() {
    for (const row of yield* records.list({ ended: false })) {
      if ((yield* records.events(row.id)).length > 0) continue
      yield* run(row.id, yield* Effect.orDie(Schema.decode(Request)(row.request)))
    }
  })

export const layer = (known: ReadonlyArray<string>) =>
  Layer.scoped(
    Workflows,
    Effect.gen(function*() {
      const { run, service } = yield* make(known)
      yield* Effect.forkScoped(Effect.ignoreLogged(restart(yield* Records, run)))
      return service
    })
  )
