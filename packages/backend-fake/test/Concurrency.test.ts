import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc, Fiber, TestClock } from "effect"
import { isDeepStrictEqual } from "node:util"
import type { Task } from "./utils/explain.js"
import { action, diskName, explains, runAll } from "./utils/explain.js"
import { a, diskOf, generations, held, makeDisk, makeMounted, nothingHeld } from "./utils/host.js"
import { names, operations, prepare } from "./utils/operations.js"

/** After how many steps a fiber yields. With fewer than the smallest it would make no progress. */
const fewestSteps = [10, 11, 13] as const

const task = (disks: number): fc.Arbitrary<Task> =>
  fc.record({
    disk: fc.integer({ min: 0, max: disks - 1 }),
    action,
    steps: fc.constantFrom(...fewestSteps, 20, 50, 2048)
  })

/**
 * Runs tasks on disks that all start alike, and searches for the order of
 * actions that explains the result of each disk.
 */
const isExplained = (tasks: ReadonlyArray<Task>, disks: number, generation: (typeof generations)[number]) =>
  Effect.gen(function*() {
    const begin = yield* Effect.gen(function*() {
      for (let index = 0; index < disks; index++) {
        const disk = yield* makeDisk(diskName(index))
        yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk, id: a }))
      }
      return yield* Effect.flatMap(FakeHost.FakeHost, (host) => host.state)
    }).pipe(Effect.provide(PloopFake.layer({ generation })))
    const ran = yield* Effect.provide(runAll(tasks), PloopFake.layer({ state: begin }))
    for (const [index, { done, end }] of ran) {
      const explained = yield* Effect.provide(
        explains(diskOf(diskName(index)), done, end),
        PloopFake.layer({ state: begin })
      )
      const story = done.map(({ action, outcome }) => `${action.name}: ${outcome}`).join("\n")
      assert.isTrue(explained, `no order of these explains disk ${index}:\n${story}\nwhich ended as ${end}`)
    }
  })

describe("many fibers on many disks", () => {
  it.effect.prop(
    "have the results and leave the state that some order of their operations explains",
    {
      tasks: fc.array(task(3), { minLength: 2, maxLength: 30, size: "max" }),
      generation: fc.constantFrom(...generations)
    },
    ({ generation, tasks }) => isExplained(tasks, 3, generation),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("do so with a thousand fibers on fifty disks", () =>
    isExplained(fc.sample(task(50), { seed: 0, numRuns: 1000 }), 50, "1.15"))

  it.effect("never get the same device or the same identifier", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const indices = Array.from({ length: 200 }, (_, index) => index)
      for (const index of indices) yield* makeDisk(diskName(index))
      const made = yield* Effect.forEach(indices, (index) =>
        Effect.zip(
          ploop.createSnapshot({ disk: diskOf(diskName(index)) }),
          ploop.mount({ disk: diskOf(diskName(index)) })
        ).pipe(Effect.withMaxOpsBeforeYield(10 + index % 7)), { concurrency: "unbounded" })
      assert.strictEqual(new Set(made.map(([id]) => id)).size, 200)
      assert.strictEqual(new Set(made.map(([, { device }]) => device)).size, 200)
      assert.strictEqual((yield* ploop.listDevices).length, 200)
    }).pipe(Effect.provide(PloopFake.layer({ generation: "9" }))))
})

/** Starts an effect, lets it continue after each of its first `turns` yields, and interrupts it. */
const interruptedAfter = <A, E, R>(turns: number, steps: number, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.withMaxOpsBeforeYield(effect, steps))
    for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow()
    return yield* Fiber.interrupt(fiber)
  })

/** Interrupts an effect at each point where it yields, and returns how often. */
const everywhere = <A, E, R, R2>(
  effect: Effect.Effect<A, E, R>,
  check: (exit: Exit.Exit<A, E>) => Effect.Effect<unknown, never, R2>,
  often: ReadonlyArray<number> = fewestSteps
) =>
  Effect.gen(function*() {
    let interrupted = 0
    for (const steps of often) {
      for (let turns = 0;; turns++) {
        const exit = yield* interruptedAfter(turns, steps, effect)
        yield* check(exit)
        if (Exit.isSuccess(exit)) break
        assert.isTrue(Exit.isInterrupted(exit), String(exit))
        interrupted++
      }
    }
    return interrupted
  })

