import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

/** How many objects can be reached from a value: what it takes in memory, without a clock or a garbage collector. */
const reachable = (value: unknown): number => {
  const seen = new Set<object>()
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== "object" || next === null || seen.has(next)) continue
    seen.add(next)
    for (const key of Reflect.ownKeys(next)) left.push(Reflect.get(next, key))
  }
  return seen.size
}

const loop = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectory({ directory: "/vz" })
  const target = yield* fs.makeTempDirectory({ directory: "/mnt" })
  const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "10G" })
  yield* ploop.mount({ disk, target })
  yield* fs.writeFileString(`${target}/motd`, "welcome")
  const id = yield* ploop.createSnapshot({ disk })
  yield* ploop.umount({ disk })
  yield* ploop.switchSnapshot({ disk, id })
  yield* ploop.deleteSnapshot({ disk, id })
  yield* fs.remove(directory, { recursive: true })
  yield* fs.remove(target, { recursive: true })
})

describe("what operations leave behind", () => {
  it.effect("the state of a host is not larger after many disks came and went than after a few", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      yield* Effect.repeatN(loop, 9)
      const few = reachable(yield* host.state)
      yield* Effect.repeatN(loop, 99)
      // The maps of files have other shapes for other numbers.
      assert.isAtMost(reachable(yield* host.state), few + 20)
    }).pipe(Effect.provide(PloopFake.layer())))
})
