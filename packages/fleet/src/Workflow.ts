/**
 * What a workflow of a fleet is: its request, what has happened in it so far, and its state.
 *
 * @since 0.2.0
 */
import { Disk } from "@effect-ploop/core/Disk"
import { type SnapshotId, SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { HostName } from "./HostName.js"
import { snapshotId } from "./internal/digest.js"

/**
 * A disk of a fleet: its host, and the path of its `DiskDescriptor.xml` there.
 *
 * @since 0.2.0
 * @category schemas
 */
export const DiskOfHost = Schema.Struct({ host: HostName, disk: Disk })

/**
 * @since 0.2.0
 * @category models
 */
export type DiskOfHost = typeof DiskOfHost.Type

/**
 * Moves a disk to another host. The disk must not be running, unless the move is live. A live move copies what the disk
 * has at the beginning while it runs, and waits until a person has unmounted it and resumed the workflow. Then it copies
 * what was written since.
 *
 * - `from`: the disk
 * - `to`: where it will be; its directory must not exist there, or be empty
 * - `live`: whether to begin while the disk runs; by default not
 *
 * @since 0.2.0
 * @category schemas
 */
export const Move = Schema.TaggedStruct("Move", {
  from: DiskOfHost,
  to: DiskOfHost,
  live: Schema.optional(Schema.Boolean)
})

/**
 * Makes a disk on another host from a snapshot of a disk, which may be running.
 *
 * - `from`: the disk
 * - `snapshot`: the snapshot whose state the clone starts from
 * - `to`: where the clone will be; its directory must not exist there, or be empty
 *
 * @since 0.2.0
 * @category schemas
 */
export const Clone = Schema.TaggedStruct("Clone", { from: DiskOfHost, snapshot: SnapshotIdFromSelf, to: DiskOfHost })

/**
 * Takes a snapshot of each disk under one identifier: of all of them, or of none.
 *
 * - `disks`: the disks, in the order in which the snapshots are taken
 *
 * @since 0.2.0
 * @category schemas
 */
export const SnapshotSet = Schema.TaggedStruct("SnapshotSet", { disks: Schema.NonEmptyArray(DiskOfHost) })

/**
 * Takes each disk back to the snapshot of a set: all of them, or none. What was written since is kept as a snapshot. No disk may be
 * running.
 *
 * - `disks`: the disks
 * - `snapshot`: the identifier of the set
 *
 * @since 0.2.0
 * @category schemas
 */
export const RollBack = Schema.TaggedStruct("RollBack", {
  disks: Schema.NonEmptyArray(DiskOfHost),
  snapshot: SnapshotIdFromSelf
})

/**
 * Moves every disk of a host to others. A disk that runs stays, and is reported, unless the drain is live: then each disk
 * has a live move, which waits for a person when the disk runs.
 *
 * - `host`: the host to drain
 * - `to`: the hosts that get its disks, in turn; each disk keeps its path
 * - `concurrency`: how many disks are moved at the same time, those that wait for a person included; 2 by default
 * - `live`: whether to begin while the disks run; by default not
 *
 * @since 0.2.0
 * @category schemas
 */
export const Drain = Schema.TaggedStruct("Drain", {
  host: HostName,
  to: Schema.NonEmptyArray(HostName),
  concurrency: Schema.optionalWith(Schema.Int.pipe(Schema.between(1, 64)), { default: () => 2 }),
  live: Schema.optional(Schema.Boolean)
})

/**
 * What a workflow is to do.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Request = Schema.Union(Move, Clone, SnapshotSet, RollBack, Drain)

/**
 * @since 0.2.0
 * @category models
 */
export type Request = typeof Request.Type

/**
 * The kinds of workflows.
 *
 * @since 0.2.0
 * @category models
 */
export type Kind = Request["_tag"]

/**
 * Why a step has not succeeded.
 *
 * - `tag`: the tag of the error
 * - `reason`: its message
 * - `kind`: what follows. `transient`: the step is repeated after `retryAfter`. `person`: the workflow waits until somebody
 *   resumes it or gives it up. `refused`: nothing can help, so the workflow undoes what it has done. `givenUp`: somebody gave it up.
 * - `retryAfter`: milliseconds; absent when the step is not repeated without a person
 *
 * @since 0.2.0
 * @category errors
 */
export class Problem extends Schema.TaggedError<Problem>("@effect-ploop/fleet/Workflow/Problem")("Problem", {
  tag: Schema.String,
  reason: Schema.String,
  kind: Schema.Literal("transient", "person", "refused", "givenUp"),
  retryAfter: Schema.optional(Schema.Number)
}) {
  override get message(): string {
    return `${this.tag}: ${this.reason}`
  }
}

/**
 * What a person decides about a workflow that waits.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Decision = Schema.Literal("resume", "giveUp")

/**
 * @since 0.2.0
 * @category models
 */
export type Decision = typeof Decision.Type

/**
 * How a workflow has ended.
 *
 * - `Done`: it has done what was requested
 * - `Failed`: it has not, because of `problem`; what it had done is undone
 *
 * In `left` are sentences about what somebody gave up: what is still there and must be removed by hand.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Outcome = Schema.Union(
  Schema.TaggedStruct("Done", { left: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("Failed", { problem: Problem, left: Schema.Array(Schema.String) })
)

/**
 * @since 0.2.0
 * @category models
 */
export type Outcome = typeof Outcome.Type

const ofStep = { at: Schema.DateTimeUtc, step: Schema.String, attempt: Schema.Int }

/**
 * Something that has happened in a workflow.
 *
 * - `Begun`: an attempt of a step has begun; `canGiveUp` says whether a person may end it
 * - `Unreachable`: it waits until `host` responds
 * - `Succeeded`, `Failed`: how the attempt has ended
 * - `Decided`: what a person has decided
 * - `Ended`: how the workflow has ended
 *
 * @since 0.2.0
 * @category schemas
 */
export const Event = Schema.Union(
  Schema.TaggedStruct("Begun", { ...ofStep, canGiveUp: Schema.Boolean }),
  Schema.TaggedStruct("Unreachable", { ...ofStep, host: Schema.String }),
  Schema.TaggedStruct("Succeeded", ofStep),
  Schema.TaggedStruct("Failed", { ...ofStep, problem: Problem }),
  Schema.TaggedStruct("Decided", { ...ofStep, decision: Decision }),
  Schema.TaggedStruct("Ended", { at: Schema.DateTimeUtc, outcome: Outcome })
)

/**
 * @since 0.2.0
 * @category models
 */
export type Event = typeof Event.Type

/**
 * A workflow, with what has happened in it so far.
 *
 * - `id`: its identifier; it follows from its kind and its key
 * - `key`: the name that its caller gave to it
 * - `request`: what it is to do
 * - `startedAt`: when it was requested
 * - `history`: what has happened, the oldest first
 *
 * @since 0.2.0
 * @category schemas
 */
export const Workflow = Schema.Struct({
  id: Schema.String,
  key: Schema.String,
  request: Request,
  startedAt: Schema.DateTimeUtc,
  history: Schema.Array(Event)
})

/**
 * @since 0.2.0
 * @category models
 */
export type Workflow = typeof Workflow.Type

/**
 * Where a workflow stands.
 *
 * - `running`: a step is being carried out, or the next one is about to begin
 * - `unreachable`: it waits for a host, and goes on when that responds
 * - `waiting`: it waits for a person
 * - `done`, `failed`: it has ended
 *
 * @since 0.2.0
 * @category models
 */
export interface State {
  /** Which of them. */
  readonly name: "running" | "unreachable" | "waiting" | "done" | "failed"
  /** The last step that has begun; absent before the first one. */
  readonly step?: string | undefined
  /** The attempt of that step, from 1; 0 before the first one. */
  readonly attempt: number
  /** Whether a person may give it up now. */
  readonly canGiveUp: boolean
  /** The problem of that step, or of the workflow. */
  readonly problem?: Problem | undefined
}

/**
 * Where a workflow stands, from its history.
 *
 * @since 0.2.0
 * @category queries
 */
export const state = ({ history }: Pick<Workflow, "history">): State =>
  history.reduce<State>((before, event) => {
    switch (event._tag) {
      case "Begun":
        return { name: "running", step: event.step, attempt: event.attempt, canGiveUp: event.canGiveUp }
      case "Unreachable":
        return { ...before, name: "unreachable" }
      case "Succeeded":
      case "Decided":
        return { ...before, name: "running", problem: undefined, canGiveUp: false }
      case "Failed": {
        const waits = event.problem.kind === "person"
        return {
          ...before,
          name: waits ? "waiting" : "running",
          problem: event.problem,
          canGiveUp: waits && before.canGiveUp
        }
      }
      case "Ended":
        return {
          ...before,
          name: event.outcome._tag === "Done" ? "done" : "failed",
          canGiveUp: false,
          problem: event.outcome._tag === "Failed" ? event.outcome.problem : undefined
        }
    }
  }, { name: "running", attempt: 0, canGiveUp: false })

/**
 * How a workflow has ended; undefined while it has not.
 *
 * @since 0.2.0
 * @category queries
 */
export const outcome = ({ history }: Pick<Workflow, "history">): Outcome | undefined => {
  const last = history.at(-1)
  return last?._tag === "Ended" ? last.outcome : undefined
}

/**
 * The identifier that the snapshots of a set have, from that of its workflow.
 *
 * @since 0.2.0
 * @category queries
 */
export const snapshotOf = (id: string): Effect.Effect<SnapshotId> => snapshotId(`set ${id}`)

/**
 * The identifier of the snapshot that a live move takes, and deletes at its end.
 *
 * - `id`: that of the workflow
 *
 * @since 0.2.0
 * @category queries
 */
export const snapshotOfMove = (id: string): Effect.Effect<SnapshotId> => snapshotId(`move ${id}`)

const places = (disks: ReadonlyArray<DiskOfHost>): string => disks.map(({ disk, host }) => `${host}:${disk}`).join(", ")

const manner = ({ live }: { readonly live?: boolean | undefined }): string => live === true ? " live" : ""

/**
 * What a workflow is to do, as a line of text.
 *
 * @since 0.2.0
 * @category conversions
 */
export const describe = (request: Request): string => {
  switch (request._tag) {
    case "Move":
      return `move ${places([request.from])} to ${places([request.to])}${manner(request)}`
    case "Clone":
      return `clone ${places([request.from])} at ${request.snapshot} to ${places([request.to])}`
    case "SnapshotSet":
      return `snapshot ${places(request.disks)}`
    case "RollBack":
      return `roll ${places(request.disks)} back to ${request.snapshot}`
    case "Drain":
      return `drain ${request.host} to ${request.to.join(", ")}${manner(request)}`
  }
}

/**
 * An event, as a line of text.
 *
 * @since 0.2.0
 * @category conversions
 */
export const describeEvent = (event: Event): string => {
  const at = DateTime.formatIso(event.at)
  if (event._tag === "Ended") {
    return `${at} ended: ${event.outcome._tag === "Done" ? "done" : `failed: ${event.outcome.problem.message}`}`
  }
  const step = `${at} ${event.step}${event.attempt > 1 ? ` (attempt ${event.attempt})` : ""}`
  switch (event._tag) {
    case "Begun":
      return `${step} has begun`
    case "Unreachable":
      return `${step} waits for ${event.host}`
    case "Succeeded":
      return `${step} has succeeded`
    case "Failed":
      return `${step} has failed: ${event.problem.message}`
    case "Decided":
      return `${step}: a person has decided to ${event.decision === "resume" ? "resume it" : "give it up"}`
  }
}
