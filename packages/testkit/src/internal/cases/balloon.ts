import type * as OperationError from "@effect-ploop/core/OperationError"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as disks from "./disks.js"

type Operation =
  | "balloonStatus"
  | "balloonClear"
  | "balloonComplete"
  | "balloonCheck"
  | "balloonRepair"
  | "discardStatus"

type On = (
  request: Request.RunningOptions
) => Effect.Effect<unknown, OperationError.BalloonStatusError, Ploop.Ploop>

/**
 * The cases that all operations on a mounted disk share: how the disk is named,
 * and the errors when it is missing.
 */
export const onMounted = (
  operation: Operation,
  on: On,
  generations?: Case.Case["generations"]
): ReadonlyArray<Case.Case> => [
  Case.make({
    id: `${operation}/idle-disk`,
    title: "MUST report that a disk is not mounted",
    source: Case.observed("balloon on a disk without a device: The image is not mounted"),
    generations,
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.disk()
      // `discardStatus` does not run the tool for a disk without a device, because the tool reports nothing for it.
      const exitCode = operation === "discardStatus" ? undefined : 38
      yield* Check.fails(on({ disk }), "NotMounted", { operation, subject: disk, exitCode })
    })
  }),
  Case.make({
    id: `${operation}/unknown-names`,
    title: "MUST fail differently for a missing descriptor, a missing device and a directory that is not a mount point",
    source: Case.observed("balloon with a missing descriptor, device and mount point"),
    generations,
    run: Effect.gen(function*() {
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const target = yield* Conformance.directory("mnt")
      const codes = operation === "discardStatus"
        ? { "1.15": 39, "7": 39, "9": 4 }
        : { "1.15": 38, "7": 38, "9": 38 }
      const exitCode = yield* Conformance.ofGeneration<number>(codes)
      yield* Check.fails(on({ disk }), "DiskNotFound", { subject: disk, exitCode })
      yield* Check.fails(on({ device: disks.noDevice }), "DeviceNotFound", { subject: disks.noDevice })
      yield* Check.fails(on({ target }), "NotMounted", { subject: target })
    })
  }),
  Case.make({
    id: `${operation}/needs-a-mount`,
    title: "MUST report that a disk is not mounted if it is only attached",
    source: Case.source("lib/balloon.c get_balloon"),
    needs: ["device"],
    generations,
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(on({ disk }), "NotMounted")
      yield* Check.fails(on({ device }), "NotMounted")
    })
  }),
  Case.make({
    id: `${operation}/takes-every-name`,
    title: "MUST return the same result for the descriptor, the device and the mount point of a mounted disk",
    source: Case.manual("balloon"),
    needs: ["mount", "balloon"],
    generations,
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      const answer = yield* on({ disk })
      yield* Check.equal(yield* on({ device }), answer, "the result for the device")
      yield* Check.equal(yield* on({ target }), answer, "the result for the mount point")
    })
  })
]
