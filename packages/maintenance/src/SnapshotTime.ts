/**
 * When a snapshot was taken, kept in its identifier.
 *
 * The files of a disk do not keep the time: a merge gives the snapshot above the
 * file of the one below. A UUID of version 7 begins with the time at which it was
 * made, and an identifier survives merges, moves and copies on every generation.
 *
 * @example
 * import { SnapshotTime } from "@effect-ploop/maintenance"
 * import { Ploop } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const snapshot = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   return yield* ploop.createSnapshot({ disk: "/vz/101/DiskDescriptor.xml", id: yield* SnapshotTime.identifier })
 * })
 *
 * @since 0.2.0
 */
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"

const digits = (count: number): Effect.Effect<string> =>
  Effect.map(
    Effect.all(Array.from({ length: count }, () => Random.nextIntBetween(0, 16))),
    (numbers) => numbers.map((number) => number.toString(16)).join("")
  )

const withTime = (millis: number, random: string): SnapshotId.SnapshotId => {
  const time = millis.toString(16).padStart(12, "0")
  const variant = (8 + Number.parseInt(random[3]!, 16) % 4).toString(16)
  return SnapshotId.make(
    `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7)}`
  )
}

/**
 * A new identifier that has the present time, in milliseconds (a UUID of version
 * 7). Time is from `Clock`, and the rest from `Random`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const identifier: Effect.Effect<SnapshotId.SnapshotId> = Effect.zipWith(
  DateTime.now,
  digits(19),
  (now, random) => withTime(DateTime.toEpochMillis(now), random)
)

/**
 * The time at which an identifier was made; none when it is not a UUID of version
 * 7. Those that the tool chooses are of version 4.
 *
 * @since 0.2.0
 * @category conversions
 */
export const fromId = (id: SnapshotId.SnapshotId): Option.Option<DateTime.Utc> => {
  const hex = id.replace(/[{}-]/g, "")
  return /^.{12}7...[89ab]/.test(hex)
    ? DateTime.make(Number.parseInt(hex.slice(0, 12), 16))
    : Option.none()
}
