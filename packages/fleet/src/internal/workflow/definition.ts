import * as Workflow from "@effect/workflow/Workflow"
import * as Schema from "effect/Schema"
import { Outcome, Request } from "../../Workflow.js"

/** Every workflow of a fleet. It never fails: its outcome says how it has ended. */
export const FleetWorkflow = Workflow.make({
  name: "Fleet",
  payload: { id: Schema.String, request: Request },
  success: Outcome,
  idempotencyKey: ({ id }) => id
})
