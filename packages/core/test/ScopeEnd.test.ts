import { Ploop, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Cause, Clock, Effect, Exit, Fiber, Layer, Logger, TestClock } from "effect"

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

const failed = Effect.fail(new PloopError.UmountFailed(about))

describe("the end of a scope", () => {
  it.effect("unmounts the disk by its name: the device may be another disk's by now", () =>
    Effect.gen(function*() {
      const { of, service } = host(Effect.void)
      yield* Effect.provide(mounted, service)
      assert.deepStrictEqual(of("umount").map(([, request]) => request), [{
        disk,
        component: undefined,
        onlyIdle: false
      }])
    }))

  it.effect("tries a busy unmount eleven times, at intervals that grow to five seconds, and then fails", () =>
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
      assert.strictEqual(Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag, "Busy")
    }))

  it.effect("tries no other failed unmount again", () =>
    Effect.gen(function*() {
      const { of, service } = host(failed)
      const error = yield* Effect.flip(Effect.provide(mounted, service))
      assert.strictEqual(error._tag, "UmountFailed")
      assert.strictEqual(of("umount").length, 1)
    }))

  it.effect("is content with a disk that was unmounted meanwhile", () =>
    Effect.provide(mounted, host(Effect.fail(new PloopError.NotMounted(about))).service))

  it.effect("unmounts a temporary snapshot by its component, and then deletes it", () =>
    Effect.gen(function*() {
      const { calls, service } = host(Effect.void)
      yield* Effect.provide(snapshot, service)
      assert.deepStrictEqual(calls.slice(1).map(([name, request]) => [name, request]), [
        ["umount", { disk, component: "~bk", onlyIdle: false }],
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

  it.effect("hides nothing when the use and the release fail: the cause has both, that of the use first", () =>
    Effect.gen(function*() {
      const uses: ReadonlyArray<Effect.Effect<never, string | PloopError.PloopError, Ploop.Ploop>> = [
        Ploop.withMount({ disk }, () => Effect.fail("no")),
        Ploop.withTemporarySnapshot({ disk, component: "bk" }, () => Effect.fail("no"))
      ]
      for (const use of uses) {
        const cause = yield* Effect.sandbox(Effect.provide(use, host(failed).service)).pipe(Effect.flip)
        assert.deepStrictEqual(
          Array.from(Cause.failures(cause), (failure) => typeof failure === "string" ? failure : failure._tag),
          ["no", "UmountFailed"]
        )
      }
    }))

  it.effect("does not turn a defect or an interruption of the use into a success or a mere failure", () =>
    Effect.gen(function*() {
      for (const unmount of [Effect.void, failed]) {
        const run = (use: Effect.Effect<void>) =>
          Ploop.withMount({ disk }, () => use).pipe(
            Effect.provide(host(unmount).service),
            Effect.sandbox,
            Effect.flip
          )
        assert.isTrue(Cause.isDie(yield* run(Effect.die("bug"))))
        assert.isTrue(Cause.isInterrupted(yield* run(Effect.interrupt)))
      }
    }))

  it.effect("gives a failed deletion of the snapshot as an error", () =>
    Effect.gen(function*() {
      const other = new PloopError.Locked({ ...about, operation: "deleteSnapshot" })
      const error = yield* Effect.flip(Effect.provide(snapshot, host(Effect.void, Effect.fail(other)).service))
      assert.strictEqual(error._tag, "Locked")
    }))
})

describe("the end of a scope of its own, whose finalizers cannot fail", () => {
  type Make = (
    options?: Ploop.ScopedReleaseOptions<PloopError.PloopError>
  ) => Effect.Effect<unknown, PloopError.PloopError, Ploop.Ploop | Scope.Scope>

  const scoped: Record<string, Make> = {
    mountScoped: (options) => Ploop.mountScoped({ disk }, options),
    temporarySnapshotScoped: (options) => Ploop.temporarySnapshotScoped({ disk, component: "bk" }, options)
  }

  for (const [name, make] of Object.entries(scoped)) {
    it.effect(`${name} passes a failed release to the hook`, () =>
      Effect.gen(function*() {
        const seen: Array<string> = []
        const onReleaseFailure = (error: PloopError.PloopError) => Effect.sync(() => void seen.push(error._tag))
        yield* Effect.provide(Effect.scoped(make({ onReleaseFailure })), host(failed).service)
        assert.deepStrictEqual(seen, ["UmountFailed"])
      }))

    it.effect(`${name} logs it as an error without a hook`, () =>
      Effect.gen(function*() {
        const seen: Array<string> = []
        const logger = Logger.make(({ logLevel, message }) => void seen.push(`${logLevel.label} ${String(message)}`))
        yield* Effect.scoped(make()).pipe(
          Effect.provide(host(failed).service),
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
        assert.strictEqual(seen.length, 1)
        assert.match(seen[0] ?? "", /^ERROR .*DiskDescriptor.xml could not be released/)
      }))

    it.effect(`${name} ends with a defect where the hook says so`, () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(
          Effect.provide(Effect.scoped(make({ onReleaseFailure: Effect.die })), host(failed).service)
        )
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      }))
  }
})
