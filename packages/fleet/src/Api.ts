/**
 * What the web page of a fleet shows, as an HTTP API with JSON: the hosts, their disks and snapshots, and the workflows. It
 * changes nothing.
 *
 * @example
 * import { Api } from "@effect-ploop/fleet"
 * import { HttpApiClient } from "@effect/platform"
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 *
 * export const program = Effect.gen(function*() {
 *   const fleet = yield* HttpApiClient.make(Api.Api, { baseUrl: "http://127.0.0.1:7180" })
 *   yield* Console.log(yield* fleet.disks({ urlParams: { search: "101" } }))
 * }).pipe(Effect.provide(NodeHttpClient.layer))
 *
 * @since 0.2.0
 */
import { SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { Workflow } from "./Workflow.js"

/**
 * The fleet has no such host, disk or workflow: status 404.
 *
 * - `tag`: the tag of the error of the fleet
 * - `reason`: its message
 *
 * @since 0.2.0
 * @category errors
 */
export class NotFound extends Schema.TaggedError<NotFound>("@effect-ploop/fleet/Api/NotFound")(
  "NotFound",
  { tag: Schema.String, reason: Schema.String },
  HttpApiSchema.annotations({ status: 404 })
) {
  override get message(): string {
    return this.reason
  }
}

/**
 * The fleet cannot say it now, because its storage or a host does not respond, or a workflow holds the disk: status 503.
 *
 * - `tag`: the tag of the error of the fleet
 * - `reason`: its message
 *
 * @since 0.2.0
 * @category errors
 */
export class Unavailable extends Schema.TaggedError<Unavailable>("@effect-ploop/fleet/Api/Unavailable")(
  "Unavailable",
  { tag: Schema.String, reason: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {
  override get message(): string {
    return this.reason
  }
}

/**
 * A host.
 *
 * - `name`: its name
 * - `isManaged`: whether a process manages it now
 *
 * @since 0.2.0
 * @category schemas
 */
export const Host = Schema.Struct({ name: Schema.String, isManaged: Schema.Boolean })

/**
 * Disks that were found.
 *
 * - `disks`: each with its host, and the path of its descriptor there
 * - `unanswered`: the hosts that have not said which disks they have, each with the reason
 * - `isComplete`: whether these are all that were found; there are more than `limit` otherwise
 *
 * @since 0.2.0
 * @category schemas
 */
export const Disks = Schema.Struct({
  disks: Schema.Array(Schema.Struct({ host: Schema.String, disk: Schema.String })),
  unanswered: Schema.Array(Schema.Struct({ host: Schema.String, reason: Schema.String })),
  isComplete: Schema.Boolean
})

/**
 * @since 0.2.0
 * @category models
 */
export type Disks = typeof Disks.Type

/**
 * A snapshot of a disk.
 *
 * - `id`: its identifier
 * - `parent`: that of its parent; absent for the first one
 * - `temporary`: whether it is a temporary snapshot
 *
 * @since 0.2.0
 * @category schemas
 */
export const Snapshot = Schema.Struct({
  id: SnapshotIdFromSelf,
  parent: Schema.optional(SnapshotIdFromSelf),
  temporary: Schema.Boolean
})

/**
 * A workflow with its history.
 *
 * - `state`: where it stands; see `Workflow.State`
 *
 * @since 0.2.0
 * @category schemas
 */
export const Listed = Schema.Struct({
  ...Workflow.fields,
  state: Schema.Literal("running", "unreachable", "waiting", "done", "failed")
})

/**
 * @since 0.2.0
 * @category models
 */
export type Listed = typeof Listed.Type

/**
 * Which disks to find.
 *
 * - `search`: a text that the host or the path has in it, in upper or lower case
 * - `host`: the only host to ask
 * - `limit`: how many to return at most; 1000 by default
 *
 * @since 0.2.0
 * @category schemas
 */
export const DisksWanted = Schema.Struct({
  search: Schema.optional(Schema.String),
  host: Schema.optional(Schema.String),
  limit: Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100_000)))
})

/**
 * Which workflows to list.
 *
 * - `search`: a text that its identifier, its key, its state or its request has in it, in upper or lower case
 * - `ended`: `yes` for those that have ended, too
 *
 * @since 0.2.0
 * @category schemas
 */
export const WorkflowsWanted = Schema.Struct({
  search: Schema.optional(Schema.String),
  ended: Schema.optional(Schema.Literal("yes", "no"))
})

/**
 * The API, below `/api`.
 *
 * @since 0.2.0
 * @category api
 */
export const Api = HttpApi.make("fleet").add(
  HttpApiGroup.make("fleet", { topLevel: true })
    .add(HttpApiEndpoint.get("hosts", "/hosts").addSuccess(Schema.Array(Host)))
    .add(HttpApiEndpoint.get("disks", "/disks").setUrlParams(DisksWanted).addSuccess(Disks))
    .add(
      HttpApiEndpoint.get("snapshots", "/snapshots")
        .setUrlParams(Schema.Struct({ host: Schema.String, disk: Schema.String }))
        .addSuccess(Schema.Array(Snapshot))
    )
    .add(HttpApiEndpoint.get("workflows", "/workflows").setUrlParams(WorkflowsWanted).addSuccess(Schema.Array(Listed)))
    .add(
      HttpApiEndpoint.get("workflow", "/workflows/:id").setPath(Schema.Struct({ id: Schema.String })).addSuccess(Listed)
    )
    .addError(NotFound)
    .addError(Unavailable)
    .prefix("/api")
)
