import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Ref } from "effect"
import * as timestamps from "../src/internal/timestamps.js"

const million = 1_000_000n

/** A system clock of whole milliseconds beside a monotonic one, both of which a test sets. */
const clock = (system: () => bigint, monotonic: () => bigint): Clock.Clock => ({
  ...Clock.make(),
  unsafeCurrentTimeMillis: () => Number(system() / million),
  unsafeCurrentTimeNanos: monotonic
})

describe("the time of a snapshot", () => {
  it.effect("is that of the system clock to a part of a millisecond, wherever the monotonic clock begins", () =>
    Effect.gen(function*() {
      // Each reading of a clock takes a microsecond.
      let now = 1_795_925_736_486_679_384n
      const tick = () => now += 1000n
      const time = yield* timestamps.make.pipe(
        Effect.flatten,
        Effect.withClock(clock(tick, () => tick() - 5_000_000_000_000n))
      )
      assert.isAtMost(Number(now - time), 10_000)
      assert.isAtLeast(Number(now - time), 0)
    }))

  it.effect("follows the system clock when that is set", () =>
    Effect.gen(function*() {
      let now = 1_000_000n * million
      const offset = yield* Ref.make(0n)
      const tick = () => now += 1000n
      const set = clock(() => tick() + Effect.runSync(Ref.get(offset)), tick)
      const read = yield* Effect.withClock(timestamps.make, set)
      yield* Ref.set(offset, 3600n * 1000n * million)
      const time = yield* Effect.withClock(read, set)
      assert.isAtMost(Math.abs(Number(now + 3600n * 1000n * million - time)), 10_000)
    }))
})
