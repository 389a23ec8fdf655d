import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"

const { a, b } = Conformance.ids

export const deleteDelta: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deleteDelta/of-the-top",
    title: "MUST refuse to remove the top delta, and not change the disk or the descriptor",
    source: Case.source("the driver's ploop_del_delta"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const before = yield* disks.descriptor(disk)
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.deleteDelta({ device, level: 1 }), "DeviceFailed", {
        operation: "deleteDelta",
        subject: device
      })
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "deleteDelta/takes-a-level-out",
    title: "MUST remove the delta at the level from the device, and keep the others, the files and the descriptor",
    source: Case.manual("delete"),
    needs: ["device"],
    // Device mapper has no such requests.
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const made = yield* Conformance.disk()
      const { disk, image } = made
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      const before = yield* disks.descriptor(disk)
      const device = yield* disks.attached(disk)
      yield* low.deleteDelta({ device, level: 1 })
      const found = (yield* ploop.listDevices).find((other) => other.device === device)
      yield* Check.equal(found?.image, image, "the base image of the device")
      yield* Check.fails(low.deleteDelta({ device, level: 1 }), "DeviceFailed", { subject: device })
      yield* Check.equal(yield* disks.descriptor(disk), before, "the descriptor")
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "deleteDelta/level-that-is-not-there",
    title: "MUST refuse a level that the device does not have, or that no device can have",
    source: Case.manual("delete"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.deleteDelta({ device, level: 7 }), "DeviceFailed")
      yield* Check.fails(low.deleteDelta({ device, level: 128 }), "InvalidArgument", { field: "level" })
      yield* Check.fails(low.deleteDelta({ device, level: -1 }), "InvalidArgument", { field: "level" })
    })
  }),
  onDevice("deleteDelta", (low, options) => low.deleteDelta({ ...options, level: 0 })),
  Case.make({
    id: "deleteDelta/of-the-base",
    title: "MUST refuse to remove the base delta below others, and keep the device running",
    source: Case.observed("delete -l 0 of a device with two deltas: Device or resource busy"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const device = yield* disks.attached(disk)
      yield* Check.fails(low.deleteDelta({ device, level: 0 }), "DeviceFailed", { exitCode: 3 })
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* Conformance.parents(disk), [[SnapshotId.top, undefined]], "the tree after a merge")
    })
  })
]
