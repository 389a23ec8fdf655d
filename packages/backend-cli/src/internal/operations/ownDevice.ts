import * as Operation from "@effect-ploop/core/Operation"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Session } from "../session.js"
import { requireOwnDevice } from "./devices.js"

type Method = (request: never) => Effect.Effect<unknown, PloopError.PloopError>

const diskOf = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "disk") && Predicate.isString(request.disk) ? request.disk : undefined

const componentOf = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "component") && Predicate.isString(request.component) ? request.component : undefined

const guarded = (session: Session, operation: Operation.Name, method: Method): Method => (request) => {
  const disk = diskOf(request)
  return disk === undefined ? method(request) : Effect.zipRight(
    requireOwnDevice(
      session,
      { operation, subject: disk },
      session.host.absolute(disk),
      operation === "umount" ? componentOf(request) : undefined
    ),
    method(request)
  )
}

/** The methods, each of which refuses what the tool would do with the device of another disk. */
export const onOwnDevices = <Backend extends object>(session: Session, backend: Backend): Backend =>
  // Each method keeps its type: what it refuses more is an error that every method may have.
  Object.fromEntries(
    Object.entries(backend).map(([name, method]) => [
      name,
      isGuarded(name) ? guarded(session, name, method as Method) : method
    ])
  ) as Backend

const isGuarded = (name: string): name is Operation.Name =>
  Operation.names.some((other) =>
    other === name && Operation.table[other].shape === "effect" &&
    "request" in Operation.table[other]
  )
