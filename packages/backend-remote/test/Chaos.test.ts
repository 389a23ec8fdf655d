import { Access, RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { LowLevel, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Deferred,
  Effect,
  ExecutionStrategy,
  Exit,
  Fiber,
  Layer,
  Random,
  Schedule,
  Scope,
  Stream
} from "effect"
import { createConnection } from "node:net"
import * as http from "../src/internal/server/http.js"
import { socketPath } from "./utils/hosts.js"
import * as Proxy from "./utils/proxy.js"
import { pair } from "./utils/tls.js"

const disk = "/vz/DiskDescriptor.xml"

const reconnect = Schedule.spaced("2 millis").pipe(Schedule.intersect(Schedule.recurs(500)))

/** A server of these operations, which can be stopped and started again, with a proxy before it and a client. */
const setUp = (host: Partial<Ploop.Ploop>, options: Partial<RemotePloop.Options> = {}) =>
  Effect.gen(function*() {
    const path = yield* socketPath
    const server = RemoteServer.layer({ listen: { path }, grace: "20 millis" }).pipe(
      Layer.provide([Ploop.layerNoop(host), LowLevel.layerNoop({}), NodeContext.layer])
    )
    const scope = yield* Effect.scope
    const start = Effect.gen(function*() {
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      yield* Layer.buildWithScope(server, own)
      return Scope.close(own, Exit.void)
    })
    const stop = yield* start
    const proxy = yield* Proxy.make(`${path}.proxy`, path)
    const client = RemotePloop.layer({ address: { path: proxy.address }, reconnect, ...options })
    const { ploop } = yield* Effect.provide(Effect.all({ ploop: Ploop.Ploop }), yield* Layer.build(client))
    return { ploop, proxy, start, stop }
  })

/** The same with TLS. */
const setUpEncrypted = (host: Partial<Ploop.Ploop>, options: Partial<RemotePloop.Options> = {}) =>
  Effect.gen(function*() {
    const { certificate, key, text } = yield* pair
    const { entry, token } = yield* Access.issue({ name: "all" })
    const listen = { webSocket: { host: "127.0.0.1", port: 0, tls: { certificate, key } } }
    const server = RemoteServer.layer({ listen, tokens: [entry], grace: "20 millis" }).pipe(
      Layer.provide([Ploop.layerNoop(host), LowLevel.layerNoop({}), NodeContext.layer])
    )
    const { address } = Context.get(yield* Layer.build(server), RemoteServer.RemoteServer)
    const proxy = yield* Proxy.make(0, address._tag === "TcpAddress" ? address.port : 0)
    const client = RemotePloop.layer({
      address: { url: proxy.address, tls: { ca: text } },
      token,
      reconnect,
      ...options
    })
    return { ploop: Context.get(yield* Layer.build(client), Ploop.Ploop), proxy }
  })

const idOf = (n: number) => SnapshotId.make(`98310601-b9ad-4a73-af30-${String(n).padStart(12, "0")}`)

/** Each snapshot gets an identifier of its own, so that one taken twice would be seen. */
const counting = () => {
  let count = 0
  const host: Partial<Ploop.Ploop> = {
    createSnapshot: () => Effect.delay(Effect.sync(() => idOf(count++)), "1 millis"),
    isMounted: () => Effect.succeed(true)
  }
  return { host, count: () => count }
}

describe("connections that are cut at random moments", () => {
  const connections = [
    { how: "of a socket", set: setUp, most: 3000 },
    // Its handshakes take some of the bytes.
    { how: "with TLS", set: setUpEncrypted, most: 12_000 }
  ]
  for (
    const [{ how, most, set }, seed] of connections.flatMap((each) => [1, 2, 3].map((seed) => [each, seed] as const))
  ) {
    it.live(`${how} lose no change, repeat none, and fail no query (seed ${seed})`, () => {
      const { count, host } = counting()
      return Effect.gen(function*() {
        const { ploop, proxy } = yield* set(host)
        const chaos = Effect.forever(Effect.flatMap(Random.nextIntBetween(1, most), proxy.cutAfter))
        const cutting = yield* Effect.fork(chaos)
        const call = (n: number): Effect.Effect<string | boolean, PloopError.PloopError> =>
          n % 2 === 0 ? ploop.createSnapshot({ disk }) : ploop.isMounted({ disk })
        const results = yield* Effect.forEach(Array.from({ length: 24 }, (_, n) => n), call, { concurrency: 4 })
        yield* Fiber.interrupt(cutting)
        const ids = results.filter((result) => typeof result === "string")
        assert.strictEqual(new Set(ids).size, 12)
        assert.strictEqual(count(), 12)
        assert.isAbove(yield* proxy.connections, 1)
      }).pipe(Effect.scoped, Effect.withRandom(Random.make(seed)))
    })
  }
})

describe("a server that is started again", () => {
  it.live("does not repeat a change, whose outcome is unknown", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      let count = 0
      const { ploop, start, stop } = yield* setUp({
        createSnapshot: () => {
          count++
          return Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
        },
        isMounted: () => Effect.succeed(true)
      })
      const change = yield* Effect.fork(Effect.flip(ploop.createSnapshot({ disk })))
      yield* Deferred.await(begun)
      yield* stop
      yield* start
      const error = yield* Fiber.join(change)
      assert.instanceOf(error, PloopError.ConnectionLost)
      assert.isTrue(error.mayHaveHappened)
      assert.isFalse(error.isRetryable)
      assert.strictEqual(count, 1)
      assert.isTrue(yield* ploop.isMounted({ disk }))
    }).pipe(Effect.scoped))

  it.live("repeats a query", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      let count = 0
      const { ploop, start, stop } = yield* setUp({
        isMounted: () =>
          count++ > 0 ? Effect.succeed(true) : Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      })
      const query = yield* Effect.fork(ploop.isMounted({ disk }))
      yield* Deferred.await(begun)
      yield* stop
      yield* start
      assert.isTrue(yield* Fiber.join(query))
      assert.strictEqual(count, 2)
    }).pipe(Effect.scoped))
})

