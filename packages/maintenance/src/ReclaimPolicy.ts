/**
 * A policy for giving space back to the host, as a configuration file has it.
 *
 * @since 0.2.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as RetentionPolicy from "./RetentionPolicy.js"

const TimeOfDay = Schema.String.pipe(
  Schema.pattern(/^([01]\d|2[0-3]):[0-5]\d$/, { message: () => "must be a time of day, as in 01:30" })
)

/**
 * The part of each day in which a step may begin. One that ends before it begins goes
 * on after midnight.
 *
 * - `from`: the first minute, as in `01:00`;
 * - `to`: the first minute after it, as in `05:00`;
 * - `timeZone`: whose clock that is, as in `Europe/Berlin`. Default: `UTC`.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Window = Schema.Struct({
  from: TimeOfDay,
  to: TimeOfDay,
  timeZone: Schema.optional(
    Schema.String.pipe(
      Schema.filter((name) =>
        Option.isSome(DateTime.zoneFromString(name)) || "must be the name of a time zone, as in Europe/Berlin"
      )
    )
  )
}).pipe(Schema.filter(({ from, to }) => from !== to || { path: ["to"], message: "must not be the same as from" }))

/**
 * @since 0.2.0
 * @category models
 */
export type Window = typeof Window.Type

const share = Schema.Number.pipe(
  Schema.filter((percent) => (percent >= 0 && percent <= 100) || "must be a number of percent, from 0 to 100")
)

/**
 * What to give back to the host, and at what cost.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Policy = Schema.Struct({
  atLeast: Schema.optionalWith(ByteSize.ByteSize, { default: () => ByteSize.MiB(64) }),
  atLeastShare: Schema.optionalWith(share, { default: () => 0 }),
  budget: Schema.optional(ByteSize.ByteSize),
  mayMount: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  defrag: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  retention: Schema.optional(RetentionPolicy.Policy),
  window: Schema.optional(Window)
})

/**
 * A checked {@link PolicyOptions}.
 *
 * @since 0.2.0
 * @category models
 */
export type Policy = typeof Policy.Type

/**
 * What to give back to the host, and at what cost.
 *
 * @since 0.2.0
 * @category models
 */
export interface PolicyOptions extends Schema.Schema.Encoded<typeof Policy> {
  /** How much a disk must be able to give back for a discard of it. Default: 64 MiB. */
  readonly atLeast?: ByteSize.ByteSizeInput | undefined
  /** Which share of what its images take that must be, in percent. Default: 0. */
  readonly atLeastShare?: number | undefined
  /** How many bytes the whole plan may copy, at most. Default: as many as it takes. */
  readonly budget?: ByteSize.ByteSizeInput | undefined
  /**
   * Whether a disk that is not mounted may be mounted, for the query and for the discard. A mount replays the
   * journal, and on generation 7 converts images of version 1. Default: `false`, and such disks are left alone.
   */
  readonly mayMount?: boolean | undefined
  /** Whether to move data together before a discard. Default: `false`. */
  readonly defrag?: boolean | undefined
  /** Which snapshots to keep. Those that no rule keeps are merged. Default: no snapshot is deleted. */
  readonly retention?: RetentionPolicy.PolicyOptions | undefined
  /** When a step may begin. Default: at any time. */
  readonly window?: typeof Window.Encoded | undefined
}
