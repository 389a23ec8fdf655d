import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Host, Snapshot } from "../../Api.js"
import { Decision, Request, Workflow } from "../../Workflow.js"

/** What the fleet has refused, or could not do. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { tag: Schema.String, reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** A disk of a fleet, or the reason why a host did not say which it has. */
export const Found = Schema.Struct({
  host: Schema.String,
  disk: Schema.optional(Schema.String),
  problem: Schema.optional(Schema.String)
})

/** What the command asks of the process that serves the fleet. */
export const Control = RpcGroup.make(
  Rpc.make("hosts", { success: Schema.Array(Host), error: Refused }),
  Rpc.make("disks", { success: Schema.Array(Found), error: Refused }),
  Rpc.make("snapshots", {
    payload: { host: Schema.String, disk: Schema.String },
    success: Schema.Array(Snapshot),
    error: Refused
  }),
  Rpc.make("workflows", { payload: { ended: Schema.Boolean }, success: Schema.Array(Workflow), error: Refused }),
  Rpc.make("workflow", { payload: { id: Schema.String }, success: Workflow, error: Refused }),
  Rpc.make("start", { payload: { request: Request, key: Schema.String }, success: Schema.String, error: Refused }),
  Rpc.make("decide", { payload: { id: Schema.String, decision: Decision }, error: Refused })
)
