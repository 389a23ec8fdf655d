/**
 * What can go wrong with a plan, beside the errors of the operations themselves.
 *
 * @since 0.2.0
 */
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PlatformError from "@effect/platform/Error"
import * as Schema from "effect/Schema"
import * as BackupError from "./BackupError.js"

/**
 * A policy that cannot be followed: it names the field, its value and the rule.
 *
 * @since 0.2.0
 * @category errors
 */
export class PolicyInvalid
  extends Schema.TaggedError<PolicyInvalid>("@effect-ploop/maintenance/MaintenanceError/PolicyInvalid")(
    "PolicyInvalid",
    { field: Schema.String, value: Schema.String, rule: Schema.String }
  )
{
  override get message(): string {
    return `${this.field} is ${this.value}, but it ${this.rule}`
  }
}

/**
 * The world is no longer as it was when the plan was made. The step and those after
 * it were not applied. Make the plan again.
 *
 * @since 0.2.0
 * @category errors
 */
export class PlanOutdated
  extends Schema.TaggedError<PlanOutdated>("@effect-ploop/maintenance/MaintenanceError/PlanOutdated")(
    "PlanOutdated",
    { step: Schema.Int, subject: Schema.String, planned: Schema.String, found: Schema.String }
  )
{
  override get message(): string {
    return `step ${this.step + 1} was planned for ${this.subject} with ${this.planned}, but it has ${this.found}: ` +
      "make the plan again"
  }
}

/**
 * A step failed. Those before it were applied, those after it were not. Once the
 * cause is gone, apply the same plan again: it goes on at this step.
 *
 * @since 0.2.0
 * @category errors
 */
export class StepFailed extends Schema.TaggedError<StepFailed>("@effect-ploop/maintenance/MaintenanceError/StepFailed")(
  "StepFailed",
  {
    step: Schema.Int,
    subject: Schema.String,
    error: Schema.Union(PloopError.PloopError, PlatformError.PlatformError, BackupError.BackupError)
  }
) {
  override get message(): string {
    return `step ${this.step + 1} failed for ${this.subject}: ${this.error._tag}: ${this.error.message}`
  }
}

/**
 * A step of the plan ended without an error, but what it promises is not to be
 * seen. Nothing after it was applied.
 *
 * @since 0.2.0
 * @category errors
 */
export class StepWithoutEffect
  extends Schema.TaggedError<StepWithoutEffect>("@effect-ploop/maintenance/MaintenanceError/StepWithoutEffect")(
    "StepWithoutEffect",
    { step: Schema.Int, subject: Schema.String }
  )
{
  override get message(): string {
    return `step ${this.step + 1} ended without an error, but ${this.subject} is as it was before`
  }
}

/**
 * A plan that is applied wholly or not at all failed at one step, and an earlier
 * step could not be undone. `left` has the subjects that are still changed.
 *
 * @since 0.2.0
 * @category errors
 */
export class UndoFailed extends Schema.TaggedError<UndoFailed>("@effect-ploop/maintenance/MaintenanceError/UndoFailed")(
  "UndoFailed",
  {
    step: Schema.Int,
    left: Schema.Array(Schema.String),
    error: Schema.Union(PloopError.PloopError, PlatformError.PlatformError, BackupError.BackupError)
  }
) {
  override get message(): string {
    return `step ${this.step + 1} could not be undone: ${this.error._tag}: ${this.error.message}. Still changed: ${
      this.left.join(", ")
    }`
  }
}

/**
 * What an application of a plan fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type ApplyError = PlanOutdated | StepFailed | StepWithoutEffect | UndoFailed
