import { PloopFake } from "@effect-ploop/backend-fake"
import { Access, RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { LowLevel, Ploop, PloopError } from "@effect-ploop/core"
import { Capability, Suite, Target } from "@effect-ploop/testkit"
import * as Vitest from "@effect-ploop/testkit/Vitest"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Redacted, Schedule, Scope, Stream } from "effect"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import { WebSocket } from "ws"
import { pair } from "./utils/tls.js"

const disk = "/vz/DiskDescriptor.xml"

const tool = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool)

type Host = Layer.Layer<Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem>

/** A server at a free port of loopback, and a token for it. */
const serve = (
  options: Partial<RemoteServer.Options> & { readonly tls?: RemoteServer.Tls } = {},
  host: Host = PloopFake.layer()
) =>
  Effect.gen(function*() {
    const { tls, ...others } = options
    const { entry, token } = yield* Access.issue({ name: "all" })
    const server = RemoteServer.layer({
      listen: { webSocket: { host: "127.0.0.1", port: 0, tls } },
      tokens: [entry],
      ...others
    })
    const { address } = Context.get(yield* Layer.build(Layer.provide(server, host)), RemoteServer.RemoteServer)
    const port = address._tag === "TcpAddress" ? address.port : 0
    const url = `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${port}`
    const client = (change: Partial<RemotePloop.Options> = {}) =>
      RemotePloop.layer({ address: { url }, token, reconnect: Schedule.stop, ...change })
    return { client, port, token, url }
  })

/** Why a client cannot use the host. Nothing has happened then. */
const lost = (client: Layer.Layer<Ploop.Ploop | LowLevel.LowLevel>) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(Effect.provide(tool, client))
    assert.instanceOf(error, PloopError.ConnectionLost)
    assert.isFalse(error.mayHaveHappened)
    return error.reason
  })

/** A host in memory and its files behind a WebSocket with TLS. */
const encrypted = Layer.scopedContext(Effect.gen(function*() {
  const { certificate, key, text } = yield* pair
  const { entry, token } = yield* Access.issue({ name: "all" })
  const host = yield* PloopFake.make()
  const server = RemoteServer.layer({
    listen: { webSocket: { host: "127.0.0.1", port: 0, tls: { certificate, key } } },
    tokens: [entry],
    files: ["/"]
  })
  const { address } = Context.get(yield* Effect.provide(Layer.build(server), host), RemoteServer.RemoteServer)
  const port = address._tag === "TcpAddress" ? address.port : 0
  const remote = yield* Layer.build(
    RemotePloop.layerWithFileSystem({ address: { url: `wss://localhost:${port}`, tls: { ca: text } }, token })
  )
  return Context.merge(host, remote)
})).pipe(Layer.orDie)

/** A few cases: the others differ in nothing that the transport sees. */
const some =
  /^(create\/answers-what-it-made|copySend\/(interrupted|round-trip)|copyReceive\/(sender-fails|refuses-an-existing-file))$/

Vitest.suite(
  Target.make({
    name: "a host in memory and its files behind TLS",
    layer: encrypted,
    scratch: "/vz",
    capabilities: Capability.ofGeneration("1.15")
  }),
  { cases: Suite.all.filter(({ id }) => some.test(id)) }
)

