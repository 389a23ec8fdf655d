import { Ploop, Progress } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Ref, Sink, Stream, TestClock } from "effect"

const file = "/backup/101.raw"
const disk = "/vz/101/DiskDescriptor.xml"

/** A service whose export does what the test says. */
const exporting = (run: Effect.Effect<unknown>): Ploop.Ploop =>
  Ploop.make({
    exportImage: () => run,
    copySend: () => Stream.make(new Uint8Array(3), new Uint8Array(4)),
    copyReceive: () => Sink.drain
    // Only these are called.
  } as never)

/** Runs an effect, and returns what its listener got. */
const heard = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const all = yield* Ref.make<ReadonlyArray<Progress.Progress>>([])
    yield* Effect.exit(Progress.onProgress(effect, (progress) => Ref.update(all, (before) => [...before, progress])))
    return yield* all
  })

const counts = (reports: ReadonlyArray<Progress.Progress>) =>
  reports.map(({ done, finished, total }) => [done, total, finished])

const work = (options: { readonly done: Effect.Effect<bigint, unknown>; readonly total?: bigint }) =>
  exporting(
    Effect.sleep("1900 millis").pipe(Progress.track({
      done: options.done,
      total: Effect.fromNullable(options.total)
    }))
  ).exportImage({ disk, file })

/** The reports of two seconds of work. */
const during = (options: Parameters<typeof work>[0]) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(heard(work(options)))
    yield* TestClock.adjust("2 seconds")
    return counts(yield* Fiber.join(fiber))
  })

describe("an operation that can take minutes", () => {
  it.effect("reports its beginning and its end, with its name and subject", () =>
    Effect.gen(function*() {
      const reports = yield* heard(exporting(Effect.succeed({})).exportImage({ disk, file }))
      const shared = { operation: "exportImage", subject: disk, done: 0n, total: undefined } as const
      assert.deepStrictEqual(reports, [{ ...shared, finished: false }, { ...shared, finished: true }])
    }))

  it.effect("reports no end when it fails, and nothing when its options are refused", () =>
    Effect.gen(function*() {
      const failing = exporting(Effect.die("broken"))
      assert.deepStrictEqual(counts(yield* heard(failing.exportImage({ disk, file }))), [[0n, undefined, false]])
      assert.deepStrictEqual(yield* heard(failing.exportImage({ disk, file: "" })), [])
    }))

  it.effect("reports what its backend tracks, twice a second", () =>
    Effect.gen(function*() {
      let bytes = 0n
      const reports = yield* during({ done: Effect.sync(() => bytes += 10n), total: 100n })
      assert.deepStrictEqual(reports, [
        [0n, undefined, false],
        [0n, 100n, false],
        [10n, 100n, false],
        [20n, 100n, false],
        [30n, 100n, false],
        [100n, 100n, true]
      ])
    }))

  it.effect("never reports less than before, more than there is, or the same again", () =>
    Effect.gen(function*() {
      const readings = [60n, 40n, 700n, 100n]
      const reports = yield* during({ done: Effect.sync(() => readings.shift() ?? 0n), total: 100n })
      assert.deepStrictEqual(reports.slice(2), [[60n, 100n, false], [100n, 100n, false], [100n, 100n, true]])
    }))

  it.effect("never goes back to a total that is less than what is done", () =>
    Effect.gen(function*() {
      const reports = yield* during({ done: Effect.succeed(0n), total: -5n })
      assert.deepStrictEqual(reports, [[0n, undefined, false], [0n, 0n, false], [0n, 0n, true]])
    }))

  it.effect("goes on when nobody knows how far it is", () =>
    Effect.gen(function*() {
      const reports = yield* during({ done: Effect.fail("unknown") })
      assert.deepStrictEqual(reports, [[0n, undefined, false], [0n, undefined, true]])
    }))

  it.effect("reads no more numbers when it has ended, also where it cannot be interrupted", () =>
    Effect.gen(function*() {
      const all = heard(Effect.uninterruptible(work({ done: Effect.succeed(10n), total: 100n })))
      const fiber = yield* Effect.forkDaemon(all)
      yield* TestClock.adjust("2 seconds")
      yield* Effect.repeatN(Effect.yieldNow(), 20)
      const exit = yield* Fiber.poll(fiber)
      assert.isTrue(Option.isSome(exit))
    }))

  it.effect("is not harmed by a listener that fails", () =>
    Effect.gen(function*() {
      const run = exporting(Effect.succeed("exported")).exportImage({ disk, file })
      const throwing = (): never => {
        throw new Error("broken")
      }
      for (const listener of [() => Effect.die("broken"), throwing]) {
        const result: unknown = yield* Progress.onProgress(run, listener)
        assert.strictEqual(result, "exported")
      }
    }))

  it.effect("reads no numbers when nobody listens", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(work({ done: Effect.die("read"), total: 1n }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(fiber)
    }))
})

describe("a copy", () => {
  it.effect("reports the bytes that pass", () =>
    Effect.gen(function*() {
      const ploop = exporting(Effect.void)
      const stream = ploop.copySend({ device: "/dev/ploop7" })
      const sent = yield* heard(Stream.runDrain(stream))
      assert.deepStrictEqual(counts(sent).at(-1), [7n, undefined, true])
      const received = yield* heard(Stream.run(stream, ploop.copyReceive({ image: "/vz/new/root.hdd" })))
      const last = received.filter(({ operation }) => operation === "copyReceive")
      assert.deepStrictEqual(counts(last).at(-1), [7n, undefined, true])
    }))
})

describe("a report", () => {
  const progress = {
    operation: "convert",
    subject: "/vz/a",
    done: 1n << 30n,
    total: 4n << 30n,
    finished: false
  } as const

  it("is a line with its share, and without where nobody knows it", () => {
    assert.strictEqual(Progress.format(progress), "convert /vz/a: 25%, 1 GiB of 4 GiB")
    const unknown = { ...progress, total: undefined }
    assert.strictEqual(Progress.format(unknown), "convert /vz/a: 1 GiB")
    assert.strictEqual(Progress.format({ ...unknown, finished: true }), "convert /vz/a: 1 GiB, done")
    assert.strictEqual(Progress.format({ ...unknown, done: 0n }), "convert /vz/a: running")
    assert.strictEqual(Progress.format({ ...unknown, done: 0n, finished: true }), "convert /vz/a: done")
  })

  it("is a bar of a width", () => {
    assert.strictEqual(Progress.bar(progress, 15), "[##......]  25%")
    assert.strictEqual(Progress.bar({ ...progress, done: 4n << 30n, finished: true }, 15), "[########] 100%")
    assert.strictEqual(Progress.bar({ ...progress, total: undefined }, 15), "[........]   ? ")
  })
})
