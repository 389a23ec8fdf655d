/**
 * A backend for a host elsewhere: the operations of its ploop, over whatever
 * carries bytes there and back.
 *
 *     program ── Ploop ── RemotePloop  ── Connection ──>  RemoteHost ── Ploop ── any backend
 *
 * An error arrives as what it was on the host: its class, its fields, the tool's
 * words. What the connection adds is `ToolAborted`: how far the operation came is
 * not known.
 */
import { LowLevel, Operation, Ploop, PloopError } from "@effect-ploop/core"
import { Chunk, Context, Effect, Fiber, Layer, Mailbox, Option, Predicate, Record, Schema, Sink, Stream } from "effect"
import * as Protocol from "./Protocol.js"

const aborted = (operation: Operation.Name, reason: string) =>
  new PloopError.ToolAborted({ operation, subject: "host", text: `no answer from the host: ${reason}` })

/** The connection ended before the answer did. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

/** A way to the host: the bytes of a request in, the bytes of its answer out. What one gives up, so does the other. */
export class Connection extends Context.Tag("effect-ploop/examples/remote-backend/RemotePloop/Connection")<
  Connection,
  (request: Stream.Stream<Uint8Array>) => Stream.Stream<Uint8Array, ConnectionLost>
>() {}

const make = Effect.gen(function*() {
  const connection = yield* Connection

  /** What the host answers: the bytes of a download, and the exit as the last value. */
  const ask = (
    operation: Operation.Name,
    options: unknown,
    upload: Stream.Stream<unknown> = Stream.empty
  ) =>
    Schema.encode(Protocol.optionsOf(operation))(options).pipe(
      // What has been checked can be encoded.
      Effect.orDie,
      Effect.map((encoded) => Stream.prepend(upload, Chunk.of({ operation, options: encoded }))),
      Effect.map((values) => connection(Stream.orDie(Protocol.pack(values)))),
      Stream.unwrap,
      Protocol.unpack,
      Stream.mapError(({ message }) => aborted(operation, message)),
      Stream.concat(Stream.fail(aborted(operation, "the connection was closed"))),
      Stream.takeUntil((value) => !Predicate.isUint8Array(value))
    )

  /** Ends as the operation ended on the host; the schema of its exit says with what. */
  const ended = (operation: Operation.Name, exit: unknown) =>
    Schema.decodeUnknown(Protocol.exitOf(operation))(exit).pipe(
      Effect.mapError(() => aborted(operation, "what came is no answer to this operation")),
      Effect.flatten
    )

  const call = (operation: Operation.Name, options: unknown, upload?: Stream.Stream<unknown>) =>
    Effect.flatMap(
      Stream.runLast(ask(operation, options, upload)),
      (exit) => ended(operation, Option.getOrUndefined(exit))
    )

  const copySend: Ploop.Backend["copySend"] = (request) =>
    Stream.flatMap(
      ask("copySend", request),
      (value) => Predicate.isUint8Array(value) ? Stream.make(value) : Stream.execute(ended("copySend", value))
    )

  /** The host is asked while the bytes come. When they end too early, it is waited for until it has cleared away. */
  const copyReceive: Ploop.Backend["copyReceive"] = (request) =>
    Sink.unwrapScoped(Effect.gen(function*() {
      const upload = yield* Mailbox.make<unknown>(16)
      const asked = yield* Effect.acquireRelease(
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
        Sink.mapEffect(() => Effect.asVoid(Effect.zipRight(upload.end, Fiber.join(asked))))
      )
    }))

  const methodOf = (operation: Operation.Name) => {
    const row: Operation.Row = Operation.table[operation]
    return row.request === undefined ? call(operation, {}) : (request: unknown) => call(operation, request)
  }

  // Each name has its own types, which a function of any name cannot say.
  const methods = Record.map(Operation.table, (_, operation) => methodOf(operation)) as unknown as
    & Ploop.Backend
    & LowLevel.Backend

  return Context.make(Ploop.Ploop, Ploop.make({ ...methods, copySend, copyReceive })).pipe(
    Context.add(LowLevel.LowLevel, LowLevel.make(methods))
  )
})

/** The ploop at the other end of the connection. */
export const layer: Layer.Layer<Ploop.Ploop | LowLevel.LowLevel, never, Connection> = Layer.effectContext(make)
