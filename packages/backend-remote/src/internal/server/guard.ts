import * as Socket from "@effect/platform/Socket"
import type * as SocketServer from "@effect/platform/SocketServer"
import { ResponseDefectEncoded } from "@effect/rpc/RpcMessage"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OverLimit, Refused } from "../protocol/refused.js"
import { ofServer } from "../protocol/serialization.js"

/** What a host accepts of its connections. */
export interface Settings {
  readonly maximumConnections: number
  /** After which time without a byte a connection is closed. */
  readonly idle: Duration.Duration
}

/** Returns when the time has passed without a byte. */
const untilIdle = (idle: Duration.Duration, last: () => number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const left = last() + Duration.toMillis(idle) - now
    return left <= 0 ? Effect.void : Effect.zipRight(Effect.sleep(left), untilIdle(idle, last))
  })

/** A connection that ends when its other side is silent for too long: that sends a heartbeat more often. */
const watched = (socket: Socket.Socket, idle: Duration.Duration): Socket.Socket => ({
  ...socket,
  runRaw: (handler, options) =>
    Effect.clockWith((clock) => {
      let last = clock.unsafeCurrentTimeMillis()
      const run = socket.runRaw((data) => {
        last = clock.unsafeCurrentTimeMillis()
        return handler(data)
      }, options)
      const close = Effect.scoped(Effect.flatMap(socket.writer, (write) => write(new Socket.CloseEvent(1001, "idle"))))
      return Effect.raceFirst(run, Effect.zipRight(untilIdle(idle, () => last), close))
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

/** A server that accepts only so many connections, and closes silent ones. */
export const guarded = (
  server: SocketServer.SocketServer["Type"],
  { idle, maximumConnections }: Settings
): SocketServer.SocketServer["Type"] => {
  let connections = 0
  return {
    ...server,
    run: (handler) =>
      server.run((socket) =>
        Effect.suspend(() => {
          if (connections >= maximumConnections) {
            return refuse(socket, new OverLimit({ limit: "connections", value: maximumConnections }))
          }
          connections++
          return Effect.ensuring(handler(watched(socket, idle)), Effect.sync(() => connections--))
        })
      )
  }
}
