import type * as PloopError from "@effect-ploop/core/PloopError"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Api from "../Api.js"
import * as Fleet from "../Fleet.js"
import type * as FleetError from "../FleetError.js"
import * as Workflow from "../Workflow.js"
import { Workflows } from "../Workflows.js"

type Failure =
  | FleetError.QueryError
  | FleetError.StorageFailed
  | FleetError.UnknownWorkflow
  | PloopError.PloopError

const missing: ReadonlyArray<string> = ["UnknownHost", "UnknownWorkflow", "DiskNotFound"] satisfies ReadonlyArray<
  Failure["_tag"]
>

const failing = <A, E extends { readonly _tag: string; readonly message: string }>(effect: Effect.Effect<A, E>) =>
  Effect.mapError(effect, ({ _tag, message }) =>
    missing.includes(_tag)
      ? new Api.NotFound({ tag: _tag, reason: message })
      : new Api.Unavailable({ tag: _tag, reason: message }))

/** Whether one of the texts has the text in it that is searched. */
const matching = (search: string | undefined, ...texts: ReadonlyArray<string>): boolean =>
  search === undefined || texts.some((text) => text.toLowerCase().includes(search.toLowerCase()))

interface Answer {
  readonly host: string
  readonly disks: ReadonlyArray<string>
  readonly reason?: string
}

/** A host that does not respond does not hide the disks of the others. */
const ask = (fleet: Fleet.Fleet) => ({ isManaged, name }: Fleet.Host): Effect.Effect<Answer> =>
  isManaged
    ? Effect.match(fleet.disks(name, { timeout: "10 seconds" }), {
      onFailure: ({ message }) => ({ host: name, disks: [], reason: message }),
      onSuccess: (disks) => ({ host: name, disks })
    })
    : Effect.succeed({ host: name, disks: [], reason: `host ${name} is unreachable: no process manages it` })

const found = (answers: ReadonlyArray<Answer>, { limit = 1000, search }: typeof Api.DisksWanted.Type): Api.Disks => {
  const disks = answers
    .flatMap(({ disks, host }) => disks.map((disk) => ({ host, disk })))
    .filter(({ disk, host }) => matching(search, host, disk))
  return {
    disks: disks.slice(0, limit),
    unanswered: answers.flatMap(({ host, reason }) => reason === undefined ? [] : [{ host, reason }]),
    isComplete: disks.length <= limit
  }
}

const listed = (workflow: Workflow.Workflow): Api.Listed => ({ ...workflow, state: Workflow.state(workflow).name })

/** What a person wants to see of a fleet. */
export const view = Effect.gen(function*() {
  const fleet = yield* Fleet.Fleet
  const workflows = yield* Workflows
  const hosts = failing(fleet.hosts)
  return {
    hosts,
    disks: (wanted: typeof Api.DisksWanted.Type) =>
      Effect.gen(function*() {
        const all = yield* hosts
        const asked = wanted.host === undefined ? all : all.filter(({ name }) => name === wanted.host)
        if (asked.length === 0) {
          return yield* new Api.NotFound({ tag: "UnknownHost", reason: `the fleet has no host ${wanted.host}` })
        }
        return found(yield* Effect.forEach(asked, ask(fleet), { concurrency: 16 }), wanted)
      }),
    snapshots: ({ disk, host }: { readonly disk: string; readonly host: string }) =>
      Effect.map(failing(fleet.query(host, "listSnapshots", { disk })), SnapshotTree.nodes),
    workflows: ({ ended, search }: typeof Api.WorkflowsWanted.Type) =>
      Effect.map(
        failing(workflows.list({ ended: ended === "yes" })),
        (all) =>
          all.map(listed).filter(({ id, key, request, state }) =>
            matching(search, id, key, state, Workflow.describe(request))
          )
      ),
    workflow: (id: string) => Effect.map(failing(workflows.get(id)), listed)
  }
})

export type View = Effect.Effect.Success<typeof view>
