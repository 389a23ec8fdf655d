/**
 * The end on the host: it does what the other end asks for, with whatever
 * backend it is given.
 *
 * It does so for anybody who reaches it. Let only those reach it who may be root
 * on the host.
 */
import type { Request } from "@effect-ploop/core"
import { LowLevel, Ploop } from "@effect-ploop/core"
import { Effect, Predicate, Schema, Sink, Stream } from "effect"
import * as Protocol from "./Protocol.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

/** The bytes of an upload. What takes them is interrupted when the other end gives up. */
const uploaded = <E>(values: Stream.Stream<unknown, E>) =>
  values.pipe(
    Stream.concat(Stream.fromEffect(Effect.interrupt)),
    Stream.takeWhile((value) => value !== Protocol.end),
    Stream.filter(Predicate.isUint8Array)
  )

/** What goes back: the bytes of a download, and then how the operation ended. */
const answer = <E>(services: Services, { operation, options }: Protocol.Call, upload: Stream.Stream<unknown, E>) => {
  const encode = Schema.encodeUnknown(Protocol.exitOf(operation))
  const ended = (work: Effect.Effect<unknown, unknown>) => Stream.fromEffect(Effect.flatMap(Effect.exit(work), encode))

  // The services check their options, so those of the other end are handed on as they are.
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

/** Answers a request. What is left of it is read in the end, so that it is never cut short. */
export const serve = Effect.gen(function*() {
  const services = { ...(yield* Ploop.Ploop), ...(yield* LowLevel.LowLevel) }
  return <E>(request: Stream.Stream<Uint8Array, E>) =>
    Effect.gen(function*() {
      const [first, rest] = yield* Stream.peel(Protocol.unpack(request), Sink.head())
      const call = yield* Effect.flatMap(first, Schema.decodeUnknown(Protocol.Call))
      return Stream.concat(answer(services, call, rest), Stream.drain(rest))
    }).pipe(Stream.unwrapScoped, Protocol.pack)
})
