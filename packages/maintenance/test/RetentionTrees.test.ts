import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { Plan, Retention } from "@effect-ploop/maintenance"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FastCheck, TestClock, TestContext } from "effect"
import { contents, diskOf, idsOf, takeDated } from "./utils.js"

/** A snapshot after some hours, or a switch to one of those that there are. */
const histories = FastCheck.array(
  FastCheck.oneof(
    { arbitrary: FastCheck.record({ wait: FastCheck.integer({ min: 1, max: 40 }) }), weight: 3 },
    { arbitrary: FastCheck.record({ switchTo: FastCheck.nat(20) }), weight: 1 }
  ),
  { minLength: 1, maxLength: 10 }
)

const count = FastCheck.option(FastCheck.integer({ min: 1, max: 3 }), { nil: undefined })

const policies = FastCheck.record({
  last: FastCheck.integer({ min: 1, max: 3 }),
  hourly: count,
  daily: count,
  weekly: count
})

type Event = { readonly wait: number } | { readonly switchTo: number }

const grow = (history: ReadonlyArray<Event>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const disk = yield* diskOf("a", "300M")
    yield* Effect.forEach(history, (event) =>
      Effect.gen(function*() {
        if ("wait" in event) {
          yield* TestClock.adjust(`${event.wait} hours`)
          yield* takeDated(disk)
          return
        }
        const ids = yield* idsOf(disk)
        if (ids.length > 0) yield* ploop.switchSnapshot({ disk, id: ids[event.switchTo % ids.length]! })
      }))
    return disk
  })

/** A tool of a host whose power is cut before one of the deletions, or after it. */
const cutting = ({ after, at }: { readonly at: number; readonly after: boolean }) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const ploop = yield* Ploop.Ploop
    let count = 0
    const cut = Effect.zipRight(host.cutPower, Effect.die("the power is cut"))
    const deleteSnapshot: Ploop.Ploop["deleteSnapshot"] = (options) =>
      Effect.suspend(() => {
        const deletion = ploop.deleteSnapshot(options)
        return count++ !== at ? deletion : after ? Effect.zipRight(deletion, cut) : cut
      })
    return { ...ploop, deleteSnapshot }
  })

describe("a retention", () => {
  it("of any tree by any policy, with a power cut anywhere, deletes what its plan shows, changes nothing else, and has nothing to do afterwards", async () => {
    const property = FastCheck.asyncProperty(
      histories,
      policies,
      FastCheck.nat(20),
      FastCheck.record({ at: FastCheck.nat(3), after: FastCheck.boolean() }),
      (history, periods, pin, cut) =>
        Effect.gen(function*() {
          const disk = yield* grow(history)
          const ids = yield* idsOf(disk)
          if (ids.length === 0) return
          const pinned = [ids[pin % ids.length]!]
          const all = [...ids, SnapshotId.top]
          const of = (id: SnapshotId.SnapshotId) => contents(disk, id === SnapshotId.top ? undefined : id)
          const before = new Map(yield* Effect.forEach(all, (id) => Effect.map(of(id), (held) => [id, held] as const)))

          const policy = { ...periods, pinned }
          const plan = yield* Retention.plan({ disk, policy })
          const shown = plan.steps.map(({ action }) => action)
          const disturbed = yield* Effect.exit(
            Effect.provideService(Plan.apply(plan), Ploop.Ploop, yield* cutting(cut))
          )
          assert.strictEqual(Exit.isFailure(disturbed), cut.at < shown.length)
          // What was done before the cut is not planned again, and what was not is planned as it was.
          assert.deepStrictEqual(
            (yield* Retention.plan({ disk, policy })).steps.map(({ action }) => action),
            shown.slice(cut.at + (cut.after ? 1 : 0))
          )
          yield* Plan.apply(plan)

          const left = yield* idsOf(disk)
          const gone = ids.filter((id) => !left.includes(id))
          assert.sameMembers(gone, shown.map((action) => "id" in action ? action.id : undefined))
          assert.includeMembers(left, pinned)
          for (const id of [...left, SnapshotId.top]) assert.deepStrictEqual(yield* of(id), before.get(id), id)
          assert.deepStrictEqual((yield* Retention.plan({ disk, policy })).steps, [])
        }).pipe(Effect.provide(PloopFake.layer()), Effect.provide(TestContext.TestContext), Effect.runPromise)
    )
    await FastCheck.assert(property, { numRuns: 25, seed: 1 })
  })
})
