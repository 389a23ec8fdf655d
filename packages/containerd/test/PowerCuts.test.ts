import { FakeHost } from "@effect-ploop/backend-fake"
import type { Snapshotter } from "@effect-ploop/containerd"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { type Cut, cutting, isCut } from "./powerCut.js"
import { contentOf, layer, leftovers, onFake, type OnHost, start } from "./utils.js"

interface Job {
  readonly before: (snapshotter: Snapshotter.Snapshotter) => Effect.Effect<unknown, unknown, OnHost>
  readonly call: (snapshotter: Snapshotter.Snapshotter) => Effect.Effect<unknown, { readonly _tag: string }>
  /** What a repetition may fail with because the call was done before the cut. */
  readonly done: string
  readonly names: ReadonlyArray<string>
}

/** Cuts the power at one change of a call, starts again, and repeats the call. Returns whether there was such a change. */
const round = (job: Job, cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const { services } = yield* cutting(cut)
    const exit = yield* Effect.exit(Effect.provide(Effect.flatMap(start(), job.call), services))
    if (!isCut(exit)) return false
    yield* Effect.ignore(host.cutPower)
    const snapshotter = yield* start()
    const again = yield* Effect.either(job.call(snapshotter))
    if (again._tag === "Left") assert.strictEqual(again.left._tag, job.done)
    assert.sameMembers((yield* snapshotter.list()).map(({ name }) => name), [...job.names])
    assert.deepStrictEqual(yield* contentOf(snapshotter, "one"), { one: "of one" })
    const left = yield* leftovers
    assert.deepStrictEqual([left.building, left.removed, left.snapshots], [0, 0, job.names.length])
    return true
  })

const jobs: Record<string, Job> = {
  prepare: {
    before: (snapshotter) => layer(snapshotter, "one"),
    call: (snapshotter) => snapshotter.prepare({ key: "a", parent: "one" }),
    done: "SnapshotExists",
    names: ["one", "a"]
  },
  commit: {
    before: (snapshotter) =>
      Effect.zipRight(layer(snapshotter, "one"), snapshotter.prepare({ key: "a", parent: "one" })),
    call: (snapshotter) => snapshotter.commit({ key: "a", name: "two" }),
    done: "SnapshotNotFound",
    names: ["one", "two"]
  },
  update: {
    before: (snapshotter) => layer(snapshotter, "one"),
    call: (snapshotter) => snapshotter.update({ name: "one", labels: { l: "1" } }),
    done: "none",
    names: ["one"]
  },
  remove: {
    before: (snapshotter) =>
      Effect.zipRight(layer(snapshotter, "one"), snapshotter.prepare({ key: "a", parent: "one" })),
    call: (snapshotter) => snapshotter.remove("a"),
    done: "SnapshotNotFound",
    names: ["one"]
  }
}

describe("a power cut at any change", () => {
  for (const [name, job] of Object.entries(jobs)) {
    for (const side of ["before", "after"] as const) {
      onFake(
        `of ${name}, ${side} it, leaves the snapshot or none, and lets the call be repeated`,
        Effect.gen(function*() {
          const host = yield* FakeHost.FakeHost
          yield* Effect.flatMap(start(), job.before)
          const prepared = yield* host.state
          let at = 0
          while (yield* round(job, { at, side })) {
            at++
            yield* host.restore(prepared)
          }
          assert.isAbove(at, 2)
        })
      )
    }
  }
})
