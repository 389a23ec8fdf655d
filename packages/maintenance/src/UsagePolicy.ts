/**
 * A policy for alerts about space, as a configuration file has it.
 *
 * @since 0.2.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { DurationInput } from "./internal/retention/duration.js"

const share = Schema.optionalWith(
  Schema.Number.pipe(
    Schema.filter((percent) => (percent > 0 && percent <= 100) || "must be a number of percent, up to 100")
  ),
  { default: () => 90 }
)

/**
 * When to raise an alert.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Policy = Schema.Struct({
  diskShare: share,
  hostShare: share,
  fullWithin: Schema.optionalWith(DurationInput, { default: () => Duration.days(7) })
})

/**
 * A checked {@link PolicyOptions}.
 *
 * @since 0.2.0
 * @category models
 */
export type Policy = typeof Policy.Type

/**
 * When to raise an alert.
 *
 * @since 0.2.0
 * @category models
 */
export interface PolicyOptions extends Schema.Schema.Encoded<typeof Policy> {
  /** Which share of the file system in a disk may be used, in percent. Default: 90. */
  readonly diskShare?: number | undefined
  /** Which share of a file system of the host may be used, in percent. Default: 90. */
  readonly hostShare?: number | undefined
  /** How long either must go on as now before it is full, as in `"7 days"`. Default: 7 days. */
  readonly fullWithin?: string | Duration.Duration | undefined
}
