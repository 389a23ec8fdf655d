import * as Duplex from "@effect-ploop/core/Duplex"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import type * as Rpc from "@effect/rpc/Rpc"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Record from "effect/Record"
import * as Stream from "effect/Stream"
import { cut } from "../cut.js"
import * as identifier from "../identifier.js"
import { Operations } from "../protocol/group.js"
import type { Call, Part } from "../protocol/operations.js"
import { callKey } from "./callKey.js"
import type { Registry } from "./registry.js"
import { fingerprint } from "./tokens.js"
import type { Uploads } from "./uploads.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? `${inner}n` : inner) ?? ""

type Copy = "copySend" | "copyReceive" | "copyTo" | "copyFrom"

const run = (services: Services, name: Exclude<Operation.Name, Copy>, request: unknown) => {
  const member = services[name]
  // The services check their options, so those of the client are passed on as they are.
  return Effect.isEffect(member) ? member : (member as (_: unknown) => Effect.Effect<unknown, unknown>)(request)
}

const effect =
  (services: Services, registry: Registry, name: Exclude<Operation.Name, Copy>) => ({ key, request }: Call) =>
    key === undefined
      ? run(services, name, request)
      : Effect.flatMap(
        callKey(key),
        (key) => registry.once(key, fingerprint(`${name} ${textOf(request)}`), run(services, name, request))
      )

/** Ends the stream when its caller gives it up, and lets the caller wait until it has ended. */
const registered = <A, E>(registry: Registry, call: Call, stream: (key: string) => Stream.Stream<A, E>) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    // Without a key nobody can give it up, except with the connection.
    const key = yield* callKey(call.key ?? (yield* identifier.make))
    const { stopped } = yield* registry.stream(key)
    return Stream.interruptWhen(stream(key), stopped)
  }))

const copySend = (services: Services, registry: Registry) => (call: Call) =>
  registered(registry, call, () =>
    services.copySend(call.request as Request.CopySendOptions).pipe(
      Stream.mapConcat((bytes) => cut(bytes)),
      Stream.rechunk(1)
    ))

const copyReceive = (services: Services, registry: Registry, uploads: Uploads) => (call: Call) =>
  registered(registry, call, (key) =>
    Stream.unwrapScoped(Effect.map(uploads.expect(key), (received) =>
      Stream.concat(
        Stream.make(undefined),
        Stream.execute(
          Stream.run(Mailbox.toStream(received), services.copyReceive(call.request as Request.CopyReceiveOptions))
        )
      ))))

type Dialogue = (wire: Duplex.Duplex) => Stream.Stream<Result.CopyRound, PloopError.PloopError>

/** What the caller uploads goes to the operation, and what the operation sends comes between the rounds. */
const dialogue = (registry: Registry, uploads: Uploads, operation: (request: unknown) => Dialogue) => (call: Call) =>
  registered(registry, call, (key) =>
    Stream.unwrapScoped(Effect.gen(function*() {
      const received = yield* uploads.expect(key)
      const [here, there] = yield* Duplex.pair
      const rounds = operation(call.request)({ incoming: Mailbox.toStream(received), outgoing: here.outgoing })
      const bytes = there.incoming.pipe(Stream.mapConcat((bytes) => cut(bytes)), Stream.rechunk(1))
      return Stream.make<[Part]>({ ready: true }).pipe(Stream.concat(Stream.merge(
        Stream.map(bytes, (bytes): Part => ({ bytes })),
        Stream.map(rounds, (round): Part => ({ round }))
      )))
    })))

/** The handlers of the operations of a host. */
export const layer = (
  registry: Registry,
  uploads: Uploads
): Layer.Layer<Rpc.Handler<Operation.Name>, never, Ploop.Ploop | LowLevel.LowLevel> =>
  Operations.toLayer(Effect.gen(function*() {
    const services = { ...(yield* Ploop.Ploop), ...(yield* LowLevel.LowLevel) }
    const handlers = Record.map(Operation.table, (_, name) =>
      name === "copySend"
        ? copySend(services, registry)
        : name === "copyReceive"
        ? copyReceive(services, registry, uploads)
        : name === "copyTo"
        ? dialogue(registry, uploads, (request) => (wire) => services.copyTo(request as Request.CopySendOptions, wire))
        : name === "copyFrom"
        ? dialogue(registry, uploads, (request) => (wire) =>
          services.copyFrom(request as Request.CopyReceiveOptions, wire))
        : effect(services, registry, name))
    // Each name has its own types, which one function for all names cannot express.
    return handlers as never
  }))
