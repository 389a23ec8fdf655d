import { FakeHost } from "@effect-ploop/backend-fake"
import type { VolumeDriver } from "@effect-ploop/containerd"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { type Cut, cutting, isCut } from "./powerCut.js"
import { onFake, type OnHost } from "./utils.js"
import { contentOf, leftovers, namesOf, start, using, writeTo } from "./volumes.js"

interface Job {
  readonly call: (driver: VolumeDriver.VolumeDriver) => Effect.Effect<unknown, { readonly _tag: string }>
  /** What a repetition may fail with because the call was done before the cut. */
  readonly done?: string
  readonly names: ReadonlyArray<string>
  readonly users?: ReadonlyArray<string>
}

const prepare = (driver: VolumeDriver.VolumeDriver): Effect.Effect<void, unknown, OnHost> =>
  Effect.gen(function*() {
    yield* driver.create({ name: "db" })
    yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
  })

/** Cuts the power at one change of a call, starts again, and repeats the call. Returns whether there was such a change. */
const round = ({ call, done, names, users = [] }: Job, cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const { services } = yield* cutting(cut)
    const exit = yield* Effect.exit(Effect.provide(Effect.flatMap(start(), call), services))
    if (!isCut(exit)) return false
    yield* Effect.ignore(host.cutPower)
    const driver = yield* start()
    const again = yield* Effect.either(call(driver))
    if (again._tag === "Left") assert.strictEqual(again.left._tag, done)
    assert.sameMembers(yield* namesOf(driver), [...names])
    for (const name of names) assert.deepStrictEqual(yield* contentOf(driver, name), { a: "1" }, `${name} at ${cut.at}`)
    if (names.includes("db")) assert.deepStrictEqual((yield* driver.get("db")).users, users)
    const left = yield* leftovers
    assert.deepStrictEqual([left.building, left.removed, left.volumes], [0, 0, names.length])
    assert.strictEqual(left.devices, users.length === 0 ? 0 : 1)
    return true
  })

const jobs: Record<string, Job> = {
  snapshot: { call: (driver) => driver.create({ name: "db@one" }), names: ["db", "db@one"] },
  clone: { call: (driver) => driver.create({ name: "copy", from: "db" }), names: ["copy", "db"] },
  mount: { call: (driver) => driver.mount({ name: "db", id: "1" }), names: ["db"], users: ["1"] },
  unmount: {
    call: (driver) => Effect.zipRight(driver.mount({ name: "db", id: "1" }), driver.unmount({ name: "db", id: "1" })),
    names: ["db"]
  },
  remove: { call: (driver) => driver.remove("db"), done: "VolumeNotFound", names: [] }
}

describe("a power cut at any change", () => {
  for (const [name, job] of Object.entries(jobs)) {
    for (const side of ["before", "after"] as const) {
      onFake(
        `of ${name}, ${side} it, leaves the volume or none, and lets the call be repeated`,
        Effect.gen(function*() {
          const host = yield* FakeHost.FakeHost
          yield* Effect.flatMap(start(), prepare)
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
