import { LowLevel, Ploop, PloopError, Remedy } from "@effect-ploop/core"
import { Effect } from "effect"
import type { Executions } from "./execution.js"
import { about, bare, disk, image, inserted, moved, remedied, services, snapshot } from "./execution.js"

const { texts } = Remedy

/** What a host with another generation can do. */
export const generations: Executions = {
  "encrypted": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("expanded")
      yield* inserted("<Encryption><KeyId>only copy</KeyId></Encryption>")
      yield* remedied(snapshot(ploop), texts.encrypted())
      yield* moved(Effect.flatMap(Ploop.Ploop, snapshot), "7")
    })
  ],
  "kept-by-others": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* bare("expanded")
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("<StorageData>", "<StorageData><Volume><ReadOnly/></Volume>"))
      yield* remedied(snapshot(ploop), texts["kept-by-others"]({ generations: ["7", "9"] }))
      yield* moved(Effect.flatMap(Ploop.Ploop, snapshot), "7")
    })
  ],
  "nothing-tracked": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("expanded")
      yield* remedied(ploop.dropTracking({ disk }), texts["nothing-tracked"]())
      yield* snapshot(ploop)
    })
  ],
  "encrypt-elsewhere": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("expanded")
      yield* remedied(ploop.encrypt({ disk, keyId: "key" }), texts["encrypt-elsewhere"]())
      yield* snapshot(ploop)
    })
  ],
  "merge-by-descriptor": [
    { generation: "9" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("expanded")
      yield* snapshot(ploop)
      const delta = yield* ploop.topDelta({ disk })
      const low = yield* LowLevel.LowLevel
      yield* remedied(low.mergeDelta({ delta, image }), texts["merge-by-descriptor"]())
      yield* ploop.mergeSnapshots({ disk })
    })
  ],
  "merge-elsewhere": [
    { generation: "9" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("raw")
      yield* remedied(ploop.mergeSnapshots({ disk }), texts["merge-elsewhere"]())
      yield* moved(Effect.flatMap(Ploop.Ploop, (other) => other.mergeSnapshots({ disk })), "7")
    })
  ],
  "unsupported": [
    { generation: "9" },
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      yield* bare("expanded")
      const reason = "generation 9 cannot do this"
      // What a generation cannot do has a remedy of its own wherever it is known.
      yield* host.fail("createSnapshot", new PloopError.Unsupported({ ...about("createSnapshot"), reason }))
      yield* remedied(snapshot(ploop), texts.unsupported())
      yield* moved(Effect.flatMap(Ploop.Ploop, snapshot), "7")
    })
  ]
}
