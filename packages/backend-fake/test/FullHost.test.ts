import { PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const megabyte = 1_048_576

const isFull = (effect: Effect.Effect<void, unknown>) =>
  Effect.map(Effect.flip(effect), (error) => assert.include(String(error), "ENOSPC"))

describe("a full host", () => {
  it.effect("leaves a file empty that is overwritten with more data than there is space for", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFile("/tmp/file", new Uint8Array(megabyte))

      yield* isFull(fs.writeFile("/tmp/file", new Uint8Array(3 * megabyte)))

      assert.strictEqual((yield* fs.readFile("/tmp/file")).length, 0)
      yield* fs.writeFile("/tmp/file", new Uint8Array(2 * megabyte))
      assert.strictEqual((yield* fs.readFile("/tmp/file")).length, 2 * megabyte)
    }).pipe(Effect.provide(PloopFake.layer({ capacity: 2 * megabyte }))))

  it.effect("leaves a file in a disk empty when the image cannot grow by the data that overwrites it", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "10G" })
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* fs.writeFile("/mnt/file", Uint8Array.of(1))
      const image = yield* fs.stat("/vz/root.hdd")

      yield* isFull(fs.writeFile("/mnt/file", new Uint8Array(64 * megabyte)))

      assert.strictEqual((yield* fs.readFile("/mnt/file")).length, 0)
      assert.strictEqual((yield* fs.stat("/vz/root.hdd")).size, image.size)
    }).pipe(Effect.provide(PloopFake.layer({ capacity: "48M" }))))
})
