import { FakeHost } from "@effect-ploop/backend-fake"
import { RemotePloop } from "@effect-ploop/backend-remote"
import { LowLevel, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schedule, Sink, Stream } from "effect"
import { layer, serving, socketPath } from "./utils/hosts.js"

const disk = "/vz/DiskDescriptor.xml"
const create = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.create({ image: "/vz/root.hdd", size: "10G" }))

const id = "98310601-b9ad-4a73-af30-2f538bb1b1cb"

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
      assert.deepStrictEqual(JSON.parse(JSON.stringify(error)), JSON.parse(JSON.stringify(busy)))
      assert.instanceOf(error.holders[0], PloopError.Holder)
      assert.strictEqual(error.message, busy.message)
    }).pipe(Effect.provide(layer())))

  it.live("has the low-level operations", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.flatMap(LowLevel.LowLevel, (low) => low.stop({ device: "/dev/ploop7" })))
      assert.strictEqual(error._tag, "DeviceNotFound")
    }).pipe(Effect.provide(layer())))

  it.live("interrupts the operation on the host when it is interrupted, and waits until it has ended", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const events: Array<string> = []
      const host = {
        resize: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => slowly(() => events.push("ended on the host")))
          )
      }
      const resize = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.resize({ disk, size: "20G" }))
      const fiber = yield* Effect.fork(Effect.provide(resize, serving(host)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      events.push("ended here")
      assert.deepStrictEqual(events, ["ended on the host", "ended here"])
    }))

  it.live("interrupts a query on the host when it is interrupted", () =>
    Effect.gen(function*() {
      const [begun, ended] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const host = {
        isMounted: () =>
          Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
            Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
          )
      }
      yield* Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fiber = yield* Effect.fork(ploop.isMounted({ disk }))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(serving(host)))
    }))

  it.live("returns the result of a change that had happened before its interruption, so that nothing is lost", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const released: Array<string> = []
      const host: Partial<Ploop.Ploop> = {
        mount: ({ disk, target }) =>
          Effect.uninterruptible(Effect.delay(Deferred.succeed(begun, undefined), "10 millis")).pipe(
            Effect.as({
              disk: disk as never,
              device: "/dev/ploop1" as never,
              target: target as never,
              readOnly: false
            }),
            Effect.uninterruptible
          ),
        umount: ({ disk }) => Effect.sync(() => void released.push(disk!))
      }
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.scoped(Ploop.mountScoped({ disk, target: "/mnt" })))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(released, [disk])
      }).pipe(Effect.provide(serving(host)))
    }))

  it.live("aborts an upload on the host when the sender fails, and waits until the host has cleaned up", () =>
    Effect.gen(function*() {
      const events: Array<string> = []
      const host: Partial<Ploop.Ploop> = {
        copyReceive: () => Sink.ensuring(Sink.drain, slowly(() => events.push("cleaned up on the host")))
      }
      const sent = Stream.concat(Stream.make(new Uint8Array(8)), Stream.fail("the sender broke"))
      const receive = Effect.flatMap(
        Ploop.Ploop,
        (ploop) => Stream.run(sent, ploop.copyReceive({ image: "/vz/copy.hdd" }))
      )
      assert.strictEqual(yield* Effect.flip(Effect.provide(receive, serving(host))), "the sender broke")
      events.push("ended here")
      assert.deepStrictEqual(events, ["cleaned up on the host", "ended here"])
    }))

  it.live("fails with ConnectionLost, and says that nothing has happened, while no server listens", () =>
    Effect.gen(function*() {
      const path = yield* socketPath
      const ploop = yield* Effect.provide(
        Ploop.Ploop,
        yield* Layer.build(RemotePloop.layer({ address: { path }, reconnect: Schedule.recurs(1) }))
      )
      const error = yield* Effect.flip(ploop.createSnapshot({ disk }))
      assert.instanceOf(error, PloopError.ConnectionLost)
      assert.isFalse(error.mayHaveHappened)
      assert.isTrue(error.isRetryable)
      assert.match(error.reason, /ENOENT/)
    }).pipe(Effect.scoped))
})

describe("a change", () => {
  it.live("with the same key happens once, and has the same outcome for all who ask", () => {
    let count = 0
    const host: Partial<Ploop.Ploop> = {
      createSnapshot: () => Effect.delay(Effect.sync(() => SnapshotId.make(`${id.slice(0, -1)}${count++}`)), "5 millis")
    }
    return Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const nightly = RemotePloop.withKey("nightly")(ploop.createSnapshot({ disk }))
      const [first, second] = yield* Effect.all([nightly, nightly], { concurrency: 2 })
      assert.strictEqual(first, second)
      assert.strictEqual(count, 1)
      const other = RemotePloop.withKey("nightly")(ploop.createSnapshot({ disk: "/vz/b.xml" }))
      const error = yield* Effect.flip(other)
      assert.instanceOf(error, PloopError.AccessRefused)
      assert.strictEqual(error.what, "key")
      yield* ploop.createSnapshot({ disk })
      assert.strictEqual(count, 2)
    }).pipe(Effect.provide(serving(host)))
  })
})
