import { it } from "@effect/vitest"
import { expect } from "vitest"

/** Test files whose live tests measure the real time: they may fail for want of it, and would be no witnesses. */
const measuring = /\/backend-cli\/test\/(?:OneWriter|Process|Tape)\.test\.ts$/

type Testers = Pick<typeof it, "effect" | "live" | "scoped" | "scopedLive">

// All test files share `it`, and `layer` writes testers of its own into it, such as one without a test clock. So each
// file begins with those that the library has made.
const shared: typeof it & { original?: Testers } = it
const { effect, live, scoped, scopedLive } = shared.original ??= {
  effect: it.effect,
  live: it.live,
  scoped: it.scoped,
  scopedLive: it.scopedLive
}
const isMeasuring = measuring.test(expect.getState().testPath ?? "")

Object.assign(it, {
  effect,
  scoped,
  live: isMeasuring ? live.skip : live,
  scopedLive: isMeasuring ? scopedLive.skip : scopedLive
})
