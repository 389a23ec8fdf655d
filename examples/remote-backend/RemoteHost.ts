/**
 * The host's end: it runs what a client requests, on any backend.
 *
 * It serves every client that reaches it. Only give access to clients that may
 * be root on the host.
 */
import type { Request } from "@effect-ploop/core"
import { LowLevel, Ploop } from "@effect-ploop/core"
import { Effect, Predicate, Schema, Sink, Stream } from "effect"
import * as Protocol from "./Protocol.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

/** The bytes of an upload. The consumer is interrupted when the client aborts. */
const uploaded = <E>(values: Stream.Stream<unknown, E>) =>
  values.pipe(
    Stream.concat(Stream.fromEffect(Effect.interrupt)),
    Stream.takeWhile((value) => value !== Protocol.end),
    Stream.filter(Predicate.isUint8Array)
  )

/** The response: the bytes of a download, and then the exit of the operation. */
const respond = <E>(services: Services, { operation, options }: Protocol.Call, upload: Stream.Stream<unknown, E>) => {
  const encode = Schema.encodeUnknown(Protocol.exitOf(operation))
  const ended = (work: Effect.Effect<unknown, unknown>) => Stream.fromEffect(Effect.flatMap(Effect.exit(work), encode))

  // The services check their options, so those of the client are passed on as they are.
  switch (operation) {
    case "copySend":
      return services.copySend(options as Request.CopySendOptions).pipe(
        Stream.concat(ended(Effect.void)),
        Stream.catchAllCause((cause) => ended(Effect.failCause(cause)))
      )
    case "copyReceive":
      return ended(Stream.run(uploaded(upload), services.copyReceive(options as Request.CopyReceiveOptions)))
    default: {
      const member = services[operation]
      return ended(
        Effect.isEffect(member) ? member : (member as (_: unknown) => Effect.Effect<unknown, unknown>)(options)
      )
    }
  }
}

/** Serves a request. The rest of it is read at the end, so that it is never cut short. */
export const serve = Effect.gen(function*() {
  const services = { ...(yield* Ploop.Ploop), ...(yield* LowLevel.LowLevel) }
  return <E>(request: Stream.Stream<Uint8Array, E>) =>
    Effect.gen(function*() {
      const [first, rest] = yield* Stream.peel(Protocol.unpack(request), Sink.head())
      const call = yield* Effect.flatMap(first, Schema.decodeUnknown(Protocol.Call))
      return Stream.concat(respond(services, call, rest), Stream.drain(rest))
    }).pipe(Stream.unwrapScoped, Protocol.pack)
})
