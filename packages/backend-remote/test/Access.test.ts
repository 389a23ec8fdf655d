import { PloopFake } from "@effect-ploop/backend-fake"
import { Access, RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { LowLevel, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import * as net from "node:net"
import * as frames from "../src/internal/protocol/frames.js"
import * as uploads from "../src/internal/server/uploads.js"
import { HostFiles, layerWithFileSystem, serving, socketPath } from "./utils/hosts.js"
import * as otherVersion from "./utils/otherVersion.js"

const disk = "/vz/DiskDescriptor.xml"

const idOf = (n: number) => SnapshotId.make(`98310601-b9ad-4a73-af30-${String(n).padStart(12, "0")}`)

const refused = (error: PloopError.PloopError, what: PloopError.AccessRefused["what"]) => {
  assert.instanceOf(error, PloopError.AccessRefused)
  assert.strictEqual(error.what, what)
  assert.isFalse(error.isRetryable)
}

/** A host that knows one token, and a client that has this one. */
const withGrant = (grant: Access.Grant, token?: Redacted.Redacted) =>
  Effect.map(Access.issue(grant), (issued) =>
    layerWithFileSystem(() => ({
      server: { tokens: [issued.entry] },
      client: { token: token ?? issued.token, reconnect: Schedule.stop }
    })))

describe("a token", () => {
  it.live("is required where the host knows one", () =>
    Effect.gen(function*() {
      const { entry } = yield* Access.issue({ name: "backups" })
      const tool = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool)
      const error = yield* Effect.flip(Effect.provide(tool, serving({}, { tokens: [entry] })))
      refused(error, "token")
    }))

  it.live("that is wrong is refused", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      refused(yield* Effect.flip(ploop.tool), "token")
    }).pipe(Effect.provide(Layer.unwrapEffect(withGrant({ name: "backups" }, Redacted.make("guess"))))))

  it.live("allows the operations and the directories of its grant, and no others", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* ploop.create({ image: "/vz/root.hdd", size: "1G", fileSystem: "none" })
      yield* (yield* HostFiles).symlink("/mnt", "/vz/out")
      refused(yield* Effect.flip(ploop.createSnapshot({ disk })), "operation")
      for (
        const image of ["/mnt/root.hdd", "/vz/../mnt/root.hdd", "/vz/out/root.hdd", "vz/root.hdd", "/vzz/root.hdd"]
      ) {
        refused(yield* Effect.flip(ploop.create({ image, size: "1G", fileSystem: "none" })), "directory")
      }
      assert.strictEqual((yield* ploop.imageInfo({ disk })).size, 2n ** 30n)
    }).pipe(Effect.provide(Layer.unwrapEffect(withGrant({
      name: "backups",
      operations: ["create", "imageInfo"],
      directories: ["/vz"]
    })))))
})

describe("the files of a host", () => {
  it.live("cannot be used unless the server shares them", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const error = yield* Effect.flip(fs.readDirectory("/vz"))
      assert.propertyVal(error, "reason", "PermissionDenied")
    }).pipe(Effect.provide(layerWithFileSystem(() => ({ server: { files: [] } })))))

  it.live("are confined to the directories that the server shares, whatever links say", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* HostFiles
      yield* fs.writeFileString("/vz/own", "own")
      yield* host.symlink("/mnt/new", "/vz/link")
      yield* host.symlink("/mnt", "/vz/out")
      for (const path of ["/mnt", "/vz/../mnt", "/vz/out", "/vz/link", "mnt"]) {
        assert.propertyVal(yield* Effect.flip(fs.stat(path)), "reason", "PermissionDenied", path)
        const written = yield* Effect.flip(fs.writeFileString(`${path}/x`, ""))
        assert.propertyVal(written, "reason", "PermissionDenied", path)
      }
      assert.propertyVal(yield* Effect.flip(fs.writeFileString("/vz/link", "")), "reason", "PermissionDenied")
      assert.propertyVal(yield* Effect.flip(fs.rename("/vz/own", "/mnt/own")), "reason", "PermissionDenied")
      yield* fs.remove("/vz/link")
      assert.strictEqual(yield* fs.readFileString("/vz/own"), "own")
    }).pipe(Effect.provide(layerWithFileSystem(() => ({ server: { files: ["/vz"] } })))))

  it.live("cannot be used to make a link or a name that leads out of these directories, or to list through one", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* HostFiles
      yield* host.makeDirectory("/mnt/secret", { recursive: true })
      yield* host.symlink("/mnt", "/vz/out")
      yield* fs.makeDirectory("/vz/a/b", { recursive: true })
      for (const target of ["/mnt", "../mnt", "/vz/../mnt", "/vz/out/secret", "out"]) {
        assert.propertyVal(yield* Effect.flip(fs.symlink(target, "/vz/new")), "reason", "PermissionDenied", target)
      }
      yield* fs.symlink("a", "/vz/inside")
      const prefix = yield* Effect.flip(fs.makeTempDirectory({ directory: "/vz", prefix: "../mnt/x-" }))
      assert.propertyVal(prefix, "reason", "PermissionDenied")
      const suffix = yield* Effect.flip(fs.makeTempFile({ directory: "/vz", suffix: "/../../../mnt/x" }))
      assert.propertyVal(suffix, "reason", "PermissionDenied")
      assert.deepStrictEqual(yield* host.readDirectory("/mnt"), ["secret"])
      const names = yield* fs.readDirectory("/vz", { recursive: true })
      assert.deepStrictEqual(names.sort(), ["a", "a/b", "inside", "out"])
    }).pipe(Effect.provide(layerWithFileSystem(() => ({ server: { files: ["/vz"] } })))))
})

