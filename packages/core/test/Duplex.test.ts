import { Duplex } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeSocket } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as net from "node:net"

const mebibyte = 1024 * 1024

/** One end of a socket, and the bare other end. */
const connected = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-duplex-" })}/socket`
  const accepted = new Promise<net.Socket>((resolve) => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {})
      server.close()
      resolve(socket)
    })
    server.listen(path)
  })
  const end = yield* Duplex.fromSocket(yield* NodeSocket.makeNet({ path }))
  const other = yield* Effect.acquireRelease(
    Effect.promise(() => accepted),
    (socket) => Effect.sync(() => socket.destroy())
  )
  return { end, other }
}).pipe(Effect.provide(NodeContext.layer))

const closed = (socket: net.Socket) =>
  Effect.async<void>((resume) => {
    socket.resume()
    socket.once("close", () => resume(Effect.void))
  })

describe("an end of a socket", () => {
  it.scopedLive("keeps little of what the other end sends while nothing reads it, and all of it arrives later", () =>
    Effect.gen(function*() {
      const { end, other } = yield* connected
      const size = 32 * mebibyte
      let taken = 0
      // One after the other: the callback of several at once would come when all of them are taken.
      const send = () =>
        void other.write(Buffer.alloc(mebibyte, taken / mebibyte), () => {
          taken += mebibyte
          if (taken < size) send()
          else other.end()
        })
      send()
      const settled = (before: number): Effect.Effect<number> =>
        Effect.flatMap(
          Effect.delay(Effect.sync(() => taken), "200 millis"),
          (now) => now === before ? Effect.succeed(now) : settled(now)
        )
      assert.isBelow(yield* settled(0), 8 * mebibyte)
      let at = 0
      yield* Stream.runForEach(end.incoming, (bytes) =>
        Effect.sync(() => {
          assert.strictEqual(bytes[0], Math.floor(at / mebibyte))
          at += bytes.length
        }))
      assert.strictEqual(at, size)
    }))

  it.scopedLive("ends when the other end does, and sends in order", () =>
    Effect.gen(function*() {
      const { end, other } = yield* connected
      const received: Array<Buffer> = []
      other.on("data", (bytes: Buffer) => received.push(bytes))
      yield* Stream.run(Stream.make(new Uint8Array([1]), new Uint8Array([2, 3])), end.outgoing)
      other.end("bye")
      const incoming = yield* Stream.runCollect(end.incoming)
      assert.strictEqual(Buffer.concat([...incoming]).toString(), "bye")
      assert.deepStrictEqual([...Buffer.concat(received)], [1, 2, 3])
    }))

  it.scopedLive("is closed at once when what it sends fails", () =>
    Effect.gen(function*() {
      const { end, other } = yield* connected
      const sent = Stream.concat(Stream.make(new Uint8Array(8)), Stream.fail("broken"))
      assert.strictEqual(yield* Effect.flip(Stream.run(sent, end.outgoing)), "broken")
      yield* closed(other)
    }))
})
