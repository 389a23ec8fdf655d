import type { PloopError } from "@effect-ploop/core"
import { Ploop, Waiting } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, TestClock } from "effect"

const disk = "/vz/DiskDescriptor.xml"

type Operations = Partial<Record<keyof Ploop.Backend, () => Effect.Effect<unknown>>>

/** A backend on which everything but some operations waits for ever. */
const backend = (operations: Operations, wait: Effect.Effect<never> = Effect.never) =>
  Ploop.make(
    new Proxy({}, {
      get: (_, name) => operations[name as keyof Ploop.Backend] ?? (() => wait)
    }) as Ploop.Backend
  )

const uses: Record<string, Effect.Effect<void, PloopError.PloopError, Ploop.Ploop>> = {
  withMount: Ploop.withMount({ disk, target: "/mnt" }, () => Effect.void),
  withTemporarySnapshot: Ploop.withTemporarySnapshot({ disk, component: "bk" }, () => Effect.void),
  mountScoped: Effect.scoped(Effect.asVoid(Ploop.mountScoped({ disk }))),
  temporarySnapshotScoped: Effect.scoped(Effect.asVoid(Ploop.temporarySnapshotScoped({ disk, component: "bk" })))
}

describe("while a backend waits for a lock or a permit", () => {
  const waiting = backend({}, Waiting.interruptible(Effect.never))

  for (const [name, use] of Object.entries(uses)) {
    it.effect(`${name} returns from a timeout at once`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(
          Effect.either(Effect.timeout(use, "1 seconds")).pipe(Effect.provideService(Ploop.Ploop, waiting))
        )
        yield* TestClock.adjust("1 seconds")
        const result = yield* Fiber.join(fiber)
        assert.strictEqual(result._tag === "Left" ? result.left._tag : result._tag, "TimeoutException")
      }))

    it.effect(`${name} is interrupted at once`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.provideService(use, Ploop.Ploop, waiting))
        yield* Effect.yieldNow()
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      }))
  }
})

it.effect("a mount of a backend that marks no waits is unmounted after an interruption", () =>
  Effect.gen(function*() {
    const state = { mounted: 0 }
    const begun = yield* Deferred.make<void>()
    const mount = Effect.sync(() => (state.mounted++, { device: "/dev/ploop0", disk, readOnly: false }))
    const ploop = backend({
      mount: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.delay(mount, "6 seconds")),
      umount: () => Effect.sync(() => void state.mounted--)
    })
    const fiber = yield* Effect.fork(
      Effect.provideService(Ploop.withMount({ disk }, () => Effect.never), Ploop.Ploop, ploop)
    )
    yield* Deferred.await(begun)
    yield* Fiber.interruptFork(fiber)
    yield* TestClock.adjust("5 seconds")
    assert.isNull(fiber.unsafePoll())
    yield* TestClock.adjust("1 seconds")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.await(fiber)))
    assert.strictEqual(state.mounted, 0)
  }))

it.effect("what was mounted is unmounted however its use ends", () =>
  Effect.gen(function*() {
    for (const end of ["success", "failure", "defect", "throw", "interruption"]) {
      const state = { mounted: 0 }
      const ploop = backend({
        mount: () => Effect.sync(() => (state.mounted++, { device: "/dev/ploop0", disk, readOnly: false })),
        umount: () => Effect.sync(() => void state.mounted--)
      })
      const inside = yield* Deferred.make<void>()
      const use = () => {
        Effect.runSync(Deferred.succeed(inside, undefined))
        if (end === "throw") throw new Error("no")
        return end === "success"
          ? Effect.void
          : end === "failure"
          ? Effect.fail("no")
          : end === "defect"
          ? Effect.die("no")
          : Effect.never
      }
      const fiber = yield* Effect.fork(
        Effect.exit(Ploop.withMount({ disk }, use)).pipe(Effect.provideService(Ploop.Ploop, ploop))
      )
      yield* Deferred.await(inside)
      if (end === "interruption") yield* Fiber.interrupt(fiber)
      yield* Fiber.await(fiber)
      assert.strictEqual(state.mounted, 0, end)
    }
  }))
