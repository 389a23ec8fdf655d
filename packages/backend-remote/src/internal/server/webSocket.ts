// @effect-diagnostics nodeBuiltinImport:off
import * as HostPort from "@effect-ploop/command-line/HostPort"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Socket from "@effect/platform/Socket"
import type * as SocketServer from "@effect/platform/SocketServer"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as net from "node:net"
import type { Duplex } from "node:stream"
import { createWebSocketStream, WebSocketServer } from "ws"
import { ListenFailed } from "../../ListenFailed.js"
import * as closing from "../closing.js"
import { header } from "../protocol/frames.js"
import * as http from "./http.js"
import * as tls from "./tls.js"

/** Where to listen, and what is accepted there. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly tls: tls.Files | undefined
  /** Whether the header of authorization has a token of the server. */
  readonly isKnown: (authorization: string | undefined) => boolean
  /** The largest message, in bytes. */
  readonly maximumBytes: number
  readonly maximumConnections: number
}

/** Room for connections that are being refused. */
const refused = 16

const schemeOf = (settings: Settings) => settings.tls === undefined ? "ws" : "wss"

const credentialsOf = (settings: Settings) =>
  settings.tls !== undefined
    ? tls.load(settings.tls)
    : HostPort.isLoopback(settings.host)
    ? Effect.succeed(undefined)
    : Effect.fail(
      "tls is missing, but it must be given beyond loopback: without it, everyone on the way reads the tokens"
    )

/** A socket of the library over the stream of a WebSocket. Closing it says so to the other side. */
const socketOf = (stream: Duplex): Effect.Effect<Socket.Socket> =>
  NodeSocket.fromDuplex(Effect.acquireRelease(
    Effect.succeed(stream),
    () => Effect.sync(() => closing.close(stream))
  ))

/** What arrives while nothing handles connections is refused. */
interface Acceptor {
  current: ((stream: Duplex) => void) | undefined
}

const runOf = (acceptor: Acceptor): SocketServer.SocketServer["Type"]["run"] => (handler) =>
  Effect.scoped(Effect.gen(function*() {
    const fork = yield* FiberSet.makeRuntime<Effect.Effect.Context<ReturnType<typeof handler>>>()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        acceptor.current = (stream) =>
          fork(
            Effect.flatMap(socketOf(stream), handler).pipe(
              // Handlers read how much waits in the socket, and pause it: every stream has that.
              Effect.provideService(NodeSocket.NetSocket, stream as net.Socket),
              Effect.catchAllCause((cause) => Effect.logDebug("a connection failed", cause))
            )
          )
      }),
      () =>
        Effect.sync(() => {
          acceptor.current = undefined
        })
    )
    return yield* Effect.never
  }))

const refusalOf = ({ isKnown }: Settings, acceptor: Acceptor, request: http.Request): http.Answer | undefined => {
  if (request.headers.origin !== undefined) {
    return { status: 403, text: "A web page cannot use this port." }
  }
  if (!isKnown(request.headers.authorization)) {
    return { status: 401, text: "The token is missing, or the host does not know it." }
  }
  return acceptor.current === undefined ? { status: 503, text: "The server is stopping." } : undefined
}

/** Serves WebSockets, each of which carries the bytes of a socket. */
export const listen = (
  settings: Settings
): Effect.Effect<SocketServer.SocketServer["Type"], ListenFailed, Scope.Scope | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const credentials = yield* credentialsOf(settings)
    const acceptor: Acceptor = { current: undefined }
    const sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: settings.maximumBytes + header
    })
    const upgrade: http.Upgrade = (request, socket, head, opened) => {
      const refusal = refusalOf(settings, acceptor, request)
      if (refusal !== undefined) return refusal
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        opened()
        const stream = createWebSocketStream(webSocket)
        // An error that comes after its handler has left must not end the process.
        stream.on("error", () => {})
        acceptor.current?.(stream)
      })
      return undefined
    }
    const address = yield* http.listen({
      host: settings.host,
      port: settings.port,
      credentials,
      maximumConnections: 2 * settings.maximumConnections + refused,
      closing: closing.patience,
      upgrade,
      answer: () => ({
        status: 426,
        headers: { upgrade: "websocket" },
        text: `This port serves ploops over WebSocket: use RemotePloop with ${schemeOf(settings)}://${
          HostPort.format(settings)
        }.`
      })
    })
    return {
      address: { _tag: "TcpAddress" as const, hostname: address.address, port: address.port },
      run: runOf(acceptor)
    }
  }).pipe(
    Effect.mapError((reason) =>
      new ListenFailed({ address: `${schemeOf(settings)}://${HostPort.format(settings)}`, reason })
    )
  )
