/** How far a run of the tool is, by the files that it changes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Host } from "../src/internal/host.js"
import * as tracking from "../src/internal/operations/tracking.js"
import type { Session } from "../src/internal/session.js"

/** A session of which only the size of a file is asked, which is another one each time. */
const sized = (...sizes: ReadonlyArray<bigint>): Session => {
  let index = 0
  const host: Partial<Host> = { allocated: () => Effect.sync(() => sizes[index++] ?? 0n) }
  return { host: host as Host } as Partial<Session> as Session
}

describe("what is done of a change of files", () => {
  it.effect("is by how much they have become larger, or smaller, since it began", () =>
    Effect.gen(function*() {
      for (const [then, now, expected] of [[80n, 95n, 15n], [80n, 50n, 30n], [80n, 80n, 0n]] as const) {
        const { done, total } = tracking.changed(sized(then, now), ["/x"], Effect.succeed(100n))
        assert.strictEqual(yield* total, 100n)
        assert.strictEqual(yield* done, expected)
      }
    }))
})
