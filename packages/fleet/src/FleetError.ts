/**
 * What can fail in a fleet beside the operation itself.
 *
 * @since 0.2.0
 */
import * as Operation from "@effect-ploop/core/Operation"
import * as Schema from "effect/Schema"

/**
 * No process of the fleet manages the host now, or it did not respond in time.
 *
 * - `host`: the name of the host
 * - `reason`: what was waited for
 * - `isRecorded`: whether the call is a change that the fleet has recorded. Then the host carries it out as soon as it is
 *   back, and the same call with the same key returns its outcome.
 *
 * @since 0.2.0
 * @category errors
 */
export class HostUnreachable extends Schema.TaggedError<HostUnreachable>("@effect-ploop/fleet/HostUnreachable")(
  "HostUnreachable",
  { host: Schema.String, reason: Schema.String, isRecorded: Schema.Boolean }
) {
  override get message(): string {
    return `host ${this.host} is unreachable: ${this.reason}`
  }
}

/**
 * The fleet has no host of this name. Nothing was touched.
 *
 * - `host`: the name that was given
 * - `known`: the names of the hosts of the fleet
 *
 * @since 0.2.0
 * @category errors
 */
export class UnknownHost extends Schema.TaggedError<UnknownHost>("@effect-ploop/fleet/UnknownHost")("UnknownHost", {
  host: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `the fleet has no host ${this.host}; it has ${this.known.join(", ")}`
  }
}

/**
 * The key was used before, for the same operation of the same disk with other options. Nothing was touched.
 *
 * - `key`: the key
 * - `operation`: the operation
 *
 * @since 0.2.0
 * @category errors
 */
export class KeyReused extends Schema.TaggedError<KeyReused>("@effect-ploop/fleet/KeyReused")("KeyReused", {
  key: Schema.String,
  operation: Operation.Name
}) {
  override get message(): string {
    return `the key ${this.key} was used for ${this.operation} with other options`
  }
}

/**
 * The process that manages the host was killed while the change was running. The change may have happened, fully or in
 * part, and the fleet does not repeat it. The same key returns this error again: inspect the disk, and make
 * what is missing a change with a new key.
 *
 * - `host`: the host
 * - `operation`: the operation
 * - `subject`: the disk, device or directory that it was about
 *
 * @since 0.2.0
 * @category errors
 */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>("@effect-ploop/fleet/OutcomeUnknown")(
  "OutcomeUnknown",
  { host: Schema.String, operation: Schema.String, subject: Schema.String }
) {
  override get message(): string {
    return `the process that manages ${this.host} was killed during ${this.operation} of ${this.subject}: ` +
      "it may have happened"
  }
}

/**
 * The storage of the fleet failed, or cannot be reached.
 *
 * - `reason`: the error of the storage
 * - `isRecorded`: whether the call may be a change that the fleet has recorded: the same call with the same key returns its outcome
 *
 * @since 0.2.0
 * @category errors
 */
export class StorageFailed extends Schema.TaggedError<StorageFailed>("@effect-ploop/fleet/StorageFailed")(
  "StorageFailed",
  { reason: Schema.String, isRecorded: Schema.Boolean }
) {
  override get message(): string {
    return `the storage of the fleet failed: ${this.reason}`
  }
}

/**
 * Too many calls wait for the disk. Nothing was touched.
 *
 * - `host`: the host
 * - `subject`: the disk, device or directory
 *
 * @since 0.2.0
 * @category errors
 */
export class Busy extends Schema.TaggedError<Busy>("@effect-ploop/fleet/Busy")("Busy", {
  host: Schema.String,
  subject: Schema.String
}) {
  override get message(): string {
    return `too many calls wait for ${this.subject} on ${this.host}`
  }
}

/**
 * A process cannot be part of the fleet as its options say.
 *
 * - `field`: the option
 * - `value`: its value
 * - `rule`: the rule that it breaks
 *
 * @since 0.2.0
 * @category errors
 */
export class InvalidFleet extends Schema.TaggedError<InvalidFleet>("@effect-ploop/fleet/InvalidFleet")("InvalidFleet", {
  field: Schema.String,
  value: Schema.String,
  rule: Schema.String
}) {
  override get message(): string {
    return `${this.field} is ${this.value}, but ${this.rule}`
  }
}

/**
 * A workflow holds the disk, because it moves it. Nothing was touched. The outcome belongs to the key of the change: make the change with
 * a new key once the workflow has ended.
 *
 * - `host`: the host
 * - `subject`: the disk
 * - `workflow`: the identifier of the workflow
 *
 * @since 0.2.0
 * @category errors
 */
export class DiskHeld extends Schema.TaggedError<DiskHeld>("@effect-ploop/fleet/DiskHeld")("DiskHeld", {
  host: Schema.String,
  subject: Schema.String,
  workflow: Schema.String
}) {
  override get message(): string {
    return `the workflow ${this.workflow} holds ${this.subject} on ${this.host}`
  }
}

/**
 * The request of a workflow breaks a rule. Nothing was touched.
 *
 * - `field`: the field
 * - `value`: its value
 * - `rule`: the rule that it breaks
 *
 * @since 0.2.0
 * @category errors
 */
export class InvalidRequest
  extends Schema.TaggedError<InvalidRequest>("@effect-ploop/fleet/InvalidRequest")("InvalidRequest", {
    field: Schema.String,
    value: Schema.String,
    rule: Schema.String
  })
{
  override get message(): string {
    return `${this.field} is ${this.value}, but ${this.rule}`
  }
}

/**
 * The key was used before, for a workflow of the same kind with another request. Nothing was touched.
 *
 * - `key`: the key
 * - `id`: the identifier of that workflow
 *
 * @since 0.2.0
 * @category errors
 */
export class KeyTaken extends Schema.TaggedError<KeyTaken>("@effect-ploop/fleet/KeyTaken")("KeyTaken", {
  key: Schema.String,
  id: Schema.String
}) {
  override get message(): string {
    return `the key ${this.key} was used for the workflow ${this.id}, which has another request`
  }
}

/**
 * The fleet has no workflow of this identifier.
 *
 * - `id`: the identifier that was given
 *
 * @since 0.2.0
 * @category errors
 */
export class UnknownWorkflow
  extends Schema.TaggedError<UnknownWorkflow>("@effect-ploop/fleet/UnknownWorkflow")("UnknownWorkflow", {
    id: Schema.String
  })
{
  override get message(): string {
    return `the fleet has no workflow ${this.id}`
  }
}

/**
 * Nobody can decide about the workflow now.
 *
 * - `id`: the workflow
 * - `decision`: what was to be decided
 * - `reason`: why that is not possible
 *
 * @since 0.2.0
 * @category errors
 */
export class CannotDecide extends Schema.TaggedError<CannotDecide>("@effect-ploop/fleet/CannotDecide")("CannotDecide", {
  id: Schema.String,
  decision: Schema.Literal("resume", "giveUp"),
  reason: Schema.String
}) {
  override get message(): string {
    const what = this.decision === "resume" ? "resumed" : "given up"
    return `the workflow ${this.id} cannot be ${what}: ${this.reason}`
  }
}

/**
 * The errors of a query.
 *
 * @since 0.2.0
 * @category models
 */
export type QueryError = UnknownHost | HostUnreachable | Busy | DiskHeld

/**
 * The errors of a change.
 *
 * @since 0.2.0
 * @category models
 */
export type ChangeError = UnknownHost | HostUnreachable | Busy | KeyReused | OutcomeUnknown | DiskHeld | StorageFailed
