/** What becomes of that which a command has done, or has left, when it is cut short. */
import { PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref } from "effect"
import * as commands from "../src/internal/process/commands.js"

const context = { operation: "mount", subject: "/vz/a", text: "" } as const

/** Runs a part of an operation and interrupts what does not end; whether it was undone or removed. */
const isCut = (
  on: typeof commands.undoing,
  run: (begun: Effect.Effect<void>) => Effect.Effect<unknown, unknown>
) =>
  Effect.gen(function*() {
    const ran = yield* Ref.make(false)
    const begun = yield* Deferred.make<void>()
    const part = run(Effect.asVoid(Deferred.succeed(begun, undefined)))
    const fiber = yield* Effect.fork(on(part, Ref.set(ran, true)))
    yield* Effect.raceFirst(Deferred.await(begun), Fiber.await(fiber))
    yield* Fiber.interrupt(fiber)
    return yield* Ref.get(ran)
  })

const waiting = (begun: Effect.Effect<void>) => Effect.zipRight(begun, Effect.never)

for (
  const [what, on, mark] of [
    ["done", commands.undoing, commands.started],
    ["left", commands.clearing, commands.ended]
  ] as const
) {
  describe(`what a command has ${what}`, () => {
    it.effect("goes when the wait for it is interrupted", () =>
      Effect.map(isCut(on, (begun) => Effect.zipRight(mark, waiting(begun))), assert.isTrue))

    it.effect("goes when a part of the operation around it is interrupted", () =>
      Effect.map(isCut(on, (begun) => on(Effect.zipRight(mark, waiting(begun)), Effect.void)), assert.isTrue))

    it.effect("is somebody else's when no command was there", () => Effect.map(isCut(on, waiting), assert.isFalse))

    it.effect("stays when the command has failed by itself", () =>
      Effect.map(
        isCut(on, () => Effect.zipRight(mark, new PloopError.NoSpace(context))),
        assert.isFalse
      ))

    it.effect("goes when the command was aborted", () =>
      Effect.map(isCut(on, () => new PloopError.ToolAborted(context)), assert.isTrue))
  })
}
