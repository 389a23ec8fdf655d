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
 * The errors of a query.
 *
 * @since 0.2.0
 * @category models
 */
export type QueryError = UnknownHost | HostUnreachable | Busy

/**
 * The errors of a change.
 *
 * @since 0.2.0
 * @category models
 */
export type ChangeError = UnknownHost | HostUnreachable | Busy | KeyReused | OutcomeUnknown | StorageFailed
