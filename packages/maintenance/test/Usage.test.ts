import type { Disk } from "@effect-ploop/core"
import { ByteSize, Ploop } from "@effect-ploop/core"
import { HostSpace, Prometheus, Usage } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  DateTime,
  Effect,
  Fiber,
  Metric,
  MetricBoundaries,
  Queue,
  Ref,
  Schedule,
  Stream,
  TestClock
} from "effect"
import * as fc from "effect/FastCheck"
import { fullAt, perDay } from "../src/internal/usage/growth.js"
import { diskOf, onFake } from "./utils.js"

const GiB = 2 ** 30

/** A host whose used space can be set. */
const spaceOf = Effect.gen(function*() {
  const used = yield* Ref.make(10)
  const service = {
    of: () =>
      Effect.map(Ref.get(used), (gibibytes) => ({ size: ByteSize.GiB(100), free: ByteSize.GiB(100 - gibibytes) }))
  }
  return { used, service }
})

const mounted = (name: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const disk = yield* diskOf(name)
    yield* ploop.mount({ disk, target: `/mnt/${name}` })
    return disk
  })

/** Readings an hour apart; before each but the first, `between` runs. */
const readings = (
  disks: ReadonlyArray<Disk.Disk>,
  count: number,
  between: (index: number) => Effect.Effect<void, unknown, FileSystem.FileSystem>,
  space: (typeof HostSpace.HostSpace)["Service"]
) =>
  Effect.gen(function*() {
    const queue = yield* Queue.unbounded<Usage.Reading>()
    const fiber = yield* Usage.stream({ disks, schedule: Schedule.spaced("1 hour") }).pipe(
      Stream.take(count),
      Stream.runForEach((reading) => Queue.offer(queue, reading)),
      Effect.provideService(HostSpace.HostSpace, space),
      Effect.fork
    )
    const found = [yield* Queue.take(queue)]
    for (let index = 1; index < count; index++) {
      yield* between(index)
      yield* TestClock.adjust("1 hour")
      found.push(yield* Queue.take(queue))
    }
    yield* Fiber.join(fiber)
    return found
  })

describe("the usage of disks", () => {
  onFake(
    "has the growth since the first reading, and when the disk and the host are full if it goes on like this",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { service, used } = yield* spaceOf
      const disk = yield* mounted("a")
      const grow = (index: number) =>
        Effect.zipRight(
          fs.writeFile(`/mnt/a/${index}`, new Uint8Array(4 * 2 ** 20).fill(1)),
          Ref.update(used, (before) => before + 1)
        )
      const [first, second, third] = yield* readings([disk], 3, grow, service)
      assert.deepStrictEqual([first!.disks[0]!.usedPerDay, first!.disks[0]!.fullAt], [undefined, undefined])
      for (const { disks, hosts } of [second!, third!]) {
        assert.closeTo(disks[0]!.usedPerDay!, 24 * 4 * 2 ** 20, 1)
        assert.isAtLeast(disks[0]!.imagesPerDay!, 24 * 4 * 2 ** 20)
        assert.closeTo(hosts[0]!.usedPerDay!, 24 * GiB, 1)
      }
      assert.strictEqual(DateTime.formatIso(third!.hosts[0]!.fullAt!), "1970-01-04T18:00:00.000Z")
    })
  )

  onFake(
    "is known of the images alone while a disk is not mounted, and goes on without a disk that is gone",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { service } = yield* spaceOf
      const [idle, gone] = [yield* diskOf("a"), yield* diskOf("b")]
      yield* ploop.remove({ disk: gone })
      const reading = yield* Effect.provideService(Usage.read([idle, gone]), HostSpace.HostSpace, service)
      assert.deepStrictEqual(reading.disks.map(({ disk, used }) => [disk, used]), [[idle, undefined]])
      assert.isAbove(Number(reading.disks[0]!.images), 0)
      assert.deepStrictEqual(reading.unread.map(({ disk }) => disk), [gone])
    })
  )

  onFake(
    "raises each alert once, and clears it once it is two percent below its limit",
    Effect.gen(function*() {
      const { service, used } = yield* spaceOf
      const disk = yield* mounted("a")
      const shares = [50, 95, 96, 89, 87, 95]
      const found = yield* readings([disk], shares.length, (index) => Ref.set(used, shares[index]!), service)
      const events = yield* Stream.fromIterable(found).pipe(
        Usage.alerts({ hostShare: 90, fullWithin: "1 minute" }),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        Chunk.toArray(events).map(({ at, kind, state }) => [DateTime.toEpochMillis(at) / 3_600_000, kind, state]),
        [[1, "filling", "raised"], [4, "filling", "cleared"], [5, "filling", "raised"]]
      )
    })
  )

  onFake(
    "raises an alert before a disk is full, and for one that cannot be read",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { service, used } = yield* spaceOf
      const [disk, other] = [yield* mounted("a"), yield* diskOf("b")]
      const found = yield* readings(
        [disk, other],
        2,
        () => Effect.zipRight(Ref.set(used, 11), ploop.remove({ disk: other })),
        service
      )
      const events = yield* Stream.fromIterable(found).pipe(Usage.alerts({ fullWithin: "4 days" }), Stream.runCollect)
      assert.deepStrictEqual(Chunk.toArray(events).map(({ kind, subject }) => [kind, subject]), [
        ["full-soon", "/vz/a"],
        ["unreadable", other]
      ])
    })
  )

  onFake(
    "names the field, the value and the rule of a policy that cannot be followed",
    Effect.gen(function*() {
      const error = yield* Effect.flip(Stream.runDrain(Usage.alerts({ diskShare: 0 })(Stream.empty)))
      assert.strictEqual(error.message, "diskShare is 0, but it must be a number of percent, up to 100")
    })
  )
})

