import type * as Socket from "@effect/platform/Socket"
import { Socket as SocketTag } from "@effect/platform/Socket"
import * as RpcClient from "@effect/rpc/RpcClient"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import { RpcSerialization } from "@effect/rpc/RpcSerialization"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Greeting, version } from "../protocol/control.js"
import { All } from "../protocol/group.js"
import type { Refused } from "../protocol/refused.js"
import { OtherVersion } from "../protocol/refused.js"
import { ofClient } from "../protocol/serialization.js"
import { classify, Lost, reasonOf } from "./lost.js"

/** How a connection is made and watched. */
export interface Settings {
  readonly socket: Effect.Effect<Socket.Socket, Socket.SocketError, Scope.Scope>
  readonly token: Redacted.Redacted | undefined
  /** How long connecting and the greeting may take. */
  readonly connectTimeout: Duration.Duration
  /** How often the host is asked whether it is there, and how long it may take to respond. */
  readonly heartbeat: Duration.Duration
}

/** A connection to a host. */
export interface Connection {
  readonly greeting: Greeting
  /** Whether it has ended. */
  readonly isLost: Effect.Effect<boolean>
  /** Calls a procedure. The result and the other errors are those of its schema. */
  readonly call: (tag: string, payload: unknown) => Effect.Effect<unknown, unknown>
  /** The elements of a procedure that is a stream. */
  readonly stream: (tag: string, payload: unknown) => Stream.Stream<unknown, unknown>
}

/** The flat client of the library, without the types of each procedure: the modules that call know them. */
type Call = (tag: string, payload: unknown, options: { readonly headers: Record<string, string> }) => unknown

/** The end of a connection: of its socket, or by a host that does not respond. */
interface End {
  readonly isLost: () => boolean
  /** Ends every call, and refuses further ones. */
  readonly lose: (reason: string) => Effect.Effect<void>
  /** The protocol of the library, which ends with this. */
  readonly protocol: (protocol: Protocol) => Protocol
}

type Protocol = RpcClient.Protocol["Type"]

const makeEnd = (): End => {
  let reason: string | undefined
  let receive: Parameters<Protocol["run"]>[0] = () => Effect.void
  const error = () =>
    new RpcClientError({ reason: "Protocol", message: "the connection ended", cause: new Error(reason ?? "") })
  return {
    isLost: () => reason !== undefined,
    lose: (why) =>
      Effect.suspend(() => {
        reason ??= why
        return receive({ _tag: "ClientProtocolError", error: error() })
      }),
    protocol: (protocol) =>
      RpcClient.Protocol.of({
        ...protocol,
        send: (message, transferables) =>
          reason === undefined ? protocol.send(message, transferables) : Effect.fail(error()),
        run: (f) => {
          receive = f
          return protocol.run((message) => {
            if (message._tag === "ClientProtocolError") reason ??= reasonOf(message.error)
            return f(message)
          })
        }
      })
  }
}

const clientOf = ({ socket }: Settings, end: End, maximumBytes: () => number) =>
  Effect.gen(function*() {
    const opened = yield* Effect.mapError(socket, (error) => new Lost({ reason: error.message }))
    const protocol = yield* RpcClient.makeProtocolSocket({ retrySchedule: Schedule.stop }).pipe(
      Effect.provideService(SocketTag, opened),
      Effect.provideService(RpcSerialization, ofClient(maximumBytes))
    )
    const client = yield* RpcClient.make(All, { flatten: true, spanPrefix: "RemotePloop" }).pipe(
      Effect.provideService(RpcClient.Protocol, end.protocol(protocol))
    )
    return client as unknown as Call
  })

const failing = <A>(effect: Effect.Effect<A, unknown>): Effect.Effect<A, unknown> =>
  Effect.catchAllCause(
    effect,
    (cause) =>
      Either.match(classify(cause), { onLeft: Effect.failCause, onRight: (error) => Effect.fail<unknown>(error) })
  )

const failingStream = <A>(stream: Stream.Stream<A, unknown>): Stream.Stream<A, unknown> =>
  Stream.catchAllCause(
    stream,
    (cause) =>
      Either.match(classify(cause), { onLeft: Stream.failCause, onRight: (error) => Stream.fail<unknown>(error) })
  )

/** Asks the host from time to time, and gives the connection up when it does not respond. */
const beat = (connection: Pick<Connection, "call">, end: End, every: Duration.Duration) => {
  const reason = `the host did not respond within ${Duration.format(every)}`
  return connection.call("heartbeat", undefined).pipe(
    // It would belong to the trace of the call that has made the connection.
    Effect.withTracerEnabled(false),
    Effect.timeoutFail({ duration: every, onTimeout: () => new Lost({ reason }) }),
    Effect.delay(every),
    Effect.forever,
    Effect.catchAll((error) => end.lose(error instanceof Lost ? error.reason : String(error))),
    Effect.interruptible,
    Effect.forkScoped
  )
}

const greet = (connection: Pick<Connection, "call">, timeout: Duration.Duration) =>
  connection.call("hello", { version }).pipe(
    Effect.timeoutFail({
      duration: timeout,
      onTimeout: () => new Lost({ reason: `the host did not respond within ${Duration.format(timeout)}` })
    }),
    // The schema of the procedure says what the result is.
    Effect.map((greeting) => greeting as Greeting),
    Effect.catchAllDefect((defect) => new Lost({ reason: `it is not a server of ploop: ${String(defect)}` })),
    Effect.filterOrFail(
      (greeting) => greeting.version === version,
      (greeting) => new OtherVersion({ client: version, server: greeting.version })
    )
  )

/** Connects for the time of the scope. */
export const make = (settings: Settings): Effect.Effect<Connection, Lost | Refused, Scope.Scope> =>
  Effect.gen(function*() {
    const end = makeEnd()
    let maximumBytes = Infinity
    const client = yield* clientOf(settings, end, () => maximumBytes)
    const options = {
      headers: settings.token === undefined ? {} : { authorization: `Bearer ${Redacted.value(settings.token)}` }
    }
    const calls: Pick<Connection, "call" | "stream"> = {
      call: (tag, payload) => failing(client(tag, payload, options) as Effect.Effect<unknown, unknown>),
      stream: (tag, payload) => failingStream(client(tag, payload, options) as Stream.Stream<unknown, unknown>)
    }
    // The host knows no other errors of a greeting.
    const greeting = yield* greet(calls, settings.connectTimeout) as Effect.Effect<Greeting, Lost | Refused>
    maximumBytes = greeting.maximumBytes
    yield* beat(calls, end, settings.heartbeat)
    return { ...calls, greeting, isLost: Effect.sync(end.isLost) }
  })
