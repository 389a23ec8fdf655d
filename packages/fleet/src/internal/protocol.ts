import * as Operation from "@effect-ploop/core/Operation"
import * as OperationError from "@effect-ploop/core/OperationError"
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { DiskHeld, OutcomeUnknown } from "../FleetError.js"
import { Problem } from "../Workflow.js"
import * as address from "./address.js"
import { Read, Result, Step } from "./transfer/steps.js"

/** The operations that return once: a copy needs its caller at the other end. */
export const names = Operation.names.filter((name) => Operation.table[name].shape === "effect")

/** Whether some requests of the operation are queries. */
const hasQueries = (row: Operation.Row): boolean => row.kind === "query" || row.isQuery !== undefined

/** A request, as a caller could have written it. The service of the host checks it again. */
const Query = Schema.Struct({ request: Schema.optional(Schema.Unknown) })

/** The key names the change: the fleet carries out one with the same key once. */
const changeFields = { request: Schema.optional(Schema.Unknown), key: Schema.String }

/** A change that is to be carried out. */
export type Change = Schema.Struct.Type<typeof changeFields>

const query = (name: Operation.Name) =>
  Rpc.make(`query/${name}`, {
    payload: Query,
    success: Operation.table[name].result,
    error: Schema.Union(DiskHeld, OperationError.schemaOf(name))
  })

/** What the storage keeps of a change: how it has ended, and for which request. */
const ended = (name: Operation.Name) =>
  Schema.Union(
    // JSON leaves out a result that is undefined.
    Schema.TaggedStruct("Done", { request: Schema.String, result: Schema.optional(Operation.table[name].result) }),
    Schema.TaggedStruct("Failed", {
      request: Schema.String,
      error: Schema.Union(OutcomeUnknown, DiskHeld, OperationError.schemaOf(name))
    })
  )

/** How a change has ended. */
export type Ended =
  | { readonly _tag: "Done"; readonly request: string; readonly result?: unknown }
  | { readonly _tag: "Failed"; readonly request: string; readonly error: unknown }

/** A change outlives its caller: a later call with the same key gets its outcome. */
const change = (name: Operation.Name) =>
  Rpc.make(`change/${name}`, { payload: changeFields, success: ended(name), primaryKey: ({ key }) => key })
    .annotate(ClusterSchema.Persisted, true)
    .annotate(ClusterSchema.Uninterruptible, true)

const stepFields = { workflow: Schema.String, step: Step, key: Schema.String }

/** A step of a workflow that is to be taken. */
export type TakeStep = Schema.Struct.Type<typeof stepFields>

/** A step of a workflow outlives the process that asks for it. */
const take = Rpc.make("workflow/take", { payload: stepFields, success: Result, primaryKey: ({ key }) => key })
  .annotate(ClusterSchema.Persisted, true)
  .annotate(ClusterSchema.Uninterruptible, true)

/** A part of a file, for the host that receives the disk. */
const read = Rpc.make("workflow/read", { payload: Read, success: Schema.Uint8ArrayFromSelf, error: Problem })

/** The disks of the host. */
const find = Rpc.make("host/find", {
  success: Schema.Array(Schema.String)
})

const procedures: ReadonlyArray<Rpc.Any> = names.flatMap((name) => {
  const row: Operation.Row = Operation.table[name]
  return [...(hasQueries(row) ? [query(name)] : []), ...(row.kind === "query" ? [] : [change(name)])]
})

/** A disk of a host, or the host itself. It lives where the group of its host lives. */
export const DiskEntity = Entity.fromRpcGroup(
  "Disk",
  RpcGroup.make(...procedures, take, read, find).annotate(ClusterSchema.ShardGroup, address.hostOf)
)
