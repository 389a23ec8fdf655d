// @effect-diagnostics nodeBuiltinImport:off
// Sockets that no fiber has any more are ended by the timers of Node.
// @effect-diagnostics globalTimers:off
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import type { Duplex } from "node:stream"
import type { Credentials } from "./tls.js"

export type Request = http.IncomingMessage

/** The answer to a request. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Takes a connection over, and says so when it has; or refuses it. */
export type Upgrade = (request: Request, socket: Duplex, head: Buffer, opened: () => void) => Answer | undefined

/** A server of HTTP. */
export interface Settings {
  readonly host: string
  readonly port: number
  /** With them the port speaks TLS. */
  readonly credentials: Credentials | undefined
  /** Further connections are closed at once. */
  readonly maximumConnections: number
  /** How long connections may take to close at the end, in milliseconds. */
  readonly closing: number
  /** How long a connection has for its handshakes and its request, in milliseconds. Default: 10 seconds. */
  readonly handshake?: number
  readonly upgrade?: Upgrade
  readonly answer: (request: Request) => Answer | Promise<Answer>
}

const defaultHandshake = 10_000

/** The first byte of a handshake of TLS. */
const clientHello = 0x16

const bodyOf = ({ text }: Answer) => `${text.trimEnd()}\n`

const headersOf = (answer: Answer): Record<string, string> => ({
  "content-type": "text/plain; charset=utf-8",
  "content-length": String(Buffer.byteLength(bodyOf(answer))),
  connection: "close",
  ...answer.headers
})

/** Writes an answer where no response of the library is at hand. */
const write = (socket: Duplex, answer: Answer) => {
  const lines = Object.entries(headersOf(answer)).map(([name, value]) => `${name}: ${value}\r\n`)
  const status = `HTTP/1.1 ${answer.status} ${http.STATUS_CODES[answer.status] ?? ""}\r\n`
  socket.end(`${status}${lines.join("")}\r\n${bodyOf(answer)}`)
}

const respond = async (settings: Settings, request: Request, response: http.ServerResponse) => {
  const answer = await settings.answer(request)
  response.writeHead(answer.status, headersOf(answer))
  response.end(request.method === "HEAD" ? undefined : bodyOf(answer))
}

const serverOf = (settings: Settings, opened: (request: Request) => void): http.Server => {
  const { credentials, upgrade } = settings
  const server = credentials === undefined ? http.createServer() : https.createServer({
    ...credentials,
    minVersion: "TLSv1.2",
    requestCert: credentials.ca !== undefined,
    rejectUnauthorized: credentials.ca !== undefined
  })
  server.on("request", (request: Request, response: http.ServerResponse) => {
    respond(settings, request, response).catch(() => response.destroy())
  })
  if (upgrade !== undefined) {
    server.on("upgrade", (request: Request, socket: Duplex, head: Buffer) => {
      socket.on("error", () => {})
      const refusal = upgrade(request, socket, head, () => opened(request))
      if (refusal !== undefined) write(socket, refusal)
    })
  }
  return server
}

const plainToTls: Answer = {
  status: 400,
  text: "This port speaks TLS, and the request came without: use https:// or wss://."
}

/** Passes a connection on when its first byte is what the port speaks. */
const distinguish = (server: http.Server, isTls: boolean, socket: net.Socket) => {
  socket.once("readable", () => {
    // The type of the library does not say what it reads.
    const first = socket.read(1) as Buffer | null
    if (first === null) return socket.destroy()
    socket.unshift(first)
    if (isTls && first[0] !== clientHello) return write(socket, plainToTls)
    server.emit("connection", socket)
  })
}

/** The connection under a request, which TLS has wrapped. */
const portOf = ({ socket }: Request) => `${socket.remoteAddress} ${socket.remotePort}`

const started = (front: net.Server, { host, port }: Settings) =>
  Effect.async<net.AddressInfo, string>((resume) => {
    const failed = (error: Error) => resume(Effect.fail(error.message))
    front.once("error", failed)
    front.listen({ host, port }, () => {
      front.off("error", failed)
      front.on("error", () => {})
      // It listens on a port.
      resume(Effect.succeed(front.address() as net.AddressInfo))
    })
  })

/** Serves for the time of the scope. */
export const listen = (settings: Settings): Effect.Effect<net.AddressInfo, string, Scope.Scope> =>
  Effect.gen(function*() {
    const waiting = new Map<string, NodeJS.Timeout>()
    const connections = new Set<net.Socket>()
    const settle = (connection: string) => {
      clearTimeout(waiting.get(connection))
      waiting.delete(connection)
    }
    const server = serverOf(settings, (request) => settle(portOf(request)))
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }
    const front = net.createServer(options, (socket) => {
      const name = `${socket.remoteAddress} ${socket.remotePort}`
      connections.add(socket)
      waiting.set(name, setTimeout(() => socket.destroy(), settings.handshake ?? defaultHandshake))
      socket.on("error", () => {})
      socket.on("close", () => {
        connections.delete(socket)
        settle(name)
      })
      distinguish(server, settings.credentials !== undefined, socket)
    })
    front.maxConnections = settings.maximumConnections
    yield* Effect.addFinalizer(() =>
      Effect.async<void>((resume) => {
        // Those that were never taken over have nothing to finish.
        const delay = waiting.size < connections.size ? settings.closing : 0
        const end = setTimeout(() => connections.forEach((socket) => socket.destroy()), delay)
        front.close(() => {
          clearTimeout(end)
          resume(Effect.void)
        })
      })
    )
    return yield* started(front, settings)
  })
