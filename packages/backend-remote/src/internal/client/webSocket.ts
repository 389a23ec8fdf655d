// @effect-diagnostics nodeBuiltinImport:off
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Socket from "@effect/platform/Socket"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { X509Certificate } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { type ClientOptions, createWebSocketStream, WebSocket } from "ws"
import { close } from "../closing.js"
import { header } from "../protocol/frames.js"
import { NotAllowed } from "../protocol/refused.js"
import { largestResult } from "../protocol/serialization.js"

/** Where to connect, and how to know the host. */
export interface Settings {
  readonly url: string
  readonly tls?: {
    readonly ca?: string | undefined
    readonly certificate?: string | undefined
    readonly key?: Redacted.Redacted | undefined
    readonly serverName?: string | undefined
  } | undefined
  readonly token: Redacted.Redacted | undefined
  readonly connectTimeout: Duration.Duration
}

/** As much of an answer as is shown. */
const shown = 300

const optionsOf = ({ connectTimeout, tls, token }: Settings): ClientOptions => ({
  perMessageDeflate: false,
  maxPayload: largestResult + header,
  handshakeTimeout: Duration.toMillis(connectTimeout),
  minVersion: "TLSv1.2",
  ...(token !== undefined && { headers: { authorization: `Bearer ${Redacted.value(token)}` } }),
  ...(tls?.ca !== undefined && { ca: tls.ca }),
  ...(tls?.certificate !== undefined && { cert: tls.certificate }),
  ...(tls?.key !== undefined && { key: Redacted.value(tls.key) }),
  ...(tls?.serverName !== undefined && { servername: tls.serverName })
})

const failedToOpen = (cause: unknown) => new Socket.SocketGenericError({ reason: "Open", cause })

/** The library of TLS says by numbers and names of its own what the other side lacks. */
const explained = (error: Error): Error =>
  /wrong version number|packet length too long/.test(error.message)
    ? new Error("the port does not speak TLS", { cause: error })
    : error

const returned = (status: number | undefined, text: string) =>
  status === 401
    ? new NotAllowed({ what: "token", reason: "it requires a token that it knows" })
    : new Error(`the host did not open a WebSocket, but returned ${status}: ${text.trim()}`)

const answer = (response: IncomingMessage, resume: (failure: Error | NotAllowed) => void) => {
  let text = ""
  response.setEncoding("utf8")
  response.on("data", (part: string) => {
    text = (text + part).slice(0, shown)
  })
  const end = () => resume(returned(response.statusCode, text))
  response.on("end", end)
  response.on("error", end)
}

/** The library takes text without a certificate for no authority at all. */
const requireCertificate = (ca: string | undefined) => {
  try {
    if (ca !== undefined) void new X509Certificate(ca)
  } catch {
    throw new Error("tls.ca is not a certificate in PEM")
  }
}

/** A WebSocket that is open, as a stream of bytes. */
const open = (settings: Settings): Effect.Effect<Duplex, Socket.SocketError, Scope.Scope> =>
  Effect.gen(function*() {
    let stream: Duplex | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => stream === undefined || close(stream)))
    return yield* Effect.async<Duplex, Socket.SocketError>((resume) => {
      const fail = (cause: unknown) => resume(Effect.fail(failedToOpen(cause)))
      try {
        requireCertificate(settings.tls?.ca)
        const webSocket = new WebSocket(settings.url, optionsOf(settings))
        const opening = createWebSocketStream(webSocket)
        stream = opening
        opening.on("error", (error) => fail(explained(error)))
        webSocket.once("unexpected-response", (_, response) => answer(response, fail))
        webSocket.once("open", () => resume(Effect.succeed(opening)))
      } catch (error) {
        fail(error)
      }
    })
  })

export const make = (settings: Settings): Effect.Effect<Socket.Socket> =>
  NodeSocket.fromDuplex(open(settings), { openTimeout: settings.connectTimeout })