describe("the metrics in the text format", () => {
  it.effect("have counters, gauges and histograms with their tags, each name once", () =>
    Effect.gen(function*() {
      const durations = Metric.histogram("test_durations", MetricBoundaries.linear({ start: 1, width: 1, count: 3 }))
      yield* Metric.increment(Metric.tagged(Metric.counter("test.counts", { description: "Counts." }), "of", "a\"b"))
      yield* Metric.set(Metric.gauge("test_gauge"), 1.5)
      yield* Metric.update(durations, 1.5)
      const text = yield* Prometheus.text
      assert.include(text, "# HELP test_counts Counts.\n# TYPE test_counts counter\ntest_counts{of=\"a\\\"b\"} 1\n")
      assert.include(text, "# TYPE test_gauge gauge\ntest_gauge 1.5\n")
      assert.include(text, "test_durations_bucket{le=\"1\"} 0\ntest_durations_bucket{le=\"2\"} 1\n")
      assert.include(text, "test_durations_bucket{le=\"+Inf\"} 1\ntest_durations_sum 1.5\ntest_durations_count 1\n")
    }))
})

describe("a growth", () => {
  const at = (hours: number) => DateTime.unsafeMake(hours * 3_600_000)

  it("is that of a line through the points, and the line reaches the size at the time that it names", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.integer({ min: 0, max: 1_000_000_000 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 20 }),
      (perHour, begin, hours) => {
        const sorted = hours.toSorted((one, other) => one - other)
        const points = sorted.map((hour) => ({ at: at(hour), bytes: BigInt(begin + hour * perHour) }))
        const rate = perDay(points)!
        assert.closeTo(rate, perHour * 24, perHour * 1e-6)
        const last = points.at(-1)!
        const size = last.bytes + BigInt(perHour * 10)
        const full = fullAt(last.at, last.bytes, size, rate)!
        assert.closeTo(full.epochMillis, last.at.epochMillis + 10 * 3_600_000, 1000)
      }
    ))
  })

  it("of one time, or of what shrinks, has no end", () => {
    assert.isUndefined(perDay([{ at: at(1), bytes: 1n }, { at: at(1), bytes: 5n }]))
    assert.isUndefined(fullAt(at(1), 1n, 2n, undefined))
    assert.isUndefined(fullAt(at(1), 1n, 2n, -1))
    assert.isUndefined(fullAt(at(1), 1n, 1n << 60n, 1))
  })
})
