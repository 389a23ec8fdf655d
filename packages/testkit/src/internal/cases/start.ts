import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"

export const start: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "start/after-a-stop",
    title: "MUST start a stopped device, so that its disk can be unmounted as usual",
    source: Case.manual("start"),
    needs: ["device"],
    // Device mapper has no such requests.
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* low.stop({ device })
      yield* low.start({ device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.check({ image }), { outcome: "clean", findings: [] }, "the check of the image")
    })
  }),
  Case.make({
    id: "start/of-a-running-device",
    title: "MUST refuse to start a running device, and leave it running",
    source: Case.source("the driver's ploop_start"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.start({ device }), "DeviceFailed", { operation: "start", subject: device })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
    })
  }),
  onDevice("start", (low, options) => low.start(options))
]