describe("the key of a change", () => {
  it.live("is unknown to the bearers of other tokens, however their names and keys are written", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      const [one, two] = [yield* Access.issue({ name: "one" }), yield* Access.issue({ name: "one two" })]
      let count = 0
      const host = Ploop.layerNoop({ createSnapshot: () => Effect.sync(() => idOf(count++)) })
      yield* Layer.build(
        RemoteServer.layer({ listen: { path }, tokens: [one.entry, two.entry] }).pipe(
          Layer.provide([host, LowLevel.layerNoop({}), NodeContext.layer])
        )
      )
      const snapshot = (token: Redacted.Redacted, key: string) =>
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk })).pipe(
          RemotePloop.withKey(key),
          Effect.provide(RemotePloop.layer({ address: { path }, token }))
        )
      assert.strictEqual(yield* snapshot(two.token, "three"), idOf(0))
      assert.strictEqual(yield* snapshot(one.token, "two three"), idOf(1))
      assert.strictEqual(yield* snapshot(two.token, "three"), idOf(0))
    }).pipe(Effect.scoped))
})

describe("a limit", () => {
  it.live("of requests on a connection refuses one more, and nothing else", () =>
    Effect.gen(function*() {
      const [begun, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const host = {
        isMounted: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.as(Deferred.await(go), true))
      }
      yield* Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const first = yield* Effect.fork(ploop.isMounted({ disk }))
        yield* Deferred.await(begun)
        const error = yield* Effect.flip(ploop.isMounted({ disk }))
        assert.instanceOf(error, PloopError.LimitExceeded)
        assert.isTrue(error.isRetryable)
        yield* Deferred.succeed(go, undefined)
        assert.isTrue(yield* Fiber.join(first))
        assert.isTrue(yield* ploop.isMounted({ disk }))
      }).pipe(Effect.provide(serving(host, { limits: { requests: 1 } })))
    }))

  it.live("of the size of a message is known to the client, which sends nothing larger", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(ploop.isMounted({ disk: `/${"x".repeat(3000)}.xml` }))
      assert.instanceOf(error, PloopError.LimitExceeded)
      assert.strictEqual(error.limit, "bytes")
      assert.isFalse(error.isRetryable)
      assert.isTrue(yield* ploop.isMounted({ disk }))
    }).pipe(Effect.provide(serving({ isMounted: () => Effect.succeed(true) }, { limits: { bytes: 2048 } }))))

  it.live("of connections refuses one more by its name", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      yield* Layer.build(
        RemoteServer.layer({ listen: { path }, limits: { connections: 1 } }).pipe(Layer.provide(PloopFake.layer()))
      )
      const client = Effect.flatMap(
        Layer.build(RemotePloop.layer({ address: { path }, reconnect: Schedule.stop })),
        (context) => Effect.provide(Ploop.Ploop, context)
      )
      const [first, second] = [yield* client, yield* client]
      yield* first.tool
      const error = yield* Effect.flip(second.tool)
      assert.instanceOf(error, PloopError.LimitExceeded)
      assert.strictEqual(error.limit, "connections")
    }).pipe(Effect.scoped))
})

