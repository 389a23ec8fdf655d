import { Disk, Ploop } from "@effect-ploop/core"
import { Plan, Reclaim } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Ref, TestClock } from "effect"
import { contents, diskOf, history, idsOf, onFake, write } from "./utils.js"

const MiB = 2 ** 20

/** A mounted disk from whose file system a large file was removed. */
const loose = (name: string, mebibytes: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const disk = yield* diskOf(name)
    yield* ploop.mount({ disk, target: `/mnt/${name}` })
    yield* fs.writeFile(`/mnt/${name}/large`, new Uint8Array(mebibytes * MiB).fill(1))
    yield* fs.remove(`/mnt/${name}/large`)
    yield* fs.writeFileString(`/mnt/${name}/small.txt`, "stays")
    return disk
  })

const discards = (plan: Plan.Plan) =>
  plan.steps.flatMap(({ action }) => action._tag === "Discard" ? [action.disk as string] : [])

const reasonOf = (plan: Plan.Plan, disk: string) => plan.kept.find(({ subject }) => subject === disk)?.reason

describe("a plan to reclaim space", () => {
  onFake(
    "begins with the disk that gives back most, and leaves one alone that gives back too little",
    Effect.gen(function*() {
      const [small, large, tiny] = [yield* loose("a", 16), yield* loose("b", 32), yield* loose("c", 2)]
      const plan = yield* Reclaim.plan({ disks: [small, large, tiny], policy: { atLeast: "30M" } })
      assert.deepStrictEqual(discards(plan), [large, small])
      assert.match(reasonOf(plan, tiny)!, /^a discard would free at most /)
      const outcomes = yield* Reclaim.apply(plan)
      assert.deepStrictEqual(outcomes.map(({ outcome }) => outcome), ["applied", "applied"])
      assert.isAtLeast(Number(outcomes[0]!.freed), 28 * MiB)
      assert.isAtMost(Number(outcomes[0]!.freed), Number(plan.steps[0]!.frees))
      assert.deepStrictEqual(discards(yield* Reclaim.plan({ disks: [small, large], policy: { atLeast: "30M" } })), [])
    })
  )

  onFake(
    "is made by queries alone, unless the policy may mount",
    Effect.gen(function*() {
      const { fileSystemInfo, listDevices, listSnapshots } = yield* Ploop.Ploop
      const { readFile, realPath, stat } = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* write(disk, "one.txt", "1")
      const queries = Context.make(Ploop.Ploop, Ploop.makeNoop({ fileSystemInfo, listDevices, listSnapshots })).pipe(
        Context.add(FileSystem.FileSystem, FileSystem.makeNoop({ readFile, realPath, stat }))
      )
      const plan = yield* Effect.provide(Reclaim.plan({ disks: [disk], policy: { atLeast: "1M" } }), queries)
      assert.strictEqual(reasonOf(plan, disk), "it is not mounted, and the policy mounts none")
      const mounting = yield* Reclaim.plan({ disks: [disk], policy: { atLeast: 0, mayMount: true } })
      assert.deepStrictEqual(discards(mounting), [disk])
      yield* Reclaim.apply(mounting)
      assert.deepStrictEqual(yield* contents(disk), [["one.txt", "1"]])
    })
  )

  onFake(
    "merges the snapshots that its policy does not keep, after the discard, and keeps what they hold",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      const ids = yield* history(disk, ["1 hour", "1 hour", "1 hour"])
      yield* ploop.mount({ disk, target: "/mnt/a" })
      const plan = yield* Reclaim.plan({ disks: [disk], policy: { atLeast: 0, retention: { last: 1 } } })
      assert.deepStrictEqual(plan.steps.map(({ action }) => action._tag), [
        "Discard",
        "DeleteSnapshot",
        "DeleteSnapshot"
      ])
      yield* Reclaim.apply(plan)
      yield* ploop.umount({ disk })
      assert.deepStrictEqual(yield* idsOf(disk), ids.slice(2))
      assert.strictEqual((yield* contents(disk)).length, 3)
    })
  )

  onFake(
    "copies no more than its budget, and names what did not fit",
    Effect.gen(function*() {
      const [small, large] = [yield* loose("a", 16), yield* loose("b", 32)]
      const whole = yield* Reclaim.plan({ disks: [small, large], policy: { atLeast: "30M" } })
      const budget = whole.steps[0]!.moves
      const plan = yield* Reclaim.plan({ disks: [small, large], policy: { atLeast: "30M", budget } })
      assert.deepStrictEqual(discards(plan), [large])
      assert.match(reasonOf(plan, small)!, /^the budget has no .* left to discard unused space$/)
      assert.isAtMost(Number(Plan.moves(plan)), Number(budget))
    })
  )

  onFake(
    "leaves a disk alone that it cannot inspect, and goes on with the others",
    Effect.gen(function*() {
      const disk = yield* loose("a", 16)
      const plan = yield* Reclaim.plan({ disks: [Disk.inDirectory("/vz/missing"), disk], policy: { atLeast: "30M" } })
      assert.deepStrictEqual(discards(plan), [disk])
      assert.match(reasonOf(plan, "/vz/missing/DiskDescriptor.xml")!, /^it could not be inspected: /)
    })
  )

  for (
    const [policy, message] of [
      [{ atLeastShare: 101 }, "atLeastShare is 101, but it must be a number of percent, from 0 to 100"],
      [
        { window: { from: "25:00", to: "05:00" } },
        "window.from is \"25:00\", but it must be a time of day, as in 01:30"
      ],
      [{ window: { from: "05:00", to: "05:00" } }, "window.to is \"05:00\", but it must not be the same as from"],
      [{ retention: { last: 200 } }, "must be smaller: the counts add up to 200"]
    ] as const
  ) {
    onFake(
      `names the field, the value and the rule: ${message}`,
      Effect.gen(function*() {
        const error = yield* Effect.flip(Reclaim.plan({ disks: [yield* diskOf("a")], policy }))
        assert.strictEqual(error._tag, "PolicyInvalid")
        assert.include(error.message, message)
      })
    )
  }
})

