import { Job, JobHistory } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Fiber, Logger, Option, Ref, Schedule, TestClock } from "effect"
import { onFake } from "./utils.js"

const history = Effect.flatMap(JobHistory.JobHistory, ({ of }) => of("test"))

/** When the runs were due and began, in minutes, and their outcomes. */
const told = Effect.map(
  history,
  (runs) =>
    runs.map(({ beganAt, dueAt, outcome }) =>
      `${DateTime.toEpochMillis(dueAt) / 60_000} ${DateTime.toEpochMillis(beganAt) / 60_000} ${outcome}`
    )
)

const started = <E, R>(job: Omit<Job.Job<E, R>, "name" | "cron">) =>
  Effect.tap(Effect.fork(Job.run({ name: "test", cron: "*/10 * * * *", ...job })), () => Effect.yieldNow())

const withHistory = (title: string, test: Effect.Effect<void, unknown, JobHistory.JobHistory>) =>
  it.effect(title, () => Effect.provide(test, JobHistory.layerMemory))

describe("a job", () => {
  withHistory(
    "runs whenever it is due, also after a failure, and its history has the outcomes",
    Effect.gen(function*() {
      const count = yield* Ref.make(0)
      const run = Effect.flatMap(
        Ref.updateAndGet(count, (before) => before + 1),
        (now) => now === 2 ? Effect.fail(new Error("no space")) : Effect.void
      )
      yield* started({ run })
      yield* TestClock.adjust("35 minutes")
      assert.deepStrictEqual(yield* told, ["10 10 succeeded", "20 20 failed", "30 30 succeeded"])
      assert.include((yield* history)[1]!.message, "no space")
    })
  )

  withHistory(
    "that is due while it runs is skipped",
    Effect.gen(function*() {
      yield* started({ run: Effect.sleep("15 minutes") })
      yield* TestClock.adjust("46 minutes")
      assert.deepStrictEqual(yield* told, ["10 10 succeeded", "20 25 skipped", "30 30 succeeded", "40 45 skipped"])
    })
  )

  withHistory(
    "that is to wait runs once right after, however often it was due",
    Effect.gen(function*() {
      yield* started({ run: Effect.sleep("25 minutes"), overlap: "wait" })
      yield* TestClock.adjust("61 minutes")
      assert.deepStrictEqual(yield* told, ["10 10 succeeded", "30 35 succeeded"])
    })
  )

  withHistory(
    "begins later by a random part of its jitter",
    Effect.gen(function*() {
      yield* started({ run: Effect.void, jitter: "5 minutes" })
      yield* TestClock.adjust("1 hour")
      const late = (yield* history).map(({ beganAt, dueAt }) =>
        Duration.toMinutes(DateTime.distanceDuration(dueAt, beganAt))
      )
      assert.isTrue(late.every((minutes) => minutes >= 0 && minutes <= 5), late.join())
      assert.isAbove(new Set(late).size, 1)
    })
  )

  for (const [missed, expected] of [["once", "50 55 succeeded"], ["skip", "50 55 missed"]] as const) {
    withHistory(
      `that was missed while nothing ran it is ${missed === "once" ? "run once at the start" : "left out"}`,
      Effect.gen(function*() {
        const fiber = yield* started({ run: Effect.void })
        yield* TestClock.adjust("11 minutes")
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("44 minutes")
        yield* started({ run: Effect.void, missed })
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(yield* told, ["10 10 succeeded", expected, "60 60 succeeded"])
      })
    )
  }

  withHistory(
    "that is interrupted ends at once, and neither its history nor its log calls that a failure",
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      const fiber = yield* started({ run: Effect.never }).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      yield* TestClock.adjust("11 minutes")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* told, ["10 10 interrupted"])
      assert.deepStrictEqual(lines, ["INFO the job test was interrupted"])
    })
  )

  withHistory(
    "is tried again as its schedule says, within one run",
    Effect.gen(function*() {
      const count = yield* Ref.make(0)
      const run = Effect.flatMap(
        Ref.updateAndGet(count, (before) => before + 1),
        (now) => now < 3 ? Effect.fail("not yet") : Effect.void
      )
      yield* started({ run, retry: Schedule.spaced("1 minute") })
      yield* TestClock.adjust("15 minutes")
      assert.deepStrictEqual(yield* told, ["10 10 succeeded"])
    })
  )

  withHistory(
    "is due by the clock of its time zone, across the change to summer time",
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.parse("2026-03-28T00:00:00Z"))
      yield* Effect.fork(Job.run({ name: "test", cron: "30 4 * * *", timeZone: "Europe/Berlin", run: Effect.void }))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual((yield* history).map(({ dueAt }) => DateTime.formatIso(dueAt)), [
        "2026-03-28T03:30:00.000Z",
        "2026-03-29T02:30:00.000Z"
      ])
    })
  )

  for (
    const [job, message] of [
      [{ cron: "61 * * * *" }, "cron is 61 * * * *, but it must be a cron expression"],
      [{ cron: "0 0 30 2 *" }, "cron is 0 0 30 2 *, but it must name a time that comes"],
      [
        { cron: "0 0 * * *", timeZone: "Mars" },
        "timeZone is Mars, but it must be the name of a time zone, as in Europe/Berlin"
      ]
    ] as const
  ) {
    withHistory(
      `names the field, the value and the rule: ${message}`,
      Effect.gen(function*() {
        const error = yield* Effect.flip(Job.run({ name: "test", run: Effect.void, ...job }))
        assert.include(error.message, message)
      })
    )
  }
})