describe("a peer that sends something else", () => {
  /** What the server sends back until it closes the connection. */
  const send = (path: string, bytes: Uint8Array) =>
    Effect.async<void>((resume) => {
      const socket = net.createConnection(path)
      socket.on("error", () => {})
      socket.on("close", () => resume(Effect.void))
      socket.write(bytes)
    })

  const framed = (...bytes: ReadonlyArray<number>) => new Uint8Array([0, 0, 0, bytes.length, ...bytes])

  const broken: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["the request of a web browser", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    ["a length beyond the limit", new Uint8Array([0xff, 0xff, 0xff, 0xff])],
    ["nil", framed(0xc0)],
    ["a list that ends too early", framed(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["text", framed(0xa2, 0x68, 0x69)]
  ]

  it.live("loses its connection, and the server goes on", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      yield* Layer.build(RemoteServer.layer({ listen: { path } }).pipe(Layer.provide(PloopFake.layer())))
      const client = yield* Layer.build(RemotePloop.layer({ address: { path } }))
      const ploop = yield* Effect.provide(Ploop.Ploop, client)
      yield* ploop.tool
      for (const [, bytes] of broken) yield* send(path, bytes)
      yield* ploop.tool
    }).pipe(Effect.scoped))
})

const { framed, parser } = otherVersion

describe("a peer that floods the server", () => {
  const mebibyte = 1024 * 1024

  /** How many bytes of endless messages a server takes until it takes no more for a while. */
  const taken = (path: string, message: Buffer, most: number) =>
    Effect.gen(function*() {
      let taken = 0
      const socket = yield* Effect.acquireRelease(
        Effect.sync(() => net.createConnection(path).pause()),
        (socket) => Effect.sync(() => socket.destroy())
      )
      socket.on("error", () => {})
      // One after the other: the callback of several at once would come when all of them are taken.
      const send = () =>
        void socket.write(message, () => {
          taken += message.length
          if (taken < most) send()
        })
      send()
      const settled = (before: number): Effect.Effect<number> =>
        Effect.flatMap(
          Effect.delay(Effect.sync(() => taken), "300 millis"),
          (now) => now === before ? Effect.succeed(now) : settled(now)
        )
      return yield* settled(0)
    }).pipe(Effect.scoped)

  const serve = Effect.gen(function*() {
    const path = yield* socketPath
    const host = Ploop.layerNoop({ isMounted: () => Effect.never })
    yield* Layer.build(
      RemoteServer.layer({ listen: { path } }).pipe(
        Layer.provide([host, LowLevel.layerNoop({}), NodeContext.layer])
      )
    )
    return path
  })

  it.scopedLive("with requests, and reads no response, is read no more", () =>
    Effect.gen(function*() {
      const unknown = { _tag: "Request", id: "1", tag: "x".repeat(mebibyte / 4), payload: {}, headers: [] }
      assert.isBelow(yield* taken(yield* serve, framed(unknown), 32 * mebibyte), 12 * mebibyte)
    }))

  it.scopedLive("with requests that have the number of one that runs is read no more", () =>
    Effect.gen(function*() {
      const running = framed({
        _tag: "Request",
        id: "1",
        tag: "isMounted",
        payload: { request: { disk: `/${"x".repeat(mebibyte / 4)}` } },
        headers: []
      })
      assert.isBelow(yield* taken(yield* serve, running, 32 * mebibyte), 12 * mebibyte)
    }))

  it.live("with parts of an upload finds one of them waiting, and the others not taken", () =>
    Effect.gen(function*() {
      const received = yield* uploads.make
      yield* received.expect("key")
      const part = Effect.timeoutTo(received.add("key", new Uint8Array(8)), {
        duration: "50 millis",
        onTimeout: () => "waits" as const,
        onSuccess: (isTaken) => isTaken ? "taken" as const : "refused" as const
      })
      const results = yield* Effect.all(Array.from({ length: 7 }, () => part), { concurrency: "unbounded" })
      assert.deepStrictEqual(results, ["taken", "taken", "taken", "taken", "waits", "refused", "refused"])
    }).pipe(Effect.scoped))
})

