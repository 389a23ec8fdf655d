import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"

export const nextDevice: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "nextDevice/is-free",
    title: "MUST return a device that is not running and that a mount can use, and then another one",
    source: Case.manual("getdev"),
    needs: ["device"],
    generations: ["1.15", "7"],
    // With the device named, the tool does not lock the choice of a device: it would take another case's.
    alone: true,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const idle = Effect.gen(function*() {
        const next = yield* low.nextDevice
        const running = (yield* ploop.listDevices).map(({ device }) => device)
        yield* Check.isTrue(!running.includes(next), "it does not run", next)
        return next
      })
      const taken = Effect.scoped(Effect.gen(function*() {
        const next = yield* idle
        const device = yield* disks.attached(disk, { device: next })
        yield* Check.equal(device, next, "the device that the disk has")
        yield* idle
      }))
      // Another process on the host may take the device between two of these operations.
      yield* Effect.retry(taken, { times: 9 })
    })
  }),
  Case.make({
    id: "nextDevice/unsupported",
    title: "MUST refuse on generation 9, whose devices have no order",
    source: Case.source("lib/dm.c of 9.0.30"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      yield* Check.fails(low.nextDevice, "Unsupported", { operation: "nextDevice" })
    })
  })
]
