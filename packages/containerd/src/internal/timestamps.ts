import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"

const million = 1_000_000n

/** How far the two clocks may be apart before the system clock counts as set, or as run away. */
const tolerance = 2n * million

/** What the monotonic clock has to be corrected by, from one reading of both. The system clock lacks the fraction of its millisecond. */
const sample = (clock: Clock.Clock) =>
  BigInt(clock.unsafeCurrentTimeMillis()) * million - clock.unsafeCurrentTimeNanos()

/** The correction at the moment when the system clock turns over, which lacks nothing. */
const calibrate = Effect.map(Effect.clock, (clock) => {
  let best = sample(clock)
  const begun = clock.unsafeCurrentTimeMillis()
  for (let turn = 0; turn < 10_000 && clock.unsafeCurrentTimeMillis() === begun; turn++) {
    const next = sample(clock)
    if (next > best) best = next
  }
  const last = sample(clock)
  return last > best ? last : best
})

/**
 * The time of the system clock in nanoseconds. Clients compare it with their own, so milliseconds are too coarse, and a
 * monotonic clock alone drifts away from it in a process that runs for months.
 */
export const make: Effect.Effect<Effect.Effect<bigint>> = Effect.gen(function*() {
  const correction = yield* Ref.make(yield* calibrate)
  const recalibrated = Effect.tap(calibrate, (found) => Ref.set(correction, found))
  return Effect.gen(function*() {
    const clock = yield* Effect.clock
    const known = yield* Ref.get(correction)
    const now = sample(clock)
    const isWithin = now <= known && known - now <= tolerance
    const current = isWithin ? known : yield* recalibrated
    return clock.unsafeCurrentTimeNanos() + current
  })
})
