import { PloopFake } from "@effect-ploop/backend-fake"
import type { Snapshot } from "@effect-ploop/containerd"
import { Snapshotter, SnapshotterError, SnapshotterServer, StorageError } from "@effect-ploop/containerd"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as grpc from "@grpc/grpc-js"
import * as loader from "@grpc/proto-loader"
import { Deferred, Effect, Fiber, Layer, Predicate, type Scope } from "effect"
import { start } from "./utils.js"

const proto = (file: string, name: string) =>
  loader.loadSync(file, {
    includeDirs: [new URL("../proto", import.meta.url).pathname],
    keepCase: true,
    enums: String
  })[name] as grpc.ServiceDefinition

const snapshots = proto("snapshots.proto", "containerd.services.snapshots.v1.Snapshots")
const health = proto("health.proto", "grpc.health.v1.Health")

/** A client of one service, as any language has it: requests and responses are plain values. */
const clientOf = (socket: string, service: grpc.ServiceDefinition) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new grpc.Client(`unix:${socket}`, grpc.credentials.createInsecure())),
      (client) => Effect.sync(() => client.close())
    ),
    (client) => {
      const method = (name: string) => service[name]!
      return {
        unary: (name: string, request: object) =>
          Effect.async<unknown, grpc.ServiceError>((resume) => {
            const { path, requestSerialize, responseDeserialize } = method(name)
            const call = client.makeUnaryRequest(
              path,
              requestSerialize,
              responseDeserialize,
              request,
              (error, response) => resume(error === null ? Effect.succeed(response) : Effect.fail(error))
            )
            return Effect.sync(() => call.cancel())
          }),
        stream: (name: string, request: object) =>
          Effect.async<ReadonlyArray<unknown>, Error>((resume) => {
            const { path, requestSerialize, responseDeserialize } = method(name)
            const responses: Array<unknown> = []
            client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
              .on("data", (response) => responses.push(response))
              .on("error", (error) => resume(Effect.fail(error)))
              .on("end", () => resume(Effect.succeed(responses)))
          })
      }
    }
  )

const socketIn = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.map(fs.makeTempDirectoryScoped(), (directory) => `${directory}/run/snapshotter.sock`)
)

/** Serves a snapshotter and returns a client of it. */
const served = (snapshotter: Snapshotter.Snapshotter) =>
  Effect.gen(function*() {
    const socket = yield* socketIn
    yield* Effect.provideService(SnapshotterServer.serve({ socket }), Snapshotter.Snapshotter, snapshotter)
    return yield* clientOf(socket, snapshots)
  })

const live = <A, E>(title: string, run: Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(run, NodeContext.layer))

const onFake = Effect.provide(start(), PloopFake.layer())

/** A snapshotter of which only some calls work. */
const only = (calls: Partial<Snapshotter.Snapshotter>): Snapshotter.Snapshotter =>
  new Proxy(calls as Snapshotter.Snapshotter, {
    get: (target, name) => Reflect.get(target, name) ?? (() => Effect.dieMessage("not this call"))
  })

const codeOf = (error: unknown) => Predicate.hasProperty(error, "code") ? grpc.status[Number(error.code)] : error

