import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as DateTime from "effect/DateTime"
import type { Policy } from "../../RetentionPolicy.js"

/** A snapshot with the time at which it was taken. */
export interface Dated {
  readonly id: SnapshotId
  readonly at: DateTime.Utc
}

const units = {
  hourly: { part: "hour", length: 16 },
  daily: { part: "day", length: 10 },
  weekly: { part: "week", length: 10 },
  monthly: { part: "month", length: 7 },
  yearly: { part: "year", length: 4 }
} as const

type Period = keyof typeof units

const startOf = (at: DateTime.Utc, period: Period, zone: DateTime.TimeZone): string =>
  DateTime.formatIsoZoned(
    DateTime.startOf(DateTime.setZone(at, zone), units[period].part, { weekStartsOn: 1 })
  ).slice(0, units[period].length)

/** The newest of each period, for as many periods as the policy says. */
const byPeriod = (newestFirst: ReadonlyArray<Dated>, period: Period, count: number, zone: DateTime.TimeZone) => {
  const found = new Map<string, SnapshotId>()
  for (const { at, id } of newestFirst) {
    const start = startOf(at, period, zone)
    if (!found.has(start) && found.size < count) found.set(start, id)
  }
  return Array.from(found, ([start, id]) => [id, `the newest of the ${units[period].part} ${start}`] as const)
}

/** Why each snapshot that the policy keeps is kept. Those that are missing here may be deleted. */
export const select = (
  snapshots: ReadonlyArray<Dated>,
  policy: Policy,
  now: DateTime.Utc
): ReadonlyMap<SnapshotId, string> => {
  const zone = policy.timeZone === undefined
    ? DateTime.zoneUnsafeMakeNamed("UTC")
    : DateTime.zoneUnsafeMakeNamed(policy.timeZone)
  const newestFirst = snapshots.toSorted((one, other) => other.at.epochMillis - one.at.epochMillis)
  const { within } = policy
  const reasons = [
    ...newestFirst.slice(0, 1).map(({ id }) => [id, "the newest"] as const),
    ...newestFirst.slice(0, policy.last ?? 0).map(({ id }) => [id, `one of the newest ${policy.last}`] as const),
    ...(within === undefined ? [] : newestFirst)
      .filter(({ at }) => DateTime.greaterThanOrEqualTo(at, DateTime.subtractDuration(now, within!)))
      .map(({ id }) => [id, "younger than the policy's limit"] as const),
    ...(["hourly", "daily", "weekly", "monthly", "yearly"] as const).flatMap((period) =>
      byPeriod(newestFirst, period, policy[period] ?? 0, zone)
    )
  ]
  const kept = new Map<SnapshotId, string>()
  for (const [id, reason] of reasons) if (!kept.has(id)) kept.set(id, reason)
  return kept
}
