import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"
import { isMarkedInUse } from "./snapshotUtils.js"

export const stop: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "stop/closes-the-image",
    title: "MUST close the image and clear its in-use flag, even before the device is cleared",
    source: Case.manual("stop"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.equal(yield* isMarkedInUse(image), true, "whether the flag of the running image is set")
      yield* low.stop({ device })
      yield* Check.equal(yield* isMarkedInUse(image), false, "whether the flag is set after that")
      yield* low.clear({ device })
    })
  }),
  onDevice("stop", (low, options) => low.stop(options))
]
