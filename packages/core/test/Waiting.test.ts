import { Waiting } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Option } from "effect"

/** Starts an effect and interrupts it once it has begun; returns whether that ended it. */
const interrupted = <A, E>(make: (begun: Effect.Effect<unknown>) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkDaemon(make(Deferred.succeed(begun, undefined)))
    yield* Deferred.await(begun)
    yield* Fiber.interruptFork(fiber)
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    const exit = yield* Fiber.poll(fiber)
    return Option.exists(exit, Exit.isInterrupted) ? "given up" : "goes on"
  })

const forever = (begun: Effect.Effect<unknown>) => Effect.zipRight(begun, Effect.never)

const released = () => Effect.void

describe("a wait of an acquisition", () => {
  it.effect("can be given up if it is marked", () =>
    Effect.gen(function*() {
      const marked = (begun: Effect.Effect<unknown>) => Waiting.interruptible(forever(begun))
      const masked = (begun: Effect.Effect<unknown>) => Waiting.uninterruptibleMask((wait) => wait(forever(begun)))
      for (const wait of [marked, masked]) {
        const scoped = (begun: Effect.Effect<unknown>) => Effect.scoped(Waiting.acquireRelease(wait(begun), released))
        assert.strictEqual(yield* interrupted(scoped), "given up")
      }
    }))

  it.effect("goes on if it is not marked", () =>
    Effect.gen(function*() {
      const scoped = (begun: Effect.Effect<unknown>) => Effect.scoped(Waiting.acquireRelease(forever(begun), released))
      assert.strictEqual(yield* interrupted(scoped), "goes on")
    }))

  it.effect("goes on if the caller is uninterruptible", () =>
    Effect.gen(function*() {
      const scoped = (begun: Effect.Effect<unknown>) =>
        Effect.uninterruptible(
          Effect.scoped(Waiting.acquireRelease(Waiting.interruptible(forever(begun)), released))
        )
      assert.strictEqual(yield* interrupted(scoped), "goes on")
    }))

  it.effect("goes on below the uninterruptible part of an operation, and in the release", () =>
    Effect.gen(function*() {
      const marked = (begun: Effect.Effect<unknown>) => Waiting.interruptible(forever(begun))
      const change = (begun: Effect.Effect<unknown>) => Waiting.uninterruptibleMask(() => marked(begun))
      const acquiring = (begun: Effect.Effect<unknown>) =>
        Effect.scoped(Waiting.acquireRelease(change(begun), released))
      const releasing = (begun: Effect.Effect<unknown>) =>
        Effect.scoped(Waiting.acquireRelease(Effect.void, () => marked(begun)))
      assert.strictEqual(yield* interrupted(acquiring), "goes on")
      assert.strictEqual(yield* interrupted(releasing), "goes on")
    }))

  it.effect("goes on in a fiber that the acquisition forks", () =>
    Effect.gen(function*() {
      const scoped = (begun: Effect.Effect<unknown>) =>
        Effect.scoped(Waiting.acquireRelease(
          Effect.flatMap(Effect.fork(Waiting.interruptible(forever(begun))), Fiber.join),
          released
        ))
      assert.strictEqual(yield* interrupted(scoped), "goes on")
    }))

  it.effect("that ends together with an interruption loses nothing: what was acquired is released", () =>
    Effect.gen(function*() {
      const state = { held: 0 }
      const gate = yield* Deferred.make<void>()
      const begun = yield* Deferred.make<void>()
      const acquire = Waiting.interruptible(
        Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(gate)).pipe(
          Effect.zipRight(Effect.sync(() => state.held++))
        )
      )
      const fiber = yield* Effect.fork(
        Effect.scoped(Waiting.acquireRelease(acquire, () => Effect.sync(() => state.held--)))
      )
      yield* Deferred.await(begun)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(state.held, 0)
    }))
})

describe("an operation by itself", () => {
  it.effect("can be given up wherever it can be interrupted", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* interrupted((begun) => Waiting.interruptible(forever(begun))), "given up")
      const wait = (begun: Effect.Effect<unknown>) => Waiting.uninterruptibleMask((wait) => wait(forever(begun)))
      const undone = (begun: Effect.Effect<unknown>) =>
        Waiting.uninterruptibleMask((_, restore) => restore(forever(begun)))
      assert.strictEqual(yield* interrupted(wait), "given up")
      assert.strictEqual(yield* interrupted(undone), "given up")
      assert.strictEqual(yield* interrupted((begun) => Waiting.uninterruptibleMask(() => forever(begun))), "goes on")
      const uninterruptible = (begun: Effect.Effect<unknown>) =>
        Effect.uninterruptible(Waiting.interruptible(forever(begun)))
      assert.strictEqual(yield* interrupted(uninterruptible), "goes on")
    }))

  it.effect("leaves what follows the change to the release of the scope", () =>
    Effect.gen(function*() {
      const scoped = (begun: Effect.Effect<unknown>) =>
        Effect.scoped(
          Waiting.acquireRelease(Waiting.uninterruptibleMask((_, restore) => restore(forever(begun))), released)
        )
      assert.strictEqual(yield* interrupted(scoped), "goes on")
    }))
})