describe("an application of it", () => {
  onFake(
    "begins no step outside of its window, which may pass midnight",
    Effect.gen(function*() {
      const disk = yield* loose("a", 16)
      const plan = yield* Reclaim.plan({ disks: [disk], policy: { atLeast: "30M" } })
      const window = { from: "23:00", to: "02:00", timeZone: "Europe/Berlin" }
      const begun = (time: string) =>
        Effect.gen(function*() {
          yield* TestClock.setTime(Date.parse(time))
          return (yield* Reclaim.apply(plan, { window }))[0]!.outcome
        })
      assert.strictEqual(yield* begun("2026-01-01T21:59:00Z"), "left")
      assert.strictEqual(yield* begun("2026-01-02T01:00:00Z"), "left")
      assert.strictEqual(yield* begun("2026-01-02T00:59:00Z"), "applied")
      assert.strictEqual(yield* begun("2026-01-02T22:00:00Z"), "applied")
    })
  )

  onFake(
    "never loads a file system by two steps at once, not even of two plans",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const [one, other] = [yield* loose("a", 16), yield* loose("b", 16)]
      const running = yield* Ref.make(0)
      const most = yield* Ref.make(0)
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const slow: Ploop.Ploop = {
        ...ploop,
        discard: (options) =>
          Effect.acquireUseRelease(
            Effect.tap(Ref.updateAndGet(running, (count) => count + 1), (count) =>
              Ref.update(most, (before) => Math.max(before, count))),
            () =>
              Deferred.succeed(begun, undefined).pipe(
                Effect.zipRight(Deferred.await(go)),
                Effect.zipRight(ploop.discard(options))
              ),
            () =>
              Ref.update(running, (count) => count - 1)
          )
      }
      const reclaim = (disk: string) =>
        Effect.flatMap(Reclaim.plan({ disks: [disk], policy: { atLeast: "30M" } }), (plan) => Reclaim.apply(plan)).pipe(
          Effect.provideService(Ploop.Ploop, slow)
        )
      const fibers = yield* Effect.forEach([one, other], (disk) => Effect.fork(reclaim(disk)))
      yield* Deferred.await(begun)
      yield* Effect.yieldNow({ priority: 1 }).pipe(Effect.repeatN(100))
      yield* Deferred.succeed(go, undefined)
      yield* Effect.forEach(fibers, Fiber.join)
      assert.strictEqual(yield* Ref.get(most), 1)
    })
  )

  onFake(
    "reports a failure and applies what is left when it is applied again",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const [one, other] = [yield* loose("a", 32), yield* loose("b", 16)]
      const plan = yield* Reclaim.plan({ disks: [one, other], policy: { atLeast: "30M" } })
      yield* ploop.umount({ disk: other })
      const error = yield* Effect.flip(Reclaim.apply(plan))
      assert.strictEqual(error._tag, "PlanOutdated")
      assert.include(error.message, "with a device, but it has no device: make the plan again")
      yield* ploop.mount({ disk: other, target: "/mnt/b" })
      assert.isAtLeast(Number((yield* Reclaim.apply(plan))[1]!.freed), 14 * MiB)
    })
  )
})
