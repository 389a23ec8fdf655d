import { Ploop, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, TestClock } from "effect"

const disk = "/vz/DiskDescriptor.xml"
const id = "{aaaaaaaa-0000-4000-8000-00000000000a}"
const about = { operation: "umount", subject: disk, text: "" } as const

type Call = readonly [operation: string, request: Record<string, unknown>, time: number]

/** A host on which an unmount ends so, with every call and when it came. */
const host = (
  unmount: Effect.Effect<void, PloopError.PloopError>,
  remove: Effect.Effect<unknown, PloopError.PloopError> = Effect.void
) => {
  const calls: Array<Call> = []
  const run = (operation: string, result: Effect.Effect<unknown, PloopError.PloopError>) => (request: object) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      calls.push([operation, { ...request }, now])
      return result
    })
  const backend = {
    mount: run("mount", Effect.succeed({ device: "/dev/ploop1", disk, readOnly: false })),
    umount: run("umount", unmount),
    createTemporarySnapshot: run(
      "createTemporarySnapshot",
      Effect.succeed({ device: "/dev/ploop2", disk, id, component: "~bk" })
    ),
    deleteSnapshot: run("deleteSnapshot", remove)
  }
  // Nothing else is called.
  const service = Layer.succeed(Ploop.Ploop, Ploop.make(backend as unknown as Ploop.Backend))
  return { calls, of: (operation: string) => calls.filter(([name]) => name === operation), service }
}

const mounted = Ploop.withMount({ disk }, () => Effect.void)

const snapshot = Ploop.withTemporarySnapshot({ disk, component: "bk" }, () => Effect.void)

const busy = Effect.fail(new PloopError.Busy({ ...about, holders: [] }))

describe("the end of a scope", () => {
  it.effect("unmounts the disk by its name: the device may be another disk's by now", () =>
    Effect.gen(function*() {
      const { of, service } = host(Effect.void)
      yield* Effect.provide(mounted, service)
      assert.deepStrictEqual(of("umount").map(([, request]) => request), [{ disk, component: undefined }])
    }))

  it.effect("tries a busy unmount eleven times, at intervals that grow to five seconds, and then is a defect", () =>
    Effect.gen(function*() {
      const { of, service } = host(busy)
      const fiber = yield* Effect.fork(Effect.exit(Effect.provide(mounted, service)))
      yield* TestClock.adjust("1 hour")
      const times = of("umount").map(([, , time]) => time)
      assert.deepStrictEqual(
        times.slice(1).map((time, index) => time - times[index]!),
        [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]
      )
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
    }))

  it.effect("tries no other failed unmount again", () =>
    Effect.gen(function*() {
      const { of, service } = host(Effect.fail(new PloopError.UmountFailed(about)))
      const exit = yield* Effect.exit(Effect.provide(mounted, service))
      assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.strictEqual(of("umount").length, 1)
    }))

  it.effect("is content with a disk that was unmounted meanwhile", () =>
    Effect.provide(mounted, host(Effect.fail(new PloopError.NotMounted(about))).service))

  it.effect("unmounts a temporary snapshot by its component, and then deletes it", () =>
    Effect.gen(function*() {
      const { calls, service } = host(Effect.void)
      yield* Effect.provide(snapshot, service)
      assert.deepStrictEqual(calls.slice(1).map(([name, request]) => [name, request]), [
        ["umount", { disk, component: "~bk" }],
        ["deleteSnapshot", { disk, id }]
      ])
    }))

  it.effect("is content with a temporary snapshot that was merged meanwhile, and with nothing else", () =>
    Effect.gen(function*() {
      const failing = (error: PloopError.PloopError) =>
        Effect.exit(Effect.provide(snapshot, host(Effect.void, Effect.fail(error)).service))
      const gone = new PloopError.SnapshotNotFound({ ...about, operation: "deleteSnapshot", id })
      const other = new PloopError.Locked({ ...about, operation: "deleteSnapshot" })
      assert.isTrue(Exit.isSuccess(yield* failing(gone)))
      assert.isTrue(Exit.isFailure(yield* failing(other)))
    }))
})
