/**
 * A backend for a remote host: the operations of its ploop, over anything that
 * carries bytes in both directions.
 *
 *     program ── Ploop ── RemotePloop  ── Connection ──>  RemoteHost ── Ploop ── any backend
 *
 * An error is the same as on the host: its class, its fields and the tool's
 * output. The connection adds `ToolAborted`: the state of the operation is
 * unknown.
 */
import { LowLevel, Operation, Ploop, PloopError } from "@effect-ploop/core"
import { Chunk, Context, Effect, Fiber, Layer, Mailbox, Option, Predicate, Record, Schema, Sink, Stream } from "effect"
import * as Protocol from "./Protocol.js"

const aborted = (operation: Operation.Name, reason: string) =>
  new PloopError.ToolAborted({ operation, subject: "host", text: `no response from the host: ${reason}` })

/** The connection ended before the response did. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/**
 * A connection to the host: it takes the bytes of a request and returns those
 * of the response. When one end aborts, so does the other.
 */
export class Connection extends Context.Tag("effect-ploop/examples/remote-backend/RemotePloop/Connection")<
  Connection,
  (request: Stream.Stream<Uint8Array>) => Stream.Stream<Uint8Array, ConnectionLost>
>() {}

const make = Effect.gen(function*() {
  const connection = yield* Connection

  /** Sends a request. The response is the bytes of a download, and the exit as the last value. */
  const send = (
    operation: Operation.Name,
    options: unknown,
    upload: Stream.Stream<unknown> = Stream.empty
  ) =>
    Schema.encode(Protocol.optionsOf(operation))(options).pipe(
      // Options that were checked can be encoded.
      Effect.orDie,
      Effect.map((encoded) => Stream.prepend(upload, Chunk.of({ operation, options: encoded }))),
      Effect.map((values) => connection(Stream.orDie(Protocol.pack(values)))),
      Stream.unwrap,
      Protocol.unpack,
      Stream.mapError(({ message }) => aborted(operation, message)),
      Stream.concat(Stream.fail(aborted(operation, "the connection was closed"))),
      Stream.takeUntil((value) => !Predicate.isUint8Array(value))
    )

  /** Decodes the exit of the operation on the host, and ends with it. */
  const ended = (operation: Operation.Name, exit: unknown) =>
    Schema.decodeUnknown(Protocol.exitOf(operation))(exit).pipe(
      Effect.mapError(() => aborted(operation, "the response does not match this operation")),
      Effect.flatten
    )

  const call = (operation: Operation.Name, options: unknown, upload?: Stream.Stream<unknown>) =>
    Effect.flatMap(
      Stream.runLast(send(operation, options, upload)),
      (exit) => ended(operation, Option.getOrUndefined(exit))
    )

  const copySend: Ploop.Backend["copySend"] = (request) =>
    Stream.flatMap(
      send("copySend", request),
      (value) => Predicate.isUint8Array(value) ? Stream.make(value) : Stream.execute(ended("copySend", value))
    )

  /** The request runs while the bytes arrive. When they end too early, the sink waits until the host has cleaned up. */
  const copyReceive: Ploop.Backend["copyReceive"] = (request) =>
    Sink.unwrapScoped(Effect.gen(function*() {
      const upload = yield* Mailbox.make<unknown>(16)
      const running = yield* Effect.acquireRelease(
        call("copyReceive", request, Mailbox.toStream(upload)).pipe(
          Effect.ensuring(upload.shutdown),
          Effect.interruptible,
          Effect.forkDaemon
        ),
        (fiber) => Effect.zipRight(upload.end, Fiber.await(fiber))
      )
      return Sink.forEachWhile((bytes: Uint8Array) => upload.offer(bytes)).pipe(
        Sink.ignoreLeftover,
        Sink.mapEffect(() => upload.offer(Protocol.end)),
        Sink.mapEffect(() => Effect.asVoid(Effect.zipRight(upload.end, Fiber.join(running))))
      )
    }))

  const methodOf = (operation: Operation.Name) => {
    const row: Operation.Row = Operation.table[operation]
    return row.request === undefined ? call(operation, {}) : (request: unknown) => call(operation, request)
  }

  // Each name has its own types, which one function for all names cannot express.
  const methods = Record.map(Operation.table, (_, operation) => methodOf(operation)) as unknown as
    & Ploop.Backend
    & LowLevel.Backend

  return Context.make(Ploop.Ploop, Ploop.make({ ...methods, copySend, copyReceive })).pipe(
    Context.add(LowLevel.LowLevel, LowLevel.make(methods))
  )
})

/** The ploop of the host at the other end of the connection. */
export const layer: Layer.Layer<Ploop.Ploop | LowLevel.LowLevel, never, Connection> = Layer.effectContext(make)
