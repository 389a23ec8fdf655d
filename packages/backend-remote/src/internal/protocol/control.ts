import * as Rpc from "@effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Grant } from "../../Access.js"
import { OtherVersion } from "./refused.js"

/** The version of the protocol: it changes whenever the two sides could misunderstand each other. */
export const version = 1

/** What a host says of itself at the begin of a connection. */
export const Greeting = Schema.Struct({
  version: Schema.Int,
  /** Another one after each start of the server: what it knew of calls is then lost. */
  incarnation: Schema.String,
  /** The size of the largest message that it accepts, in bytes. */
  maximumBytes: Schema.Int,
  /** What the caller may do; absent from older hosts. */
  grant: Schema.optional(Grant)
})

export type Greeting = typeof Greeting.Type

export const hello = Rpc.make("hello", {
  payload: { version: Schema.Int },
  success: Greeting,
  error: OtherVersion
})

/** Asks for nothing but an answer. */
export const heartbeat = Rpc.make("heartbeat")

/** Interrupts a call, and returns once it has ended. */
export const cancel = Rpc.make("cancel", { payload: { key: Schema.String } })

/** A part of an upload; without bytes, its end. The result is whether the operation still reads. */
export const upload = Rpc.make("upload", {
  payload: { key: Schema.String, bytes: Schema.optional(Schema.Uint8ArrayFromSelf) },
  success: Schema.Boolean
})
