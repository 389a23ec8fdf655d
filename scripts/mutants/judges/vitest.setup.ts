import { it } from "@effect/vitest"
import { expect } from "vitest"

/** Test files whose live tests measure the real time: they may fail for want of it, and would be no witnesses. */
const measuring = /\/backend-cli\/test\/(?:Kinds|OneWriter|Process|Tape)\.test\.ts$/

type Live = Pick<typeof it, "live" | "scopedLive">

// All test files share `it`, so that each sets what it is there.
const shared: typeof it & { original?: Live } = it
const { live, scopedLive } = shared.original ??= { live: it.live, scopedLive: it.scopedLive }
const isMeasuring = measuring.test(expect.getState().testPath ?? "")

Object.assign(it, isMeasuring ? { live: live.skip, scopedLive: scopedLive.skip } : { live, scopedLive })
