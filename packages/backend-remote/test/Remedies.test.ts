import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Access, RemotePloop, RemoteServer } from "@effect-ploop/backend-remote"
import { Ploop, Remedy, SnapshotId } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, ExecutionStrategy, Exit, Fiber, Layer, Option, Schedule, Scope } from "effect"
import { socketPath } from "./utils/hosts.js"
import * as otherVersion from "./utils/otherVersion.js"
import * as Proxy from "./utils/proxy.js"

const { texts } = Remedy

const disk = "/vz/DiskDescriptor.xml"

const id = SnapshotId.make("98310601-b9ad-4a73-af30-2f538bb1b1cb")

/** A host in memory with a disk. Its server is started and stopped, each time with options of its own. */
const hosted = Effect.gen(function*() {
  const path = yield* socketPath
  const scope = yield* Effect.scope
  const host = yield* PloopFake.make()
  const local = Context.get(host, Ploop.Ploop)
  yield* local.create({ image: "/vz/root.hdd", size: "8M", fileSystem: "none" })
  const start = (options: Partial<RemoteServer.Options> = {}) =>
    Effect.gen(function*() {
      const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      const server = RemoteServer.layer({ listen: { path }, files: ["/"], grace: "20 millis", ...options })
      yield* Layer.buildWithScope(Layer.provide(server, Layer.succeedContext(host)), own)
      return Scope.close(own, Exit.void)
    })
  const client = (options: Partial<RemotePloop.Options> = {}) =>
    Effect.map(
      Layer.build(RemotePloop.layer({ address: { path }, reconnect: Schedule.stop, ...options })),
      (context) => Context.get(context, Ploop.Ploop)
    )
  return {
    path,
    start,
    client,
    local,
    fs: Context.get(host, FileSystem.FileSystem),
    control: Context.get(host, FakeHost.FakeHost)
  }
})

const remedied = <R>(call: Effect.Effect<unknown, PloopError.PloopError, R>, remedy: Remedy.Text) =>
  Effect.map(Effect.flip(call), (error) => {
    assert.strictEqual(error.remedy, remedy)
    return error
  })

const snapshot = (ploop: Ploop.Ploop) => ploop.createSnapshot({ disk, id })

/** The snapshots of the disk, whose images nothing has damaged. */
const inspected = (ploop: Ploop.Ploop) =>
  Effect.gen(function*() {
    const { nodes } = yield* ploop.listSnapshots({ disk })
    assert.isTrue(Option.isNone(yield* ploop.deviceOf({ disk })))
    for (const { file } of nodes) {
      assert.strictEqual((yield* ploop.check({ image: `/vz/${file}`, readOnly: true })).outcome, "clean")
    }
    return nodes.map((node) => node.id)
  })

describe("a remedy of a remote host, followed to the letter, works and loses nothing", () => {
  it.scopedLive("connection-lost-before", () =>
    Effect.gen(function*() {
      const { client, local, start } = yield* hosted
      const ploop = yield* client()
      const { isRetryable } = yield* remedied(snapshot(ploop), texts["connection-lost-before"]())
      assert.isTrue(isRetryable)
      yield* start()
      yield* snapshot(ploop)
      assert.include(yield* inspected(local), id)
    }))

  it.scopedLive("connection-lost", () =>
    Effect.gen(function*() {
      const { client, control, path, start } = yield* hosted
      yield* start()
      const proxy = yield* Proxy.make(`${path}.proxy`, path)
      const ploop = yield* client({ address: { path: proxy.address } })
      yield* ploop.tool
      yield* control.delay("createSnapshot", "1 hour")
      const lost = yield* Effect.fork(remedied(snapshot(ploop), texts["connection-lost"]()))
      const isBegun = Effect.map(
        control.calls,
        (calls) => calls.some(({ operation }) => operation === "createSnapshot")
      )
      yield* Effect.repeat(Effect.delay(isBegun, "2 millis"), { until: (begun) => begun })
      yield* proxy.cut
      assert.isFalse((yield* Fiber.join(lost)).isRetryable)
      if (!(yield* inspected(ploop)).includes(id)) yield* snapshot(ploop)
      assert.include(yield* inspected(ploop), id)
    }))

  it.scopedLive("limit-exceeded", () =>
    Effect.gen(function*() {
      const { client, control, start } = yield* hosted
      yield* start({ limits: { requests: 1 } })
      const ploop = yield* client()
      yield* control.delay("listSnapshots", "1 hour")
      const first = yield* Effect.fork(ploop.listSnapshots({ disk }))
      const isBegun = Effect.map(control.calls, (calls) => calls.some(({ operation }) => operation === "listSnapshots"))
      yield* Effect.repeat(Effect.delay(isBegun, "2 millis"), { until: (begun) => begun })
      const { isRetryable } = yield* remedied(snapshot(ploop), texts["limit-exceeded"]())
      assert.isTrue(isRetryable)
      yield* Fiber.interrupt(first)
      // The host may still be ending that request.
      yield* Effect.retry(snapshot(ploop), {
        schedule: Schedule.spaced("5 millis"),
        while: ({ isRetryable }) => isRetryable
      })
      assert.include(yield* inspected(ploop), id)
    }))

  it.scopedLive("limit-exceeded-bytes", () =>
    Effect.gen(function*() {
      const { client, fs, local, start } = yield* hosted
      const directory = `/vz${`/${"d".repeat(200)}`.repeat(15)}`
      yield* fs.makeDirectory(directory, { recursive: true })
      const { disk } = yield* local.create({ image: `${directory}/root.hdd`, size: "8M", fileSystem: "none" })
      const call = (ploop: Ploop.Ploop) => ploop.createSnapshot({ disk, id })
      const stop = yield* start({ limits: { bytes: 2048 } })
      yield* remedied(Effect.flatMap(client(), call), texts["limit-exceeded-bytes"]())
      yield* stop
      yield* start()
      assert.strictEqual(yield* Effect.flatMap(client(), call), id)
    }))

  it.scopedLive("access-refused", () =>
    Effect.gen(function*() {
      const { client, start } = yield* hosted
      const [narrow, wide] = [
        yield* Access.issue({ name: "reports", operations: ["listSnapshots"] }),
        yield* Access.issue({ name: "backups", directories: ["/vz"] })
      ]
      yield* start({ tokens: [narrow.entry, wide.entry] })
      yield* remedied(Effect.flatMap(client({ token: narrow.token }), snapshot), texts["access-refused"]())
      const ploop = yield* client({ token: wide.token })
      yield* snapshot(ploop)
      assert.include(yield* inspected(ploop), id)
    }))

  it.scopedLive("protocol-mismatch", () =>
    Effect.gen(function*() {
      const { client, path, start } = yield* hosted
      const versions = { client: 1, server: 99 }
      yield* Effect.scoped(Effect.gen(function*() {
        yield* otherVersion.serve(path, versions.server)
        yield* remedied(Effect.flatMap(client(), snapshot), texts["protocol-mismatch"](versions))
      }))
      yield* start()
      const ploop = yield* client()
      yield* snapshot(ploop)
      assert.include(yield* inspected(ploop), id)
    }))
})
