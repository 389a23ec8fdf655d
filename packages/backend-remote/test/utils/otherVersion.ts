import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { Effect } from "effect"
import * as net from "node:net"

export const parser = RpcSerialization.makeMsgPack({ useRecords: false }).unsafeMake()

/** A message as it crosses the socket: its length, then its bytes. */
export const framed = (message: unknown) => {
  const body = Buffer.from(parser.encode(message)!)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** A server that greets its clients with another version of the protocol. */
export const serve = (path: string, version: number) => {
  const exit = { _tag: "Success", value: { version, incarnation: "x", maximumBytes: 1000 } }
  return Effect.acquireRelease(
    Effect.async<net.Server>((resume) => {
      const server = net.createServer((socket) =>
        socket.once("data", (bytes) => {
          const [request] = parser.decode(new Uint8Array(bytes.subarray(4))) as [{ id: string }]
          socket.write(framed({ _tag: "Exit", requestId: request.id, exit }))
        })
      )
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
  )
}
