// @effect-diagnostics nodeBuiltinImport:off
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Socket from "@effect/platform/Socket"
import type * as SocketServer from "@effect/platform/SocketServer"
import { ResponseDefectEncoded } from "@effect/rpc/RpcMessage"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as net from "node:net"
import { OverLimit, Refused } from "../protocol/refused.js"
import { ofServer } from "../protocol/serialization.js"

/** What a host accepts of its connections. */
export interface Settings {
  readonly maximumConnections: number
  /** After which time without a byte a connection is closed. */
  readonly idle: Duration.Duration
}

const count = Metric.gauge("ploop_remote_connections", { description: "Connections of clients that are open." })

/** The streams of connections on which a request was accepted. */
export type Accepted = WeakSet<object>

/** How long a connection may be open before a request on it is accepted. */
const introduction = "10 seconds"

/** How many bytes of a connection wait, in each direction, before the server reads no more of it. */
const waiting = 1024 * 1024

/**
 * Reads no more while the other side does not read, or sends faster than requests begin: what it sends would have to wait
 * in memory.
 */
const paced = (socket: Socket.Socket, stream: net.Socket): Socket.Socket => ({
  ...socket,
  runRaw: (handler, options) =>
    Effect.suspend(() => {
      let pending = 0
      const pace = () => {
        if (pending > waiting || stream.writableLength > waiting) stream.pause()
        else if (stream.isPaused()) stream.resume()
      }
      stream.on("drain", pace)
      const run = socket.runRaw((data) => {
        const handled = handler(data)
        pace()
        if (!Effect.isEffect(handled)) return
        pending += data.length
        return Effect.ensuring(
          handled,
          Effect.sync(() => {
            pending -= data.length
            pace()
          })
        )
      }, options)
      return Effect.ensuring(run, Effect.sync(() => stream.off("drain", pace)))
    })
})

/** Returns when the time has passed without a byte. */
const untilIdle = (idle: Duration.Duration, last: () => number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = last() + Duration.toMillis(idle) - now
    return left <= 0 ? Effect.void : Effect.zipRight(Effect.sleep(left), untilIdle(idle, last))
  })

/** Returns when the time for an introduction has passed without one. */
const untilUnknown = (isAccepted: () => boolean) =>
  Effect.flatMap(Effect.sleep(introduction), () => isAccepted() ? Effect.never : Effect.void)

/**
 * A connection that ends when its other side is silent for too long, since that sends a heartbeat more often; and when no
 * request of it is accepted.
 */
const watched = (socket: Socket.Socket, idle: Duration.Duration, isAccepted: () => boolean): Socket.Socket => ({
  ...socket,
  runRaw: (handler, options) =>
    Effect.clockWith((clock) => {
      let last = clock.unsafeCurrentTimeMillis()
      const run = socket.runRaw((data) => {
        last = clock.unsafeCurrentTimeMillis()
        return handler(data)
      }, options)
      const close = Effect.scoped(Effect.flatMap(socket.writer, (write) => write(new Socket.CloseEvent(1001, "idle"))))
      const until = Effect.raceFirst(untilIdle(idle, () => last), untilUnknown(isAccepted))
      return Effect.raceFirst(run, Effect.zipRight(until, close))
    })
})

const refusal = (refused: Refused): Uint8Array | string =>
  // The library has no message for this, but a defect ends every call of the client.
  ofServer(0).unsafeMake().encode(ResponseDefectEncoded(Schema.encodeSync(Schema.parseJson(Refused))(refused))) ?? ""

/** Says why, and closes the connection. */
const refuse = (socket: Socket.Socket, refused: Refused) =>
  Effect.scoped(Effect.gen(function*() {
    const write = yield* socket.writer
    yield* Effect.raceFirst(
      socket.runRaw(() => {}),
      Effect.zipRight(write(refusal(refused)), Effect.sleep("100 millis"))
    )
  })).pipe(Effect.ignore)

/** A server that accepts only so many connections, and closes those that are silent or unknown. */
export const guarded = (
  server: SocketServer.SocketServer["Type"],
  { idle, maximumConnections }: Settings,
  accepted: Accepted
): SocketServer.SocketServer["Type"] => {
  let connections = 0
  const guard = (socket: Socket.Socket, stream: net.Socket) =>
    watched(paced(socket, stream), idle, () => accepted.has(stream))
  return {
    ...server,
    run: (handler) =>
      server.run((socket) =>
        Effect.suspend(() => {
          if (connections >= maximumConnections) {
            return refuse(socket, new OverLimit({ limit: "connections", value: maximumConnections }))
          }
          connections++
          count.unsafeUpdate(connections, [])
          const handled = Effect.flatMap(
            Effect.serviceOption(NodeSocket.NetSocket),
            (stream) =>
              handler(Option.match(stream, { onNone: () => socket, onSome: (stream) => guard(socket, stream) }))
          )
          return Effect.ensuring(handled, Effect.sync(() => count.unsafeUpdate(--connections, [])))
        })
      )
  }
}
