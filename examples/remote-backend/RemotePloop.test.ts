import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { LowLevel, Ploop, PloopError } from "@effect-ploop/core"
import {
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Sink, Stream } from "effect"
import { Connection, layer } from "./hosts.js"
import * as Protocol from "./Protocol.js"
import * as RemoteHost from "./RemoteHost.js"
import * as RemotePloop from "./RemotePloop.js"

const disk = "/vz/DiskDescriptor.xml"
const create = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image: "/vz/root.hdd", size: "10G" }))

/** A remote ploop on a host that responds to every request with these bytes. */
const respondingWith = (bytes: Stream.Stream<Uint8Array, RemotePloop.ConnectionLost>) =>
  RemotePloop.layer.pipe(Layer.provide(Layer.succeed(RemotePloop.Connection, () => bytes)))

/** A remote ploop, on a host with some operations replaced. */
const onHostWith = (change: (ploop: Ploop.Ploop) => Partial<Ploop.Ploop>) => {
  const Host = Layer.effect(Ploop.Ploop, Effect.map(Ploop.Ploop, (ploop) => ({ ...ploop, ...change(ploop) })))
  return RemotePloop.layer.pipe(
    Layer.provide(Connection),
    Layer.provide(Layer.provideMerge(Host, PloopFake.layer()))
  )
}

/** Slow enough that a caller that does not wait gets ahead. */
const slowly = (work: () => void) => Effect.delay(Effect.sync(work), "10 millis")

describe("a remote ploop", () => {
  it.live("fails with the same error as the operation on the host", () =>
    Effect.gen(function*() {
      const busy = new PloopError.Busy({
        operation: "umount",
        subject: disk,
        text: "umount: target is busy",
        exitCode: 26,
        holders: [new PloopError.Holder({ command: "sh", pid: 7, user: "root" })]
      })
      yield* (yield* FakeHost.FakeHost).fail("umount", busy)
      yield* create
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(ploop.umount({ disk }))
      assert.instanceOf(error, PloopError.Busy)
      assert.notStrictEqual(error, busy)
      assert.deepStrictEqual(error, busy)
      assert.strictEqual(error.message, busy.message)
    }).pipe(Effect.provide(layer)))

  it.live("interrupts the operation on the host when it is interrupted, and waits until it has ended", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const events: Array<string> = []
      const remote = onHostWith(() => ({
        resize: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => slowly(() => events.push("ended on the host")))
          )
      }))
      const resize = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.resize({ disk, size: "20G" }))
      const fiber = yield* Effect.fork(Effect.provide(resize, remote))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      events.push("ended here")
      assert.deepStrictEqual(events, ["ended on the host", "ended here"])
    }))

  it.live("aborts an upload on the host when the sender fails, and waits until the host has cleaned up", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const remote = onHostWith((ploop) => ({
        copyReceive: (options) =>
          Sink.ensuring(ploop.copyReceive(options), slowly(() => events.push("cleaned up on the host")))
      }))
      const sent = Stream.concat(Stream.make(new Uint8Array(8)), Stream.fail("the sender broke"))
      const receive = Effect.flatMap(
        Ploop.Ploop,
        (ploop) => Stream.run(sent, ploop.copyReceive({ image: "/vz/copy.hdd" }))
      )
      assert.strictEqual(yield* Effect.flip(Effect.provide(receive, remote)), "the sender broke")
      events.push("ended here")
      assert.deepStrictEqual(events, ["cleaned up on the host", "ended here"])
    }))

  const broken: ReadonlyArray<readonly [string, Stream.Stream<Uint8Array, RemotePloop.ConnectionLost>, RegExp]> = [
    ["is closed before the response", Stream.empty, /the connection was closed/],
    ["fails", Stream.fail(new RemotePloop.ConnectionLost({ reason: "no route to host" })), /no route to host/],
    ["ends within the response", Stream.make(new Uint8Array([0xc4, 9, 1])), /no response from the host/],
    [
      "has a response that does not match the operation",
      Stream.orDie(Protocol.pack(Stream.make({ ploop: "new" }))),
      /does not match this operation/
    ]
  ]
  for (const [what, bytes, message] of broken) {
    it.effect(`fails with ToolAborted when the connection ${what}`, () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const error = yield* Effect.flip(ploop.createSnapshot({ disk }))
        assert.instanceOf(error, PloopError.ToolAborted)
        assert.strictEqual(error.operation, "createSnapshot")
        assert.match(error.text, message)
      }).pipe(Effect.provide(respondingWith(bytes))))
  }

  it.live("is refused by the host for an operation that it does not have", () =>
    Effect.gen(function*() {
      const serve = yield* RemoteHost.serve
      const request = Protocol.pack(Stream.make({ operation: "format", options: {} }))
      const error = yield* Effect.flip(Stream.runDrain(serve(request)))
      assert.match(error.message, /format/)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.live("works over HTTP", () =>
    Effect.gen(function*() {
      yield* create
      const ploop = yield* Ploop.Ploop
      const id = yield* ploop.createSnapshot({ disk })
      assert.deepStrictEqual((yield* ploop.listSnapshots({ disk })).nodes.map((node) => node.parent), [undefined, id])
      const error = yield* Effect.flip(Effect.flatMap(LowLevel.LowLevel, (low) => low.stop({ device: "/dev/ploop7" })))
      assert.strictEqual(error._tag, "DeviceNotFound")
    }).pipe(Effect.provide(overHttp)))
})

const Client = Layer.effect(
  RemotePloop.Connection,
  Effect.map(
    HttpClient.HttpClient,
    (client) => (request) =>
      client.execute(HttpClientRequest.bodyStream(HttpClientRequest.post("/"), request)).pipe(
        HttpClientResponse.stream,
        Stream.mapError(({ message }) => new RemotePloop.ConnectionLost({ reason: message }))
      )
  )
)

const Server = HttpServer.serve(Effect.gen(function*() {
  const serve = yield* RemoteHost.serve
  const request = yield* HttpServerRequest.HttpServerRequest
  return HttpServerResponse.stream(serve(request.stream))
}))

const overHttp = RemotePloop.layer.pipe(
  Layer.provide(Client),
  Layer.provide(Layer.provide(Server, PloopFake.layer())),
  Layer.provide(NodeHttpServer.layerTest)
)