describe("a history in a file", () => {
  const run = (at: number) =>
    new JobHistory.Run({
      job: at % 2 === 0 ? "even" : "odd",
      dueAt: DateTime.unsafeMake(at),
      beganAt: DateTime.unsafeMake(at),
      endedAt: DateTime.unsafeMake(at),
      outcome: "succeeded"
    })

  onFake(
    "survives the process and a half-written line, and keeps the newest runs",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = "/vz/history.jsonl"
      const inProcess = <A, E>(use: Effect.Effect<A, E, JobHistory.JobHistory>) =>
        Effect.provide(use, JobHistory.layerFile({ path, keep: 4 }))
      const add = (at: number) => inProcess(Effect.flatMap(JobHistory.JobHistory, (runs) => runs.add(run(at))))
      const of = (job: string) =>
        inProcess(Effect.flatMap(JobHistory.JobHistory, (runs) => runs.of(job))).pipe(
          Effect.map((all) => all.map(({ dueAt }) => DateTime.toEpochMillis(dueAt)))
        )
      assert.isTrue(Option.isNone(yield* inProcess(Effect.flatMap(JobHistory.JobHistory, ({ last }) => last("odd")))))
      yield* Effect.forEach([1, 2, 3], add)
      yield* fs.writeFileString(path, "\n{\"job\":\"odd\",\"du", { flag: "a" })
      yield* add(5)
      assert.deepStrictEqual([yield* of("odd"), yield* of("even")], [[1, 3, 5], [2]])
      yield* Effect.forEach([6, 7, 8, 9], add)
      assert.deepStrictEqual([yield* of("odd"), yield* of("even")], [[7, 9], [6, 8]])
    })
  )

  onFake(
    "is there, with its directory, before the first run; one that cannot be written fails at the start",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const start = (path: string) => Effect.provide(Effect.void, JobHistory.layerFile({ path }))
      yield* start("/var/lib/backup/history.jsonl")
      assert.deepStrictEqual(yield* fs.readDirectory("/var/lib/backup"), ["history.jsonl"])
      const error = yield* Effect.flip(start("/var/lib/backup"))
      assert.include(error.message, "/var/lib/backup")
    })
  )
})
