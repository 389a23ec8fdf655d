import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import { onMounted } from "./balloon.js"

export const balloonStatus: ReadonlyArray<Case.Case> = [
  ...onMounted("balloonStatus", (request) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.balloonStatus(request))),
  Case.make({
    id: "balloonStatus/of-a-new-disk",
    title: "MUST report an empty balloon and no maintenance for a new disk",
    source: Case.manual("balloon show, balloon status"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const maintenance = yield* Conformance.ofGeneration({ "1.15": "OFF", "7": "OFF", "9": undefined })
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* Check.equal<object>(
        yield* ploop.balloonStatus({ disk }),
        { size: ByteSize.MiB(0), maintenance },
        "the status"
      )
    })
  }),
  Case.make({
    id: "balloonStatus/outlives-a-umount",
    title: "MUST report the same size of the balloon after an unmount and a mount",
    source: Case.manual("balloon show"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* ploop.balloonChange({ disk, size: "12M" })
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk)
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, ByteSize.MiB(12), "the size of the balloon")
    })
  })
]
