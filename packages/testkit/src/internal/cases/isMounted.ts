import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import { misnamed } from "./misnamed.js"

export const isMounted: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "isMounted/tells-whether-the-unnamed-device-runs",
    title: "MUST report whether the unnamed device is running, even without a mount; components do not count",
    source: Case.service("Ploop.isMounted"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const other = yield* Conformance.disk({ name: "other" })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "the result for an idle disk")
      yield* ploop.mount({ disk, component: "backup" })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "the result while a component runs")
      yield* ploop.umount({ disk, component: "backup" })
      yield* ploop.mount({ disk })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "the result while the device runs")
      yield* Check.equal(yield* ploop.isMounted({ disk: other.disk }), false, "the result for another disk")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "the result after the unmount")
    })
  }),
  ...misnamed("isMounted", (ploop, disk) => ploop.isMounted({ disk }))
]
