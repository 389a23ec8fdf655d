import type { handleServerStreamingCall, handleUnaryCall } from "@grpc/grpc-js"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import type { SnapshotterError } from "../../SnapshotterError.js"
import { malformed } from "../malformed.js"
import { ofCause, type Status } from "./status.js"

/** Starts a fiber that ends with the server. */
export type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E>

const answer = <Request, Encoded, Response>(
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Effect.Effect<Response, SnapshotterError>
) => {
  const decode = Schema.decodeUnknown(schema)
  return (request: unknown) =>
    Effect.mapError(decode(request), malformed("is not a field")).pipe(
      Effect.flatMap(run),
      Effect.tapErrorCause((cause) => Cause.isFailure(cause) ? logged(cause) : Effect.void)
    )
}

const logged = (cause: Cause.Cause<SnapshotterError>) =>
  Cause.isDie(cause)
    ? Effect.logError("a call ended with a defect", cause)
    : Effect.logDebug("a call failed", cause)

const outcome = <A>(
  exit: Exit.Exit<A, SnapshotterError>,
  { onFailure, onSuccess }: { readonly onFailure: (status: Status) => void; readonly onSuccess: (value: A) => void }
) => Exit.match(exit, { onFailure: (cause) => onFailure(ofCause(cause)), onSuccess })

/** A call with one response. A client that cancels it interrupts it. */
export const unary = (fork: Fork) =>
<Request, Encoded, Response>(
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Effect.Effect<Response, SnapshotterError>
): handleUnaryCall<unknown, Response> => {
  const respond = answer(schema, run)
  return (call, callback) => {
    const fiber = fork(respond(call.request))
    call.on("cancelled", () => fiber.unsafeInterruptAsFork(fiber.id()))
    fiber.addObserver((exit) =>
      outcome(exit, {
        onFailure: (status) => callback(status),
        onSuccess: (response) => callback(null, response)
      })
    )
  }
}

/** A call with several responses, all of which are known before the first is sent. */
export const stream = (fork: Fork) =>
<Request, Encoded, Response>(
  schema: Schema.Schema<Request, Encoded>,
  run: (request: Request) => Effect.Effect<ReadonlyArray<Response>, SnapshotterError>
): handleServerStreamingCall<unknown, Response> => {
  const respond = answer(schema, run)
  return (call) => {
    const fiber = fork(respond(call.request))
    call.on("cancelled", () => fiber.unsafeInterruptAsFork(fiber.id()))
    fiber.addObserver((exit) =>
      outcome(exit, {
        onFailure: (status) => call.emit("error", status),
        onSuccess: (responses) => {
          for (const response of responses) call.write(response)
          call.end()
        }
      })
    )
  }
}
