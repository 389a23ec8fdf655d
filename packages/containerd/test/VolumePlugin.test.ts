import { PloopFake } from "@effect-ploop/backend-fake"
import { VolumeDriver, VolumePlugin } from "@effect-ploop/containerd"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Scope } from "effect"
import * as NodeHttp from "node:http"
import { start } from "./volumes.js"

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Sends a request as Docker does. An interruption closes the connection. */
const send = (socketPath: string, path: string, body: string, headers: NodeHttp.OutgoingHttpHeaders = {}) =>
  Effect.async<Answer, Error>((resume) => {
    const request = NodeHttp.request({ socketPath, path, method: "POST", headers }, (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString()
        resume(Effect.succeed({ status: response.statusCode ?? 0, body: text === "" ? "" : JSON.parse(text) }))
      })
    })
    request.on("error", (error) => resume(Effect.fail(error)))
    request.end(body)
    return Effect.sync(() => request.destroy())
  })

const socketIn = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.map(fs.makeTempDirectoryScoped(), (directory) => `${directory}/plugins/ploop.sock`)
)

/** Serves a driver, and returns its calls by their names. */
const served = (driver: VolumeDriver.VolumeDriver) =>
  Effect.gen(function*() {
    const socket = yield* socketIn
    yield* Effect.provideService(VolumePlugin.serve({ socket }), VolumeDriver.VolumeDriver, driver)
    return (call: string, request?: object) =>
      send(socket, `/${call}`, request === undefined ? "" : JSON.stringify(request))
  })

const live = <A, E>(title: string, run: Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(run, NodeContext.layer))

const onFake = Effect.provide(start(), PloopFake.layer())

/** A driver whose volumes take forever to make. */
const hanging = (begun: Deferred.Deferred<void>, ended: Deferred.Deferred<void>) =>
  Effect.map(onFake, (driver): VolumeDriver.VolumeDriver => ({
    ...driver,
    create: () =>
      Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
      )
  }))

describe("the plugin", () => {
  live(
    "serves every call of Docker",
    Effect.gen(function*() {
      const call = yield* served(yield* onFake)
      const bodyOf = (name: string, request?: object) => Effect.map(call(name, request), ({ body }) => body)
      assert.deepStrictEqual(yield* bodyOf("Plugin.Activate"), { Implements: ["VolumeDriver"] })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Capabilities", {}), { Capabilities: { Scope: "local" } })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Create", { Name: "db", Opts: { size: "1G" } }), { Err: "" })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Create", { Name: "copy", Opts: { from: "db" } }), { Err: "" })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Create", { Name: "plain", Opts: null }), { Err: "" })
      const use = { Name: "db", ID: "1" }
      const { Mountpoint } = (yield* bodyOf("VolumeDriver.Mount", use)) as { readonly Mountpoint: string }
      assert.match(Mountpoint, /^\/vz\/volumes\/mounts\/[0-9a-f-]{36}\/volume$/)
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Path", { Name: "db" }), { Mountpoint, Err: "" })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.List", {}), {
        Volumes: [
          { Name: "copy", Mountpoint: "" },
          { Name: "db", Mountpoint },
          { Name: "plain", Mountpoint: "" }
        ],
        Err: ""
      })
      assert.deepInclude(yield* bodyOf("VolumeDriver.Get", { Name: "copy" }), { Err: "" })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Unmount", use), { Err: "" })
      assert.deepStrictEqual(yield* bodyOf("VolumeDriver.Remove", { Name: "db" }), { Err: "" })
    })
  )

  live(
    "describes a volume, as `docker volume inspect` shows it",
    Effect.gen(function*() {
      const call = yield* served(yield* onFake)
      yield* call("VolumeDriver.Create", { Name: "db", Opts: { size: "2G" } })
      yield* call("VolumeDriver.Create", { Name: "db@one" })
      const { body } = yield* call("VolumeDriver.Get", { Name: "db@one" })
      const { Volume } = body as { readonly Volume: Record<string, unknown> }
      assert.deepInclude(Volume.Status, { size: "2G", from: "db", readOnly: true, mounts: 0 })
      assert.match(String(Volume.CreatedAt), /^\d{4}-\d\d-\d\dT.*Z$/)
    })
  )

  live(
    "fails with a text for people: what is wrong, and where",
    Effect.gen(function*() {
      const call = yield* served(yield* onFake)
      const failures: ReadonlyArray<readonly [string, object, string]> = [
        ["Create", { Name: "x", Opts: { size: "large" } }, "size is \"large\", but it must be from 300M to 15T"],
        ["Create", { Name: "x", Opts: { colour: "red" } }, "Opts.colour is not an option: they are size and from"],
        ["Create", { Name: "x", Opts: { size: 5 } }, "Opts.size must be a string"],
        ["Create", { Name: "x", Opts: [] }, "Opts must be an object"],
        ["Create", { Opts: {} }, "Name is missing"],
        ["Create", { Name: null }, "Name must be a string"],
        ["Create", { Name: "../x" }, "Name is \"../x\", but it must have 1 to 200 characters, no slash"],
        ["Create", [], "the request must be an object"],
        ["Remove", { Name: ".." }, "volume \"..\" does not exist"],
        ["Mount", { Name: "x" }, "ID is missing"],
        ["Mount", { Name: "x", ID: "1" }, "volume \"x\" does not exist"]
      ]
      for (const [name, request, expected] of failures) {
        const { body, status } = yield* call(`VolumeDriver.${name}`, request)
        assert.strictEqual(status, 500)
        assert.include((body as { readonly Err: string }).Err, expected)
      }
      assert.strictEqual((yield* call("VolumeDriver.Unknown", {})).status, 404)
      assert.deepStrictEqual((yield* call("VolumeDriver.List")).body, { Volumes: [], Err: "" })
    })
  )

  live(
    "reads the body as JSON, whatever type it is said to have",
    Effect.gen(function*() {
      const socket = yield* socketIn
      yield* Effect.provideServiceEffect(VolumePlugin.serve({ socket }), VolumeDriver.VolumeDriver, onFake)
      const create = (body: string) => send(socket, "/VolumeDriver.Create", body, { "content-type": "text/plain" })
      assert.deepStrictEqual((yield* create("{\"Name\":\"db\"}")).body, { Err: "" })
      assert.deepStrictEqual((yield* create("Name=db")).body, { Err: "the request must be JSON" })
    })
  )

  live(
    "interrupts a call whose client closes the connection",
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const call = yield* served(yield* hanging(begun, ended))
      const fiber = yield* Effect.fork(call("VolumeDriver.Create", { Name: "db" }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.await(ended)
    })
  )

  live(
    "refuses a socket that somebody serves, and a file that is not a socket, and replaces one that nobody serves",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const socket = yield* socketIn
      const serve = Effect.provideServiceEffect(VolumePlugin.serve({ socket }), VolumeDriver.VolumeDriver, onFake)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* serve
        assert.include((yield* Effect.flip(serve)).message, "another process serves it")
      }))
      yield* Effect.scoped(serve)
      yield* fs.writeFileString(socket, "a file")
      assert.include((yield* Effect.flip(serve)).message, "a file that is not a socket is there")
      assert.strictEqual(yield* fs.readFileString(socket), "a file")
    })
  )
})