describe("a host that is silent", () => {
  it.live("is found by a heartbeat, and a change gets its outcome over a new connection", () =>
    Effect.gen(function*() {
      const [begun, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      let count = 0
      const { ploop, proxy } = yield* setUp({
        createSnapshot: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go)).pipe(
            Effect.map(() => idOf(count++))
          )
      }, { heartbeat: "200 millis" })
      const change = yield* Effect.fork(ploop.createSnapshot({ disk }))
      yield* Deferred.await(begun)
      yield* proxy.freeze
      yield* Deferred.succeed(go, undefined)
      assert.strictEqual(yield* Fiber.join(change), idOf(0))
      assert.strictEqual(count, 1)
      assert.isAbove(yield* proxy.connections, 1)
    }).pipe(Effect.scoped))
})

describe("a change whose client is gone", () => {
  it.live("is interrupted on the host after the time of grace", () =>
    Effect.gen(function*() {
      const [begun, ended] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const { ploop, proxy } = yield* setUp({
        createSnapshot: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
          )
      }, { reconnect: Schedule.stop })
      const change = yield* Effect.fork(Effect.flip(ploop.createSnapshot({ disk })))
      yield* Deferred.await(begun)
      yield* proxy.cut
      const error = yield* Fiber.join(change)
      assert.instanceOf(error, PloopError.ConnectionLost)
      assert.isTrue(error.mayHaveHappened)
      yield* Deferred.await(ended)
    }).pipe(Effect.scoped))
})

describe("a copy", () => {
  it.live("to a slow reader stops the sender on the host, so that memory is bounded", () =>
    Effect.gen(function*() {
      const part = new Uint8Array(64 * 1024)
      let sent = 0
      const { ploop } = yield* setUp({
        copySend: () => Stream.repeatEffect(Effect.sync(() => (sent++, part)))
      })
      const read = yield* ploop.copySend({ device: "/dev/ploop1" }).pipe(
        Stream.take(3),
        Stream.mapEffect((bytes) => Effect.as(Effect.sleep("100 millis"), bytes.length)),
        Stream.runCollect
      )
      assert.deepStrictEqual([...read], [65536, 65536, 65536])
      // What the buffers of both sides hold, which no reader makes larger.
      assert.isBelow(sent, 48)
    }).pipe(Effect.scoped))

  it.live("that is cut fails with ConnectionLost, and is not repeated", () =>
    Effect.gen(function*() {
      let copies = 0
      const { ploop, proxy } = yield* setUp({
        copySend: () => {
          copies++
          return Stream.concat(Stream.make(new Uint8Array(8)), Stream.never)
        }
      })
      const copy = ploop.copySend({ device: "/dev/ploop1" }).pipe(Stream.runForEach(() => proxy.cut))
      const error = yield* Effect.flip(copy)
      assert.instanceOf(error, PloopError.ConnectionLost)
      assert.isTrue(error.mayHaveHappened)
      assert.strictEqual(copies, 1)
    }).pipe(Effect.scoped))
})

describe("a handshake that stalls", () => {
  it.scopedLive("on the host fails the call in time, and nothing has happened", () =>
    Effect.gen(function*() {
      const silent = yield* Proxy.silent
      const client = RemotePloop.layer({
        address: { url: silent },
        connectTimeout: "50 millis",
        reconnect: Schedule.stop
      })
      const error = yield* Effect.flip(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk })).pipe(Effect.provide(client))
      )
      assert.strictEqual(error._tag === "ConnectionLost" && !error.mayHaveHappened, true, error.message)
    }))

  it.scopedLive("on the client loses its connection", () =>
    Effect.gen(function*() {
      const { port } = yield* http.listen({
        host: "127.0.0.1",
        port: 0,
        credentials: undefined,
        maximumConnections: 8,
        closing: 0,
        handshake: 50,
        answer: () => ({ status: 404, text: "nothing" })
      })
      yield* Effect.async<void>((resume) => {
        createConnection({ host: "127.0.0.1", port }, () => {}).on("error", () => {}).on("close", () =>
          resume(Effect.void))
      })
    }))
})