describe("an operation that is interrupted", () => {
  // Each round of copyTo remembers the delta that it reads, so the states between have fewer of them.
  for (const name of names.filter((name) => name !== "copyTo")) {
    it.effect(`leaves the host as before it or as after it, wherever the interruption comes: ${name}`, () =>
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        const { state, world } = yield* prepare
        const before = yield* host.state
        yield* operations[name](world)
        const after = yield* host.state
        yield* host.restore(state)
        let unchanged = 0
        const interrupted = yield* everywhere(operations[name](world), () =>
          Effect.gen(function*() {
            const now = yield* host.state
            const isBefore = isDeepStrictEqual(now, before)
            if (isBefore) unchanged++
            assert.isTrue(isBefore || isDeepStrictEqual(now, after))
            yield* host.restore(state)
          }), name.startsWith("copy") ? [50] : fewestSteps)
        assert.isAbove(interrupted, 2)
        assert.isAbove(unchanged, 2)
      }).pipe(Effect.provide(PloopFake.layer())))
  }
})

class Oops extends Error {}

const uses = {
  succeeds: Effect.void,
  fails: Effect.fail("expected"),
  "has a defect": Effect.die(new Oops("unexpected")),
  "throws": Effect.sync(() => {
    throw new Oops("unexpected")
  }),
  "is interrupted": Effect.interrupt,
  "never ends, and is interrupted from outside": Effect.never
}

const scoped = {
  "a mount for the duration of an effect": (use: Effect.Effect<unknown, unknown, FileSystem.FileSystem>) =>
    Ploop.withMount({ disk: diskOf("ct"), target: "/mnt/ct" }, () => use),
  "a temporary snapshot for the duration of an effect": (use: Effect.Effect<unknown, unknown, FileSystem.FileSystem>) =>
    Ploop.withTemporarySnapshot({ disk: diskOf("ct"), component: "backup", target: "/mnt/ct" }, () => use)
}

/** An idle disk with data. */
const idle = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const { disk, target } = yield* makeMounted("ct")
  yield* fs.writeFileString(`${target}/motd`, "welcome")
  yield* ploop.umount({ disk })
})

const snapshots = Effect.map(
  Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk: diskOf("ct") })),
  ({ nodes }) => nodes.length
)

for (const [title, withDisk] of Object.entries(scoped)) {
  describe(title, () => {
    for (const [end, use] of Object.entries(uses)) {
      it.effect(`leaves no device, no mount and no snapshot when the effect inside ${end}`, () =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          yield* idle
          let seen: unknown
          const inside = Effect.gen(function*() {
            seen = yield* held
            assert.strictEqual(yield* fs.readFileString("/mnt/ct/motd"), "welcome")
            yield* Effect.scoped(Effect.zipRight(fs.open("/mnt/ct/motd"), use))
          })
          const host = yield* FakeHost.FakeHost
          const fiber = yield* Effect.fork(withDisk(Effect.provideService(inside, FakeHost.FakeHost, host)))
          yield* TestClock.adjust("1 second")
          const exit = yield* end.startsWith("never") ? Fiber.interrupt(fiber) : Fiber.await(fiber)
          assert.deepNestedInclude(seen, { mountPoints: ["/mnt/ct"] })
          assert.strictEqual(Exit.isSuccess(exit), end === "succeeds")
          assert.strictEqual(
            Exit.isFailure(exit) && Cause.isDieType(exit.cause) && exit.cause.defect instanceof Oops,
            end === "throws" || end === "has a defect"
          )
          assert.deepStrictEqual(yield* held, nothingHeld)
          assert.deepStrictEqual(yield* fs.readDirectory("/mnt/ct"), [])
          assert.strictEqual(yield* snapshots, 1)
        }).pipe(Effect.provide(PloopFake.layer())))
    }

    it.effect("leaves nothing behind, wherever it is interrupted", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* idle
        const inside = Effect.scoped(Effect.zipRight(fs.open("/mnt/ct/motd"), fs.readFileString("/mnt/ct/motd")))
        let ran = 0
        const use = Effect.zipRight(Effect.sync(() => ran++), inside)
        const interrupted = yield* everywhere(withDisk(use), () =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* held, nothingHeld)
            assert.strictEqual(yield* Effect.orDie(snapshots), 1)
          }))
        assert.isAbove(interrupted, 50)
        assert.isAbove(ran, 5)
      }).pipe(Effect.provide(PloopFake.layer())))
  })
}

describe("an unmount at the end of a scope", () => {
  it.effect("waits until the open files below the mount point are closed", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* idle
      const reader = yield* Effect.fork(
        Ploop.withMount({ disk: diskOf("ct"), target: "/mnt/ct" }, () =>
          Effect.zipRight(
            Effect.forkDaemon(Effect.scoped(Effect.zipRight(fs.open("/mnt/ct/motd"), Effect.sleep("2 seconds")))),
            Effect.sleep("1 second")
          ))
      )
      yield* TestClock.adjust("1500 millis")
      assert.deepStrictEqual((yield* held).mountPoints, ["/mnt/ct"])
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(reader)
      assert.deepStrictEqual(yield* held, nothingHeld)
    })).pipe(Effect.provide(PloopFake.layer())))
})
