import { PloopFake } from "@effect-ploop/backend-fake"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

describe("bytes", () => {
  it.effect("a file keeps what was written when the caller changes the buffer later", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const buffer = Buffer.from("what was written")
      yield* fs.writeFile("/tmp/file", buffer)
      buffer.fill(0)

      assert.strictEqual(yield* fs.readFileString("/tmp/file"), "what was written")
    }).pipe(Effect.provide(PloopFake.layer())))
})