describe("a server with TLS", () => {
  it.scopedLive("is used by a client that trusts its certificate, and by no other", () =>
    Effect.gen(function*() {
      const [own, other] = [yield* pair, yield* pair]
      const { client, port, token, url } = yield* serve({ tls: own })
      const trusting = (ca: string | undefined) => client({ address: { url, tls: { ca } } })
      assert.strictEqual((yield* Effect.provide(tool, trusting(own.text))).generation, "1.15")
      assert.match(yield* lost(trusting(other.text)), /self[- ]signed certificate/)
      assert.match(yield* lost(trusting(undefined)), /self[- ]signed certificate/)
      assert.match(yield* lost(trusting("nonsense")), /tls.ca is not a certificate in PEM/)
      const plain = yield* lost(client({ address: { url: url.replace("wss", "ws") } }))
      assert.match(plain, /returned 400: This port speaks TLS/)
      assert.match(yield* lost(client({ address: { host: "127.0.0.1", port }, token })), /./)
    }))

  it.scopedLive("that knows an authority of clients requires a certificate of it", () =>
    Effect.gen(function*() {
      const [own, mine, other] = [yield* pair, yield* pair, yield* pair]
      const { client, url } = yield* serve({ tls: { ...own, clientCa: mine.certificate } })
      const shown = (shown: typeof mine | undefined) =>
        client({
          address: {
            url,
            tls: {
              ca: own.text,
              ...(shown && { certificate: shown.text, key: Redacted.make(shown.keyText) })
            }
          }
        })
      assert.strictEqual((yield* Effect.provide(tool, shown(mine))).generation, "1.15")
      yield* lost(shown(other))
      yield* lost(shown(undefined))
    }))

  it.scopedLive("does not start with files that it cannot use, and names the file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const [own, other] = [yield* pair, yield* pair]
      const reason = (tls: Partial<RemoteServer.Tls>) =>
        Effect.map(Effect.flip(serve({ tls: { ...own, ...tls } })), ({ message }) => message)
      const none = `${own.key}.none`
      assert.include(yield* reason({ key: none }), `the key ${none} does not exist`)
      assert.include(yield* reason({ certificate: none }), `the certificate ${none} does not exist`)
      assert.include(yield* reason({ clientCa: none }), `the authority of clients ${none} does not exist`)
      assert.include(yield* reason({ certificate: own.key }), `the certificate ${own.key} is not a certificate in PEM`)
      yield* fs.chmod(own.certificate, 0o600)
      assert.include(yield* reason({ key: own.certificate }), `the key ${own.certificate} is not a private key in PEM`)
      assert.include(yield* reason({ key: other.key }), `does not belong to the certificate ${own.certificate}`)
      yield* fs.chmod(own.key, 0o644)
      assert.include(yield* reason({}), `can use the key ${own.key} (its mode is 644): make it private with chmod 600`)
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a server without TLS", () => {
  it.scopedLive("listens on loopback alone, and never without tokens", () =>
    Effect.gen(function*() {
      const beyond = yield* Effect.flip(serve({ listen: { webSocket: { host: "0.0.0.0", port: 0 } } }))
      assert.match(beyond.message, /tls is missing, but it must be given beyond loopback/)
      const open = yield* Effect.flip(serve({ tokens: [] }))
      assert.match(open.message, /tokens is empty/)
    }))

  it.scopedLive("says so to a client that expects it", () =>
    Effect.gen(function*() {
      const { client, url } = yield* serve()
      assert.strictEqual(
        yield* lost(client({ address: { url: url.replace("ws", "wss") } })),
        "the port does not speak TLS"
      )
      assert.match(yield* lost(client({ address: { url: "http:/nowhere" } })), /./)
    }))

  it.scopedLive("refuses a token that it does not know before a connection counts", () =>
    Effect.gen(function*() {
      const { client } = yield* serve({ limits: { connections: 1 } })
      const first = yield* Layer.build(client())
      yield* Effect.provide(tool, first)
      for (const token of [Redacted.make("guess"), undefined]) {
        const error = yield* Effect.flip(Effect.provide(tool, client({ token })))
        assert.instanceOf(error, PloopError.AccessRefused)
        assert.strictEqual(error.what, "token")
      }
      const second = yield* Effect.flip(Effect.provide(tool, client()))
      assert.instanceOf(second, PloopError.LimitExceeded)
      assert.strictEqual(second.limit, "connections")
      yield* Effect.provide(tool, first)
    }))
})

/** The status and the text of the answer to a request without WebSocket. */
const get = (url: string, ca?: string, headers: Record<string, string> = {}) =>
  Effect.async<string>((resume) => {
    const request = url.startsWith("https") ? https.get(url, { ca, headers }) : http.get(url, { headers })
    request.on("response", (response) => {
      let text = `${response.statusCode} `
      response.on("data", (part) => (text += String(part)))
      response.on("end", () => resume(Effect.succeed(text)))
    })
    request.on("error", (error) => resume(Effect.succeed(error.message)))
  })

describe("a peer that sends something else", () => {
  it.scopedLive("gets an answer in HTTP that says what the port is for", () =>
    Effect.gen(function*() {
      const own = yield* pair
      const [plain, encrypted] = [yield* serve(), yield* serve({ tls: own })]
      assert.match(yield* get(`http://127.0.0.1:${plain.port}/`), /^426 This port serves ploops over WebSocket/)
      assert.match(yield* get(`https://127.0.0.1:${encrypted.port}/`, own.text), /^426 .* with wss:/)
      assert.match(yield* get(`http://127.0.0.1:${encrypted.port}/`), /^400 This port speaks TLS/)
      const upgrade = { connection: "upgrade", upgrade: "websocket", origin: "https://example.org" }
      assert.match(yield* get(`http://127.0.0.1:${plain.port}/`, undefined, upgrade), /^403 A web page/)
    }))

  /** The code that a WebSocket is closed with after a message. */
  const sent = (url: string, token: Redacted.Redacted, message: Uint8Array | string) =>
    Effect.async<number>((resume) => {
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${Redacted.value(token)}` } })
      socket.on("open", () => socket.send(message))
      socket.on("error", () => {})
      socket.on("close", (code) => resume(Effect.succeed(code)))
    })

  it.scopedLive("loses its connection, also by a message that is too large, and the server goes on", () =>
    Effect.gen(function*() {
      const { client, port, token, url } = yield* serve({ limits: { bytes: 2048 } })
      const first = yield* Layer.build(client())
      yield* Effect.provide(tool, first)
      assert.strictEqual(yield* sent(url, token, new Uint8Array(2048 + 5)), 1009)
      assert.notStrictEqual(yield* sent(url, token, new Uint8Array([0xff, 0xff, 0xff, 0xff])), 1000)
      yield* sent(url, token, "text in a place of bytes")
      yield* Effect.async<void>((resume) => {
        const socket = net.createConnection(port, "127.0.0.1", () => socket.write("\0\0\0\x01\xc0"))
        socket.on("error", () => {})
        socket.on("close", () => resume(Effect.void))
        socket.resume()
      })
      yield* Effect.provide(tool, first)
    }))

  it.scopedLive("learns both versions when its own is another one", () =>
    Effect.gen(function*() {
      const { token, url } = yield* serve()
      const parser = RpcSerialization.makeMsgPack({ useRecords: false }).unsafeMake()
      const body = Buffer.from(
        parser.encode({
          _tag: "Request",
          id: "0",
          tag: "hello",
          payload: { version: 99 },
          headers: [["authorization", `Bearer ${Redacted.value(token)}`]]
        })!
      )
      const length = Buffer.alloc(4)
      length.writeUInt32BE(body.length)
      const response = yield* Effect.async<string>((resume) => {
        const socket = new WebSocket(url, { headers: { authorization: `Bearer ${Redacted.value(token)}` } })
        socket.on("open", () => socket.send(Buffer.concat([length, body])))
        socket.on("message", (bytes: Buffer) => {
          socket.terminate()
          resume(Effect.succeed(JSON.stringify(parser.decode(new Uint8Array(bytes.subarray(4))))))
        })
      })
      assert.include(response, JSON.stringify({ client: 99, server: 1, _tag: "OtherVersion" }))
    }))
})

describe("a copy over WebSocket", () => {
  it.scopedLive("to a slow reader stops the sender on the host, so that memory is bounded", () =>
    Effect.gen(function*() {
      const part = new Uint8Array(64 * 1024)
      let sent = 0
      const host = Layer.mergeAll(
        Ploop.layerNoop({ copySend: () => Stream.repeatEffect(Effect.sync(() => (sent++, part))) }),
        LowLevel.layerNoop({}),
        NodeContext.layer
      )
      const { client } = yield* serve({}, host)
      const read = yield* Stream.unwrap(Effect.map(Ploop.Ploop, (ploop) => ploop.copySend({ device: "/dev/ploop1" })))
        .pipe(
          Stream.take(3),
          Stream.mapEffect((bytes) => Effect.as(Effect.sleep("100 millis"), bytes.length)),
          Stream.runCollect,
          Effect.provide(client())
        )
      assert.deepStrictEqual([...read], [65536, 65536, 65536])
      assert.isBelow(sent, 48)
    }))
})

describe("a server of WebSockets that ends", () => {
  it.scopedLive("interrupts queries, closes its connections and leaves its port", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const host = Layer.mergeAll(
        Ploop.layerNoop({ isMounted: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never) }),
        LowLevel.layerNoop({}),
        NodeContext.layer
      )
      const isMounted = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.isMounted({ disk }))
      const own = yield* Scope.make()
      const { client } = yield* Scope.extend(serve({}, host), own)
      const asked = yield* Effect.fork(Effect.flip(Effect.provide(isMounted, client())))
      yield* Deferred.await(begun)
      yield* Scope.close(own, Exit.void)
      assert.instanceOf(yield* Fiber.join(asked), PloopError.ConnectionLost)
      assert.match(yield* lost(client()), /ECONNREFUSED/)
    }))
})
