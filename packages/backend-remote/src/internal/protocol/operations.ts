import * as Operation from "@effect-ploop/core/Operation"
import * as OperationError from "@effect-ploop/core/OperationError"
import type * as Result from "@effect-ploop/core/Result"
import * as Rpc from "@effect/rpc/Rpc"
import * as Schema from "effect/Schema"

/**
 * A call of an operation. The service of the host checks the request, as it checks that of a local caller: so an option
 * that it does not know is refused, and not left out silently.
 */
export const Call = Schema.Struct({
  /** The options of the operation; absent when it has none. */
  request: Schema.Unknown,
  /** Names the call: the host carries out one with the same key once. Absent for a query, which it carries out each time. */
  key: Schema.optional(Schema.String)
})

export type Call = typeof Call.Type

/**
 * What a host sends in a dialogue: first that it is ready, then bytes for the other end, and the rounds. What the other
 * end sends is an upload.
 */
const partOf = (round: Schema.Schema.AnyNoContext) =>
  Schema.Union(
    Schema.Struct({ bytes: Schema.Uint8ArrayFromSelf }),
    Schema.Struct({ round }),
    Schema.Struct({ ready: Schema.Literal(true) })
  )

/** A part of a dialogue. */
export type Part = { readonly bytes: Uint8Array } | { readonly round: Result.CopyRound } | { readonly ready: true }

/** The procedure of an operation, from its row of the table. */
const procedure = (name: Operation.Name) => {
  const row: Operation.Row = Operation.table[name]
  return Rpc.make(name, {
    payload: Call,
    // An upload is a stream of nothing: its first element says that the host is ready.
    success: row.shape === "sink" ? Schema.Void : row.shape === "dialogue" ? partOf(row.result) : row.result,
    error: OperationError.schemaOf(name),
    stream: row.shape !== "effect"
  })
}

export const operations = Operation.names.map(procedure)
