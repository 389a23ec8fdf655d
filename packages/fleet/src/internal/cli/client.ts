import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { Socket } from "@effect/platform/Socket"
import * as RpcClient from "@effect/rpc/RpcClient"
import type { RpcClientError } from "@effect/rpc/RpcClientError"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Control, Refused } from "./control.js"
import { notDone } from "./notDone.js"

/** Nobody serves a fleet at the socket. */
export class NoFleet extends Schema.TaggedError<NoFleet>()("NoFleet", { path: Schema.String, reason: Schema.String }) {
  override get message(): string {
    return `no fleet is served at ${this.path}: ${this.reason}`
  }
}

/** A client of the process that serves the fleet at a socket. */
export const connect = (path: string) =>
  Effect.gen(function*() {
    const socket = yield* NodeSocket.makeNet({ path, openTimeout: "5 seconds" })
    const protocol = yield* RpcClient.makeProtocolSocket({ retrySchedule: Schedule.stop }).pipe(
      Effect.provideService(Socket, socket),
      Effect.provide(RpcSerialization.layerNdjson)
    )
    return yield* Effect.provideService(RpcClient.make(Control), RpcClient.Protocol, protocol)
  }).pipe(Effect.mapError((error) => new NoFleet({ path, reason: String(error) })))

/** Explains why a call has failed. */
export const calling = (path: string) => <A>(call: Effect.Effect<A, Refused | RpcClientError>) =>
  Effect.mapError(call, (error) =>
    error instanceof Refused
      ? notDone(error.reason)
      : new NoFleet({ path, reason: error.cause instanceof Error ? error.cause.message : error.message }))

export type Client = Effect.Effect.Success<ReturnType<typeof connect>>
