import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"

export const clear: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "clear/after-a-stop",
    title: "MUST detach the deltas of a stopped device, so that the disk is idle and can be attached again",
    source: Case.manual("clear"),
    needs: ["device"],
    // Device mapper has no such requests.
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* low.stop({ device })
      yield* low.clear({ device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is attached")
      const left = (yield* ploop.listDevices).filter((other) => other.image === image)
      yield* Check.equal(left, [], "the devices of the disk")
      yield* disks.attached(disk)
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached again")
    })
  }),
  Case.make({
    id: "clear/of-a-running-device",
    title: "MUST refuse to clear a running device, and leave it running",
    source: Case.source("the driver's ploop_clear"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.clear({ device }), "DeviceFailed", { operation: "clear", subject: device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
    })
  }),
  onDevice("clear", (low, options) => low.clear(options))
]
