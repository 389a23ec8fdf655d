import type { PloopError } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"

const disk = "/vz/DiskDescriptor.xml"

/** A backend on which everything but some operations never ends. */
const backend = (operations: Partial<Record<keyof Ploop.Backend, () => Effect.Effect<unknown>>>) =>
  Ploop.make(
    new Proxy({}, {
      get: (_, name) => operations[name as keyof Ploop.Backend] ?? (() => Effect.never)
    }) as Ploop.Backend
  )

const uses: Record<string, Effect.Effect<void, PloopError.PloopError, Ploop.Ploop>> = {
  withMount: Ploop.withMount({ disk, target: "/mnt" }, () => Effect.void),
  withTemporarySnapshot: Ploop.withTemporarySnapshot({ disk, component: "bk" }, () => Effect.void)
}

describe("while it waits for a lock or a permit", () => {
  for (const [name, use] of Object.entries(uses)) {
    it.effect(`${name} returns from a timeout at once`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(
          Effect.either(Effect.timeout(use, "1 seconds")).pipe(Effect.provideService(Ploop.Ploop, backend({})))
        )
        yield* TestClock.adjust("1 seconds")
        const result = yield* Fiber.join(fiber)
        assert.strictEqual(result._tag === "Left" ? result.left._tag : result._tag, "TimeoutException")
      }))

    it.effect(`${name} is interrupted at once`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.provideService(use, Ploop.Ploop, backend({})))
        yield* Effect.yieldNow()
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      }))
  }
})

it.effect("what was mounted is unmounted however its use ends", () =>
  Effect.gen(function*() {
    for (const end of ["success", "failure", "interruption"]) {
      const state = { mounted: 0 }
      const ploop = backend({
        mount: () => Effect.sync(() => (state.mounted++, { device: "/dev/ploop0", disk, readOnly: false })),
        umount: () => Effect.sync(() => void state.mounted--)
      })
      const inside = yield* Deferred.make<void>()
      const use = Effect.zipRight(
        Deferred.succeed(inside, undefined),
        end === "success" ? Effect.void : end === "failure" ? Effect.fail("no") : Effect.never
      )
      const fiber = yield* Effect.fork(
        Effect.exit(Ploop.withMount({ disk }, () => use)).pipe(Effect.provideService(Ploop.Ploop, ploop))
      )
      yield* Deferred.await(inside)
      if (end === "interruption") yield* Fiber.interrupt(fiber)
      yield* Fiber.await(fiber)
      assert.strictEqual(state.mounted, 0, end)
    }
  }))
