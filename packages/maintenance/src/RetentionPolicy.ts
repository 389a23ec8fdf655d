/**
 * A policy for the retention of snapshots, as a configuration file has it.
 *
 * @since 0.2.0
 */
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { DurationInput } from "./internal/retention/duration.js"

const count = Schema.optional(
  Schema.Number.pipe(
    Schema.filter((number) =>
      (Number.isInteger(number) && number >= 0) || "must be a whole number that is not negative"
    )
  )
)

const patterns = Schema.optional(
  Schema.Array(Schema.String.pipe(Schema.filter((pattern) => pattern !== "" || "must not be empty")))
)

/**
 * Which snapshots to keep. A snapshot that one rule keeps is kept.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Policy = Schema.Struct({
  last: count,
  hourly: count,
  daily: count,
  weekly: count,
  monthly: count,
  yearly: count,
  within: Schema.optional(DurationInput),
  pinned: Schema.optional(Schema.Array(SnapshotId.SnapshotId)),
  keepNames: patterns,
  onlyNames: patterns,
  unknownAge: Schema.optional(Schema.Literal("keep", "delete")),
  timeZone: Schema.optional(Schema.String)
})

/**
 * A checked {@link PolicyOptions}.
 *
 * @since 0.2.0
 * @category models
 */
export type Policy = typeof Policy.Type

/**
 * Which snapshots to keep. A snapshot that one rule keeps is kept. At least one of the
 * rules about time must be there.
 *
 * @since 0.2.0
 * @category models
 */
export interface PolicyOptions extends Schema.Schema.Encoded<typeof Policy> {
  /** How many of the newest snapshots to keep. Default: 0, but the newest one is always kept. */
  readonly last?: number | undefined
  /** For how many hours that have one to keep the newest snapshot of the hour. Default: 0. */
  readonly hourly?: number | undefined
  /** For how many days that have one to keep the newest snapshot of the day. Default: 0. */
  readonly daily?: number | undefined
  /** For how many weeks, which begin on Monday, to keep the newest snapshot of the week. Default: 0. */
  readonly weekly?: number | undefined
  /** For how many months that have one to keep the newest snapshot of the month. Default: 0. */
  readonly monthly?: number | undefined
  /** For how many years that have one to keep the newest snapshot of the year. Default: 0. */
  readonly yearly?: number | undefined
  /** Keeps every snapshot that is younger, as in `"36 hours"`. Default: none. */
  readonly within?: string | Duration.Duration | undefined
  /** Snapshots to keep whatever their age. Default: none. */
  readonly pinned?: ReadonlyArray<string> | undefined
  /**
   * Names to keep whatever their age, as in `"before-*"`: `*` stands for any characters, `?` for one. The name of a
   * snapshot is that of `Retention.PlanOptions`, or else its identifier without braces; of a backup, that of its
   * directory. Default: none.
   */
  readonly keepNames?: ReadonlyArray<string> | undefined
  /**
   * The names that the policy is about, as in `"nightly-*"`. All others are kept, and no rule counts them. Default: all
   * names.
   */
  readonly onlyNames?: ReadonlyArray<string> | undefined
  /** What to do with snapshots whose age is not known. Default: `keep`. */
  readonly unknownAge?: "keep" | "delete" | undefined
  /** The time zone in which hours, days and so on begin, as in `Europe/Berlin`. Default: `UTC`. */
  readonly timeZone?: string | undefined
}

const periods = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const

/**
 * The rules that count snapshots, by their names.
 *
 * @since 0.2.0
 * @category queries
 */
export const counts = (policy: Policy): ReadonlyArray<readonly [(typeof periods)[number], number]> =>
  periods.map((name) => [name, policy[name] ?? 0])

/**
 * How many snapshots a policy keeps at most; snapshots within a duration, pinned ones, those of unknown age and those
 * that are kept by their names are not counted.
 *
 * @since 0.2.0
 * @category queries
 */
export const most = (policy: Policy): number => counts(policy).reduce((total, [, number]) => total + number, 0)
