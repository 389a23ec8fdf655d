import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Operation, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, FastCheck as fc } from "effect"
import { names, operations, prepare, queries } from "./utils/operations.js"

type Failure = (operation: Operation.Name) => PloopError.PloopError

const about = (operation: Operation.Name) => ({ operation, subject: "/vz", text: "" })

/** Failures after which the operation has happened, or not: nobody knows. */
const uncertain: Readonly<Record<string, Failure>> = {
  ToolAborted: (name) => new PloopError.ToolAborted({ ...about(name), signal: "SIGKILL" }),
  TimedOut: (name) => new PloopError.TimedOut({ ...about(name), limit: Duration.seconds(1) }),
  OutOfMemory: (name) => new PloopError.OutOfMemory(about(name)),
  NoSpace: (name) => new PloopError.NoSpace(about(name)),
  ConnectionLost: (name) => new PloopError.ConnectionLost({ ...about(name), reason: "closed", mayHaveHappened: true })
}

/** Failures before the operation has begun. */
const before = ["ImageInUse", "AlreadyMounted", "Busy", "SnapshotInUse", "Locked", "ConnectionLost", "LimitExceeded"]

const hasError = (name: Operation.Name, tag: string): boolean =>
  Operation.table[name].errors.some((other) => other === tag)

describe("an error that says that its call can be repeated", () => {
  it("is of a failure before anything was done, or of one that leaves that open", () => {
    fc.assert(fc.property(Arbitrary.make(PloopError.PloopError), (error) => {
      if (error.isRetryable) assert.include([...before, ...Object.keys(uncertain)], error._tag)
    }))
  })

  it.effect("does so only where the call may have happened and a second one changes nothing more", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const { state, world } = yield* prepare
      const repeatable = names.filter((name) =>
        !queries.has(name) &&
        Object.entries(uncertain).some(([tag, failure]) => hasError(name, tag) && failure(name).isRetryable)
      )
      assert.include(repeatable, "create")
      assert.notInclude(repeatable, "mergeSnapshots")
      for (const name of repeatable) {
        yield* host.restore(state)
        yield* operations[name](world)
        const once = yield* host.state
        yield* Effect.either(operations[name](world))
        assert.deepStrictEqual(yield* host.state, once, name)
      }
    }).pipe(Effect.provide(PloopFake.layer())))
})
