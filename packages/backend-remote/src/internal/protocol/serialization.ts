import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Schema from "effect/Schema"
import { framed } from "./frames.js"
import { OverLimit } from "./refused.js"

/**
 * MessagePack. Each message can be read without those before it: one that is interrupted before it is written would
 * otherwise take the definition of a record with it.
 */
const messagePack = RpcSerialization.makeMsgPack({ useRecords: false, maxBufferSize: "unbounded" })

const Id = Schema.String.pipe(Schema.pattern(/^\d{1,20}$/))

/** What a client may send, as far as the library relies on it. */
const isFromClient = Schema.is(Schema.Union(
  Schema.TaggedStruct("Request", {
    id: Id,
    tag: Schema.String,
    headers: Schema.Array(Schema.Tuple(Schema.String, Schema.String))
  }),
  Schema.Struct({ _tag: Schema.Literal("Ack", "Interrupt"), requestId: Id }),
  Schema.Struct({ _tag: Schema.Literal("Ping", "Eof") })
))

/** The library closes a connection on this error, and only on this one: bytes after a broken message mean nothing. */
const refuse = (bytes: number): never => {
  throw new RpcSerialization.RpcSerializationError({
    reason: "BufferSizeExceeded",
    maxBufferSize: bytes,
    bufferSize: bytes
  })
}

/** Reads messages of a client, and refuses what none would send. */
const strict = (parser: RpcSerialization.Parser, maximumBytes: number): RpcSerialization.Parser => ({
  ...parser,
  decode: (bytes) => {
    try {
      const messages = parser.decode(bytes)
      return messages.every((message) => isFromClient(message)) ? messages : refuse(maximumBytes)
    } catch {
      return refuse(maximumBytes)
    }
  }
})

/** For a host: a message that is too large or malformed ends the connection. */
export const ofServer = (maximumBytes: number): RpcSerialization.RpcSerialization["Type"] =>
  RpcSerialization.RpcSerialization.of({
    ...messagePack,
    unsafeMake: () => strict(framed(messagePack.unsafeMake(), maximumBytes, () => refuse(maximumBytes)), maximumBytes)
  })

/** The largest message that a client reads: results of any size that a host has. */
export const largestResult = 64 * 1024 * 1024

/** A client sends no message that the host would not read. The call ends with the refusal as its defect. */
const limited = (parser: RpcSerialization.Parser, maximumBytes: () => number): RpcSerialization.Parser => ({
  ...parser,
  encode: (message) => {
    const bytes = parser.encode(message)
    const limit = maximumBytes()
    if (bytes !== undefined && bytes.length > limit) throw new OverLimit({ limit: "bytes", value: limit })
    return bytes
  }
})

/** For a client, which learns by the greeting what the host accepts. */
export const ofClient = (maximumBytes: () => number): RpcSerialization.RpcSerialization["Type"] =>
  RpcSerialization.RpcSerialization.of({
    ...messagePack,
    unsafeMake: () =>
      framed(limited(messagePack.unsafeMake(), maximumBytes), largestResult, () => refuse(largestResult))
  })
