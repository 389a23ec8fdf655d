import { Ploop } from "@effect-ploop/core"
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"

const disk = "/vz/DiskDescriptor.xml"

/** A backend on which everything but some operations never ends. */
const backend = (operations: Partial<Record<keyof Ploop.Backend, () => Effect.Effect<unknown>>>) =>
  Ploop.make(
    new Proxy({}, {
      get: (_, name) => operations[name as keyof Ploop.Backend] ?? (() => Effect.never)
    }) as Ploop.Backend
  )

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
