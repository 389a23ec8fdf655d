/**
 * What crosses between the two ends, for each operation: the schemas of core's table.
 *
 * A request is a series of MessagePack values: a {@link Call}, then, for
 * `copyReceive`, the bytes of the image and {@link end}. The answer is the bytes
 * of the image, for `copySend`, and then the exit: the result, or the error that
 * the operation had on the host.
 */
import { Operation, OperationError } from "@effect-ploop/core"
import { MsgPack } from "@effect/platform"
import { Schema, Stream } from "effect"

const Nothing = Schema.Struct({})

/** What an operation takes; `{}` where it takes nothing. */
export const optionsOf = (name: Operation.Name): Schema.Schema.AnyNoContext => {
  const row: Operation.Row = Operation.table[name]
  return row.request ?? Nothing
}

/** How an operation ends. A stream ends with nothing: its elements came before. */
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

/** The last value of an upload. One that ends without it was given up. */
export const end = "end"

export const pack = <E>(values: Stream.Stream<unknown, E>): Stream.Stream<Uint8Array, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(values, MsgPack.pack<E>())

export const unpack = <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<unknown, E | MsgPack.MsgPackError> =>
  Stream.pipeThroughChannel(bytes, MsgPack.unpack<E>())
