import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import { onMounted } from "./balloon.js"

export const balloonClear: ReadonlyArray<Case.Case> = [
  ...onMounted(
    "balloonClear",
    (request) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.balloonClear(request)),
    ["1.15", "7"]
  ),
  Case.make({
    id: "balloonClear/answers-the-state",
    title: "MUST report that no maintenance is in progress, and not change the balloon",
    source: Case.manual("balloon clear"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* ploop.balloonChange({ disk, size: "8M" })
      yield* Check.equal(yield* ploop.balloonClear({ disk }), "OFF", "the state")
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, ByteSize.MiB(8), "the size of the balloon")
    })
  }),
  Case.make({
    id: "balloonClear/unsupported",
    title: "MUST refuse on generation 9, which has no maintenance of the balloon",
    source: Case.source("tools/ploop-balloon.c of 9.0.30"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.balloonClear({ disk }), "Unsupported")
      yield* Check.fails(ploop.balloonComplete({ disk }), "Unsupported")
      yield* Check.fails(ploop.balloonCheck({ disk }), "Unsupported")
      yield* Check.fails(ploop.balloonRepair({ disk }), "Unsupported")
    })
  })
]