describe("messages in small parts", () => {
  it("are read as they were sent, in the space of the message, and refused by their length", () => {
    const read = frames.reader(300, () => {
      throw new Error("too large")
    })
    const messages = [3, 0, 256, 1].map((size) => new Uint8Array(size).fill(size % 251))
    const sent = Buffer.concat(messages.map(frames.frame))
    for (const size of [1, 2, 5, 100, sent.length]) {
      const found = []
      for (let at = 0; at < sent.length; at += size) found.push(...read(sent.subarray(at, at + size)))
      assert.deepStrictEqual(found.map((bytes) => [...bytes]), messages.map((bytes) => [...bytes]), String(size))
    }
    assert.throws(() => read(new Uint8Array([0, 0, 1, 45])), "too large")
  })
})

describe("a peer of another version", () => {
  it.live("learns both versions from the server", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      yield* Layer.build(RemoteServer.layer({ listen: { path } }).pipe(Layer.provide(PloopFake.layer())))
      const response = yield* Effect.async<string>((resume) => {
        const socket = net.createConnection(path)
        socket.once("data", (bytes) => {
          socket.destroy()
          resume(Effect.succeed(JSON.stringify(parser.decode(new Uint8Array(bytes.subarray(4))))))
        })
        socket.write(framed({ _tag: "Request", id: "0", tag: "hello", payload: { version: 99 }, headers: [] }))
      })
      assert.include(response, JSON.stringify({ client: 99, server: 1, _tag: "OtherVersion" }))
    }).pipe(Effect.scoped))

  it.live("is ProtocolMismatch for a client", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      yield* otherVersion.serve(path, 99)
      const client = yield* Layer.build(RemotePloop.layer({ address: { path }, connectTimeout: "2 minutes" }))
      const error = yield* Effect.flip(Effect.flatMap(Effect.provide(Ploop.Ploop, client), (ploop) => ploop.tool))
      assert.instanceOf(error, PloopError.ProtocolMismatch)
      assert.deepStrictEqual([error.client, error.server], [1, 99])
      assert.include(error.remedy, "the program has the older one")
    }).pipe(Effect.scoped))
})

describe("a server", () => {
  it.live("makes a socket that its owner alone can use, and removes it at its end", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* socketPath
      const server = RemoteServer.layer({ listen: { path } }).pipe(Layer.provide(PloopFake.layer()))
      yield* Effect.scoped(Effect.gen(function*() {
        yield* Layer.build(server)
        assert.strictEqual((yield* fs.stat(path)).mode & 0o777, 0o600)
        const error = yield* Effect.flip(Layer.build(server))
        assert.match(error.message, /another server listens there/)
      }))
      assert.isFalse(yield* fs.exists(path))
      yield* fs.writeFileString(path, "a file")
      assert.match((yield* Effect.flip(Layer.build(server))).message, /another file is there/)
      yield* fs.remove(path)
      yield* fs.symlink("/nowhere", path)
      assert.match((yield* Effect.flip(Layer.build(server))).message, /a symbolic link is there/)
      assert.strictEqual(yield* fs.readLink(path), "/nowhere")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("does not listen on a port without tokens", () =>
    Effect.gen(function*() {
      const server = RemoteServer.layer({ listen: { host: "127.0.0.1", port: 0 } }).pipe(
        Layer.provide(PloopFake.layer())
      )
      const error = yield* Effect.flip(Layer.build(server))
      assert.match(error.message, /tokens is empty, but it must have an entry/)
    }).pipe(Effect.scoped))

  it.live("listens on a port with them", () =>
    Effect.gen(function*() {
      const { entry, token } = yield* Access.issue({ name: "all" })
      const context = yield* Layer.build(
        RemoteServer.layer({ listen: { host: "127.0.0.1", port: 0 }, tokens: [entry] }).pipe(
          Layer.provide(PloopFake.layer())
        )
      )
      const { address } = yield* Effect.provide(RemoteServer.RemoteServer, context)
      assert.strictEqual(address._tag, "TcpAddress")
      const port = address._tag === "TcpAddress" ? address.port : 0
      const tool = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool)
      const client = RemotePloop.layer({ address: { host: "127.0.0.1", port }, token })
      assert.strictEqual((yield* Effect.provide(tool, client)).generation, "1.15")
    }).pipe(Effect.scoped))
})
