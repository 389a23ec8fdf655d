import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"

export const stop: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "stop/closes-the-image",
    title: "MUST close the image and clear its in-use flag, even before the device is cleared",
    source: Case.manual("stop"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
      yield* low.stop({ device })
      yield* Check.equal(yield* ploop.check({ image }), { outcome: "clean", findings: [] }, "the check of the image")
      yield* low.clear({ device })
    })
  }),
  onDevice("stop", (low, options) => low.stop(options))
]
