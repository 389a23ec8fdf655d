import { Effect, Fiber, Option, TestClock } from "effect"
import type { Duration, Exit } from "effect"

/** Lets files and processes of the host go on, which the clock knows nothing of. */
export const turn = Effect.promise(() => new Promise<void>((done) => setImmediate(done)))

/**
 * Lets the clock go on by steps until the fiber has ended, but only while the tool
 * runs: the files of the host are real, and are waited for no longer than 30 seconds.
 */
export const untilDone = <A, E>(
  host: { readonly running: () => number },
  fiber: Fiber.RuntimeFiber<A, E>,
  step: Duration.DurationInput = "1 second"
): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.gen(function*() {
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      if (host.running() > 0) yield* TestClock.adjust(step)
      yield* turn
    }
    return yield* Fiber.await(fiber)
  })

/** Waits for something that needs no time of the clock. */
export const until = (condition: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* turn
  })
