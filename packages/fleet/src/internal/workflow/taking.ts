import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { DiskOfHost, Problem } from "../../Workflow.js"
import * as address from "../address.js"
import { type Result, type Step, Taken } from "../transfer/steps.js"
import type { Environment } from "./environment.js"
import { type Durable, step } from "./step.js"

/** What a workflow does at one disk. */
export type Take = (
  name: string,
  taken: Step,
  options?: { readonly canGiveUp?: boolean }
) => Durable<Taken, Problem>

/** Asks the host for a step. Until the storage has the request, nothing has happened. */
const ask = ({ id, send }: Environment, entity: string, key: string, taken: Step) =>
  send(entity)["workflow/take"]!({ workflow: id, step: taken, key }).pipe(
    Effect.retry(Schedule.spaced("1 second")),
    Effect.orDie,
    // The schema of the procedure says so.
    Effect.map((result) => result as Result)
  )

/** The entity of a disk. */
export const entityOf = ({ disk, host }: DiskOfHost): string => address.format(host, disk)

/** The steps at a disk. */
export const at = (env: Environment, disk: DiskOfHost): Take => (name, taken, { canGiveUp } = {}) =>
  step(env, {
    name,
    success: Taken,
    canGiveUp,
    run: ({ key, waitFor }) =>
      Effect.flatMap(
        waitFor(disk.host, ask(env, entityOf(disk), key, taken)),
        (result): Effect.Effect<Taken, Problem> =>
          result._tag === "Taken" ? Effect.succeed(result.taken) : result.problem
      )
  })
