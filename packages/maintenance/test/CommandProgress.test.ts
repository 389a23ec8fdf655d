import type { Progress } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { listener } from "../src/internal/cli/progress.js"

const megabyte = 1024n * 1024n

/** Reports every half second of so many seconds, the end included, and returns what was written. */
const written = (seconds: number, columns: number | undefined) =>
  Effect.gen(function*() {
    const texts: Array<string> = []
    const listen = listener({ columns, write: (text) => Effect.sync(() => texts.push(text)) })
    const report = (done: number, finished = false) =>
      listen(
        {
          operation: "exportImage",
          subject: "/vz/101/DiskDescriptor.xml",
          done: BigInt(done) * megabyte,
          total: BigInt(2 * seconds) * megabyte,
          finished
        } satisfies Progress.Progress
      )
    for (let half = 0; half < 2 * seconds; half++) {
      yield* report(half)
      yield* TestClock.adjust("500 millis")
    }
    yield* report(2 * seconds, true)
    return texts
  })

describe("a command shows how far an operation is", () => {
  it.effect("by a bar on a terminal, which is cleared at the end", () =>
    Effect.gen(function*() {
      const texts = yield* written(4, 100)
      assert.strictEqual(texts.length, 5)
      assert.strictEqual(
        texts[0],
        "\r\u001b[K[###########............]  50% exportImage /vz/101/DiskDescriptor.xml: 50%, 4 MiB of 8 MiB"
      )
      assert.strictEqual(texts.at(-1), "\r\u001b[K")
    }))

  it.effect("by a bar that fits into one line", () =>
    Effect.gen(function*() {
      for (const text of yield* written(4, 40)) assert.isBelow(text.length - "\r\u001b[K".length, 40)
    }))

  it.effect("by a line every ten seconds elsewhere", () =>
    Effect.gen(function*() {
      const name = "exportImage /vz/101/DiskDescriptor.xml"
      assert.deepStrictEqual(yield* written(25, undefined), [
        `${name}: 40%, 20 MiB of 50 MiB\n`,
        `${name}: 80%, 40 MiB of 50 MiB\n`
      ])
    }))

  it.effect("not when it is done soon", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* written(1, 80), [])
      assert.deepStrictEqual(yield* written(9, undefined), [])
    }))
})
