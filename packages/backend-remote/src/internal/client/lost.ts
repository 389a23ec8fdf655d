import * as Socket from "@effect/platform/Socket"
import * as RpcClientError from "@effect/rpc/RpcClientError"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Refused } from "../protocol/refused.js"

/** There is no connection, or it ended. */
export class Lost extends Data.TaggedError("Lost")<{ readonly reason: string }> {}

/** The host has interrupted the call, as it does when it stops. */
export class Ended extends Data.TaggedError("Ended")<{ readonly reason: string }> {}

/** What a new connection can help with. */
export const isTransient = (error: unknown): error is Lost | Ended => error instanceof Lost || error instanceof Ended

const messageOf = (cause: unknown): string => {
  if (Socket.isSocketError(cause) && cause.reason === "Close") return "the host closed the connection"
  const inner = Socket.isSocketError(cause) && cause.reason !== "Close" ? cause.cause : cause
  return inner instanceof Error && inner.message !== "" ? inner.message : String(inner)
}

/** Why a connection ended. */
export const reasonOf = (error: RpcClientError.RpcClientError): string => messageOf(error.cause ?? error)

/** A host can refuse a connection before it is open. */
const refusedAt = (error: RpcClientError.RpcClientError): Option.Option<Refused> =>
  Socket.isSocketError(error.cause) && error.cause.reason === "Open"
    ? Option.liftPredicate(error.cause.cause, Schema.is(Refused))
    : Option.none()

const lostBy = (failure: unknown): Option.Option<Lost | Refused> =>
  failure instanceof RpcClientError.RpcClientError
    ? Option.orElse(refusedAt(failure), () => Option.some(new Lost({ reason: reasonOf(failure) })))
    : Socket.isSocketError(failure)
    ? Option.some(new Lost({ reason: messageOf(failure) }))
    : Option.none()

/** The library makes text of a defect. */
const decodeRefused = Schema.decodeUnknownOption(Schema.parseJson(Refused))

const refusedBy = (defect: unknown): Option.Option<Refused> =>
  Schema.is(Refused)(defect) ? Option.some(defect) : decodeRefused(defect)

/** The failure of the transport, or the refusal, that a cause of the library holds; else the cause itself. */
export const classify = <E>(cause: Cause.Cause<E>): Either.Either<Lost | Ended | Refused, Cause.Cause<E>> => {
  // A caller that is interrupted itself does not get this far.
  if (Cause.isInterruptedOnly(cause)) return Either.right(new Ended({ reason: "the host has ended the call" }))
  const causes = [...Cause.failures(cause), ...Cause.defects(cause)]
  return Either.fromOption(
    Option.orElse(
      Option.firstSomeOf(causes.map(lostBy)),
      () => Option.firstSomeOf(Chunk.toReadonlyArray(Cause.defects(cause)).map(refusedBy))
    ),
    () => cause
  )
}
