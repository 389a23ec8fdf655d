import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import type * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as identifier from "../identifier.js"
import { Refused } from "../protocol/refused.js"
import type { Connection } from "./connection.js"
import { isTransient, Lost } from "./lost.js"
import type { Manager } from "./manager.js"

export { isTransient, Lost }

/** What each call needs. */
export interface Client {
  readonly manager: Manager
  /** When to connect again. */
  readonly reconnect: Schedule.Schedule<unknown, unknown>
}

/** The key of the next change, where the caller gives one. */
export const givenKey: FiberRef.FiberRef<Option.Option<string>> = GlobalValue.globalValue(
  "@effect-ploop/backend-remote/givenKey",
  () => FiberRef.unsafeMake(Option.none<string>())
)

/** The key of a change: that of the caller, or one of its own. */
export const key: Effect.Effect<string> = Effect.flatMap(
  FiberRef.get(givenKey),
  Option.match({ onNone: () => identifier.make, onSome: Effect.succeed })
)

const encoders: Readonly<Record<Operation.Name, (request: unknown) => Effect.Effect<unknown>>> = Record.map(
  Operation.table,
  (row: Operation.Row) => {
    if (row.request === undefined) return () => Effect.succeed(undefined)
    const encoder = Schema.encode(row.request)
    // What was checked can be encoded.
    return (request: unknown) => Effect.orDie(encoder(request))
  }
)

/** A request that was checked, as a caller could have written it. */
export const encode = (name: Operation.Name, request: unknown): Effect.Effect<unknown> => encoders[name](request)

const isRefused = Schema.is(Refused)

const refusedAs = (context: PloopError.Context, refused: Refused): PloopError.PloopError => {
  switch (refused._tag) {
    case "NotAllowed":
      return new PloopError.AccessRefused({ ...context, what: refused.what, reason: refused.reason })
    case "OverLimit":
      return new PloopError.LimitExceeded({ ...context, limit: refused.limit, value: refused.value })
    case "OtherVersion":
      return new PloopError.ProtocolMismatch({ ...context, client: refused.client, server: refused.server })
  }
}

/** The error of an operation: that of the host, or what happened to the connection. */
export const failed = (
  operation: Operation.Name,
  request: unknown,
  error: unknown,
  mayHaveHappened: boolean
): PloopError.PloopError => {
  const context = { operation, subject: Operation.subjectOf(request), text: "" }
  if (isTransient(error)) return new PloopError.ConnectionLost({ ...context, reason: error.reason, mayHaveHappened })
  // The schema of the procedure says that it can be no other error.
  return isRefused(error) ? refusedAs(context, error) : error as PloopError.PloopError
}

/** A connection for something that cannot be repeated once it has begun. */
export const connected = (
  { manager, reconnect }: Client,
  operation: Operation.Name,
  request: unknown
): Effect.Effect<Connection, PloopError.PloopError> =>
  Effect.mapError(
    Effect.retry(manager.get, { schedule: reconnect, while: isTransient }),
    (error) => failed(operation, request, error, false)
  )
