/**
 * The messages between client and host, for each operation: the schemas of
 * core's table.
 *
 * A request is a series of MessagePack values: a {@link Call} and, for
 * `copyReceive`, the bytes of the image and {@link end}. The response is the
 * bytes of the image, for `copySend`, and then the exit: the result, or the
 * error of the operation on the host.
 */
import { Operation, OperationError } from "@effect-ploop/core"
import { MsgPack } from "@effect/platform"
import { Schema, Stream } from "effect"

const Nothing = Schema.Struct({})

/** The options of an operation; `{}` when it has none. */
export const optionsOf = (name: Operation.Name): Schema.Schema.AnyNoContext => {
  const row: Operation.Row = Operation.table[name]
  return row.request ?? Nothing
}

/** The exit of an operation. That of a stream has no value, because its elements came before. */
export const exitOf = (name: Operation.Name) => {
  const row: Operation.Row = Operation.table[name]
  return Schema.Exit({
    success: row.shape === "stream" ? Schema.Void : row.result,
    failure: OperationError.schemaOf(name),
    defect: Schema.Defect
  })
}

export const Call = Schema.Struct({ operation: Operation.Name, options: Schema.Unknown })

export type Call = typeof Call.Type

/** The last value of an upload. An upload that ends without it was aborted. */
export const end = "end"

export const pack = <E>(values: Stream.Stream<unknown, E>): Stream.Stream<Uint8Array, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(values, MsgPack.pack<E>())

export const unpack = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<unknown, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(bytes, MsgPack.unpack<E>())