describe("the server", () => {
  live(
    "serves every call of containerd",
    Effect.gen(function*() {
      const client = yield* served(yield* onFake)
      const of = { snapshotter: "ploop" }
      const { mounts } = (yield* client.unary("Prepare", { ...of, key: "a/b c", labels: { l: "1" } })) as {
        mounts: Array<Snapshot.Mount>
      }
      assert.deepStrictEqual(mounts.map(({ options, type }) => [type, options]), [["ext4", ["rw", "noinit_itable"]]])
      assert.deepStrictEqual(yield* client.unary("Mounts", { ...of, key: "a/b c" }), { mounts })
      yield* client.unary("Commit", { ...of, key: "a/b c", name: "one", labels: { l: "2" } })
      yield* client.unary("View", { ...of, key: "v", parent: "one" })
      const { info } = (yield* client.unary("Update", {
        ...of,
        info: { name: "one", labels: { l: "3" } },
        update_mask: { paths: ["labels.l"] }
      })) as { info: Record<string, unknown> }
      assert.deepInclude(info, { name: "one", kind: "COMMITTED", labels: { l: "3" } })
      assert.deepStrictEqual(yield* client.unary("Stat", { ...of, key: "one" }), { info })
      const listed = (yield* client.stream("List", { ...of, filters: ["kind==committed"] })) as Array<
        { info: Array<unknown> }
      >
      assert.deepStrictEqual(listed.flatMap(({ info }) => info), [info])
      const usage = (yield* client.unary("Usage", { ...of, key: "one" })) as { size: { toString(): string } }
      assert.isAbove(Number(usage.size.toString()), 0)
      yield* client.unary("Cleanup", of)
      yield* client.unary("Remove", { ...of, key: "v" })
      yield* client.unary("Remove", { ...of, key: "one" })
      assert.deepStrictEqual(yield* client.stream("List", of), [])
    })
  )

  live(
    "has times to the nanosecond",
    Effect.gen(function*() {
      const info: Snapshot.Info = {
        name: "a",
        kind: "view",
        createdAt: 1_795_925_736_486_679_384n,
        updatedAt: 7n,
        labels: {}
      }
      const client = yield* served(only({ stat: () => Effect.succeed(info) }))
      const { info: { created_at, updated_at } } = (yield* client.unary("Stat", { key: "a" })) as {
        info: Record<"created_at" | "updated_at", { seconds: { toString(): string }; nanos: number }>
      }
      assert.deepStrictEqual([created_at.seconds.toString(), created_at.nanos], ["1795925736", 486_679_384])
      assert.deepStrictEqual([updated_at.seconds.toString(), updated_at.nanos], ["0", 7])
    })
  )

  live(
    "lists more snapshots than one message has",
    Effect.gen(function*() {
      const infos = Array.from({ length: 250 }, (_, index): Snapshot.Info => ({
        name: `${index}`,
        kind: "view",
        createdAt: 0n,
        updatedAt: 0n,
        labels: {}
      }))
      const client = yield* served(only({ list: () => Effect.succeed(infos) }))
      const messages = (yield* client.stream("List", {})) as Array<{ info: Array<{ name: string }> }>
      assert.deepStrictEqual(messages.map(({ info }) => info.length), [100, 100, 50])
      assert.deepStrictEqual(
        messages.flatMap(({ info }) => info.map(({ name }) => name)),
        infos.map(({ name }) => name)
      )
    })
  )

  live(
    "fails with the code that containerd expects, and with the message",
    Effect.gen(function*() {
      const errors: ReadonlyArray<[SnapshotterError.SnapshotterError, string]> = [
        [
          new StorageError.ArgumentInvalid({ argument: "key", value: "", rule: "must be there" }),
          "INVALID_ARGUMENT"
        ],
        [new SnapshotterError.SnapshotNotFound({ key: "a" }), "NOT_FOUND"],
        [new SnapshotterError.SnapshotExists({ key: "a" }), "ALREADY_EXISTS"],
        [new SnapshotterError.ParentNotCommitted({ parent: "p" }), "INVALID_ARGUMENT"],
        [new SnapshotterError.KindWrong({ key: "a", needs: "active" }), "FAILED_PRECONDITION"],
        [new SnapshotterError.NotRemovable({ key: "a", reason: "it is mounted" }), "FAILED_PRECONDITION"],
        [new StorageError.StorageFull({ reason: "no space" }), "RESOURCE_EXHAUSTED"],
        [new StorageError.HostUnready({ reason: "no driver" }), "UNAVAILABLE"],
        [new StorageError.DiskDamaged({ step: "mount", reason: "no image" }), "DATA_LOSS"],
        [new StorageError.StorageFailed({ step: "mount", reason: "no luck" }), "INTERNAL"]
      ]
      for (const [error, code] of errors) {
        const client = yield* served(only({ mounts: () => Effect.fail(error) }))
        const failure = yield* Effect.flip(client.unary("Mounts", { key: "a" }))
        assert.deepStrictEqual([codeOf(failure), failure.details], [code, error.message])
      }
    })
  )

  live(
    "fails a list with the code of its filter",
    Effect.gen(function*() {
      const client = yield* served(yield* onFake)
      assert.strictEqual(codeOf(yield* Effect.flip(client.stream("List", { filters: ["=="] }))), "INVALID_ARGUMENT")
    })
  )

  live(
    "reads a request as containerd does: what is absent is empty, and up to 16 MiB are one",
    Effect.gen(function*() {
      const client = yield* served(yield* onFake)
      for (const call of ["Mounts", "Remove", "Stat", "Usage", "Update"]) {
        const failure = yield* Effect.flip(client.unary(call, {}))
        assert.deepStrictEqual([codeOf(failure), failure.details], ["NOT_FOUND", "snapshot \"\" does not exist"])
      }
      assert.strictEqual(codeOf(yield* Effect.flip(client.unary("Prepare", {}))), "INVALID_ARGUMENT")
      const large = yield* Effect.flip(client.unary("Prepare", { key: "a", labels: { l: "l".repeat(15 << 20) } }))
      assert.include(large.details, "must not be longer than 4096 bytes")
    })
  )

  live(
    "shows no client what a defect is",
    Effect.gen(function*() {
      const client = yield* served(only({ mounts: () => Effect.dieMessage("secret") }))
      const failure = yield* Effect.flip(client.unary("Mounts", { key: "a" }))
      assert.strictEqual(codeOf(failure), "INTERNAL")
      assert.notInclude(failure.details, "secret")
    })
  )

  live(
    "interrupts a call that its client cancels",
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const client = yield* served(only({
        prepare: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
          )
      }))
      const call = yield* Effect.fork(client.unary("Prepare", { key: "a" }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(call)
      yield* Deferred.await(interrupted)
    })
  )

  live(
    "finishes the calls that run when it ends",
    Effect.gen(function*() {
      const socket = yield* socketIn
      const client = yield* clientOf(socket, snapshots)
      const begun = yield* Deferred.make<void>()
      const go = yield* Deferred.make<void>()
      const commit = () => Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go))
      const call = yield* Effect.scoped(Effect.gen(function*() {
        yield* Effect.provideService(SnapshotterServer.serve({ socket }), Snapshotter.Snapshotter, only({ commit }))
        const call = yield* Effect.fork(client.unary("Commit", { key: "a", name: "b" }))
        yield* Deferred.await(begun)
        yield* Effect.forkDaemon(Effect.zipRight(Effect.yieldNow(), Deferred.succeed(go, undefined)))
        return call
      }))
      assert.deepStrictEqual(yield* Fiber.join(call), {})
    })
  )

  live(
    "passes the health check",
    Effect.gen(function*() {
      const socket = yield* socketIn
      yield* Effect.provideService(SnapshotterServer.serve({ socket }), Snapshotter.Snapshotter, only({}))
      const client = yield* clientOf(socket, health)
      for (const service of ["", "containerd.services.snapshots.v1.Snapshots"]) {
        assert.deepStrictEqual(yield* client.unary("Check", { service }), { status: "SERVING" })
      }
      assert.strictEqual(codeOf(yield* Effect.flip(client.unary("Check", { service: "other" }))), "NOT_FOUND")
    })
  )

  live(
    "replaces a socket that nobody serves, and no other file",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const serve = (socket: string) =>
        Layer.build(SnapshotterServer.layer({ socket })).pipe(
          Effect.provideService(Snapshotter.Snapshotter, only({}))
        )
      const socket = yield* socketIn
      yield* Effect.scoped(serve(socket))
      yield* serve(socket)
      assert.include((yield* Effect.flip(serve(socket))).message, "another process serves it")
      const file = `${socket}.txt`
      yield* fs.writeFileString(file, "mine")
      assert.include((yield* Effect.flip(serve(file))).message, "a file that is not a socket is there")
      assert.strictEqual(yield* fs.readFileString(file), "mine")
      const link = `${socket}.link`
      yield* fs.symlink("/nowhere", link)
      assert.include((yield* Effect.flip(serve(link))).message, "a symbolic link is there")
      assert.strictEqual(yield* fs.readLink(link), "/nowhere")
      assert.strictEqual((yield* fs.stat(socket)).mode & 0o777, 0o600)
    })
  )
})
