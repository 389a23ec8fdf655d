import { Effect } from "effect"
import * as net from "node:net"

/** Stands between a client and a server, and disturbs them. */
export interface Proxy {
  /** Its path, or the URL of its port. */
  readonly address: string
  /** Cuts every connection. */
  readonly cut: Effect.Effect<void>
  /** Passes nothing on any more, and closes nothing: to each side the other one is silent. */
  readonly freeze: Effect.Effect<void>
  /** Cuts all connections after this many further bytes, in both directions together. Ends when that was done. */
  readonly cutAfter: (bytes: number) => Effect.Effect<void>
  readonly connections: Effect.Effect<number>
}

/** A path, or a port of loopback. */
type Place = string | number

const at = (place: Place) => typeof place === "string" ? { path: place } : { host: "127.0.0.1", port: place }

/** Passes bytes on from one socket to another, for the time of the scope. A port of 0 is any that is free. */
export const make = (place: Place, to: Place) =>
  Effect.gen(function*() {
    const pairs = new Set<readonly [net.Socket, net.Socket]>()
    let [frozen, left, accepted] = [false, Infinity, 0]
    let whenCut = () => {}
    const cut = () => pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()))
    const pass = (from: net.Socket, to: net.Socket) => {
      from.on("error", () => {})
      from.on("close", () => frozen || to.destroy())
      from.on("data", (bytes: Buffer) => {
        if (frozen) return
        to.write(bytes.subarray(0, left))
        left -= bytes.length
        if (left > 0) return
        left = Infinity
        cut()
        whenCut()
      })
    }
    const server = yield* Effect.acquireRelease(
      Effect.async<net.Server>((resume) => {
        const server = net.createServer((client) => {
          accepted++
          frozen = false
          const host = net.createConnection(at(to))
          const pair = [client, host] as const
          pairs.add(pair)
          client.on("close", () => pairs.delete(pair))
          pass(client, host)
          pass(host, client)
        })
        server.listen(at(place), () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          cut()
        })
    )
    const proxy: Proxy = {
      address: typeof place === "string" ? place : `wss://localhost:${(server.address() as net.AddressInfo).port}`,
      cut: Effect.sync(cut),
      freeze: Effect.sync(() => {
        frozen = true
      }),
      cutAfter: (bytes) =>
        Effect.async<void>((resume) => {
          left = bytes
          whenCut = () => resume(Effect.void)
        }),
      connections: Effect.sync(() => accepted)
    }
    return proxy
  })

/** The URL of a server that accepts connections, and says nothing. */
export const silent = Effect.acquireRelease(
  Effect.async<net.Server>((resume) => {
    const server = net.createServer((socket) => socket.on("error", () => {}).resume())
    server.listen({ host: "127.0.0.1", port: 0 }, () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
    })
).pipe(Effect.map((server) => `wss://localhost:${(server.address() as net.AddressInfo).port}`))
