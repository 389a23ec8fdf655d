import type { Wire } from "@effect-ploop/core/Duplex"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { cut } from "../cut.js"
import * as identifier from "../identifier.js"
import type { Part } from "../protocol/operations.js"
import { type Client, connected, encode, failed } from "./client.js"
import type { Connection } from "./connection.js"

/** Ends a copy that is still running, and waits until the host has cleaned up. */
const cancel = (connection: Connection, key: string) => Effect.ignore(connection.call("cancel", { key }))

const copySend = (client: Client): Ploop.Backend["copySend"] => (request) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const key = yield* identifier.make
    const encoded = yield* encode("copySend", request)
    const connection = yield* connected(client, "copySend", request)
    let ended = false
    yield* Effect.addFinalizer(() => ended ? Effect.void : cancel(connection, key))
    return connection.stream("copySend", { request: encoded, key }).pipe(
      Stream.ensuringWith((exit) => Effect.sync(() => ended = !Exit.isInterrupted(exit))),
      Stream.mapError((error) => failed("copySend", request, error, true)),
      // The schema of the procedure says so.
      Stream.map((bytes) => bytes as Uint8Array)
    )
  }))

/** Sends the parts one after the other; each is accepted when the host has room for it. */
const send = (connection: Connection, key: string, bytes: Uint8Array) =>
  Effect.reduce(
    cut(bytes, connection.greeting.maximumBytes),
    true,
    (isRead, part) => isRead ? uploaded(connection, { key, bytes: part }) : Effect.succeed(false)
  )

/** Whether the host still reads. What happened to the connection is the error of the copy itself. */
const uploaded = (connection: Connection, part: { readonly key: string; readonly bytes?: Uint8Array }) =>
  Effect.map(Effect.option(connection.call("upload", part)), (read) => read._tag === "Some" && read.value === true)

/** The operation runs while the bytes arrive. When they end too early, the sink waits until the host has cleaned up. */
const copyReceive = (client: Client): Ploop.Backend["copyReceive"] => (request) =>
  Sink.unwrapScoped<void, Uint8Array, never, PloopError.PloopError, Scope.Scope>(Effect.gen(function*() {
    const key = yield* identifier.make
    const encoded = yield* encode("copyReceive", request)
    const connection = yield* connected(client, "copyReceive", request)
    const ready = yield* Deferred.make<void>()
    const running = yield* Effect.acquireRelease(
      connection.stream("copyReceive", { request: encoded, key }).pipe(
        Stream.runForEach(() => Deferred.succeed(ready, undefined)),
        Effect.mapError((error) => failed("copyReceive", request, error, true)),
        Effect.ensuring(Deferred.succeed(ready, undefined)),
        Effect.interruptible,
        Effect.forkDaemon
      ),
      (fiber) =>
        Effect.whenEffect(cancel(connection, key), Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "None")).pipe(
          Effect.zipRight(Fiber.await(fiber))
        )
    )
    yield* Deferred.await(ready)
    return Sink.forEachWhile((bytes: Uint8Array) => send(connection, key, bytes)).pipe(
      Sink.ignoreLeftover,
      Sink.mapEffect(() => uploaded(connection, { key })),
      Sink.mapEffect(() => Fiber.join(running))
    )
  }))

/** Passes on what the other end sends, when the host is ready for it. */
const upload = (connection: Connection, key: string, wire: Wire) =>
  Effect.zipRight(
    Stream.runForEachWhile(wire.incoming, (bytes) => send(connection, key, bytes)),
    uploaded(connection, { key })
  )

const dialogue = (client: Client, name: "copyTo" | "copyFrom") => (request: unknown, wire: Wire) =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const key = yield* identifier.make
    const encoded = yield* encode(name, request)
    const connection = yield* connected(client, name, request)
    const scope = yield* Effect.scope
    let ended = false
    const end = Effect.sync(() => void (ended = true))
    yield* Effect.addFinalizer(() => ended ? Effect.void : cancel(connection, key))
    const gone = new PloopError.CopyProtocolBroken({
      operation: name,
      subject: Operation.subjectOf(request),
      text: "the other end takes nothing more"
    })
    const take = (part: Part): Effect.Effect<ReadonlyArray<Result.CopyRound>, PloopError.PloopError> =>
      "round" in part
        ? Effect.succeed([part.round])
        : "bytes" in part
        ? Effect.flatMap(wire.offer(part.bytes), (taken) => taken ? Effect.succeed([]) : Effect.fail(gone))
        : Effect.as(Effect.forkIn(Effect.interruptible(upload(connection, key, wire)), scope), [])
    return connection.stream(name, { request: encoded, key }).pipe(
      Stream.mapError((error) => failed(name, request, error, true)),
      Stream.tapError(() => end),
      Stream.concat(Stream.execute(end)),
      // The schema of the procedure says so.
      Stream.mapEffect((part) => take(part as Part)),
      Stream.mapConcat((rounds) => rounds)
    )
  }))

export const make = (
  client: Client
): Pick<Ploop.Backend, "copySend" | "copyReceive" | "copyTo" | "copyFrom"> => ({
  copySend: copySend(client),
  copyReceive: copyReceive(client),
  copyTo: dialogue(client, "copyTo"),
  copyFrom: dialogue(client, "copyFrom")
})
