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

/**
 * Lets the fibers go on until no file of the host is waited for, and no process but
 * so many: what does not go on then waits for something else.
 */
export const settle = (processes = 0): Effect.Effect<void> =>
  Effect.gen(function*() {
    // Between two of them, such as the end of a process and that of its pipes, a few turns may pass.
    // A process that another test has left does not hold this up for ever.
    for (let calm = 0, all = 0; calm < 20 && all < 1000; calm++, all++) {
      yield* Effect.promise(() => new Promise((done) => setTimeout(done, 2)))
      const active = process.getActiveResourcesInfo()
      const isBusy = active.some((name) => name.startsWith("FSReq")) ||
        active.filter((name) => name === "ProcessWrap").length > processes
      if (isBusy) calm = 0
    }
  })
