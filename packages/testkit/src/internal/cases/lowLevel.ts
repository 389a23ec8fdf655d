import * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as OperationError from "@effect-ploop/core/OperationError"
import type * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as disks from "./disks.js"

type Operation = "start" | "stop" | "clear" | "deleteDelta"

/** How the operations on a device report a missing one. */
export const onDevice = (
  operation: Operation,
  on: (
    low: LowLevel.LowLevel,
    options: Request.OfDeviceOptions
  ) => Effect.Effect<void, OperationError.DeleteDeltaError | OperationError.StartError>
): Case.Case =>
  Case.make({
    id: `${operation}/unknown-device`,
    title: "MUST report a missing device",
    source: Case.observed(`${operation === "deleteDelta" ? "delete" : operation} -d of a missing device`),
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      yield* Check.fails(on(low, { device: disks.noDevice }), "DeviceNotFound", {
        operation,
        subject: disks.noDevice
      })
    })
  })
