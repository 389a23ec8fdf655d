import * as Cause from "effect/Cause"
import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { JobHistory, Run } from "../../JobHistory.js"
import type { Checked } from "./options.js"

const runs = Metric.counter("ploop_job_runs", { description: "Runs of maintenance jobs." })

const after = (cron: Cron.Cron, at: DateTime.Utc): DateTime.Utc => DateTime.unsafeFromDate(Cron.next(cron, at))

/** The last time that a job was due until now. */
const latest = (cron: Cron.Cron, now: DateTime.Utc): DateTime.Utc =>
  DateTime.unsafeFromDate(Cron.prev(cron, DateTime.add(now, { seconds: 1 })))

type Ended = Pick<Run, "outcome" | "message">

const ended = (exit: Exit.Exit<unknown, unknown>): Ended =>
  Exit.match(exit, {
    onSuccess: () => ({ outcome: "succeeded" }),
    onFailure: (cause) => ({
      outcome: Cause.isInterrupted(cause) ? "interrupted" : "failed",
      message: Cause.pretty(cause).split("\n")[0] ?? ""
    })
  })

/** What the history cannot keep is logged: the disks need their maintenance all the same. */
const record = (run: Run) =>
  Effect.gen(function*() {
    const history = yield* JobHistory
    yield* Metric.increment(Metric.tagged(Metric.tagged(runs, "job", run.job), "outcome", run.outcome))
    yield* Effect.catchAll(history.add(run), (error) =>
      Effect.logError(`the history of ${run.job} cannot be kept`, error))
  })

const recordNow = (job: string, dueAt: DateTime.Utc, beganAt: DateTime.Utc, end: Ended) =>
  Effect.flatMap(DateTime.now, (endedAt) =>
    record(
      new Run({
        job,
        dueAt,
        beganAt,
        endedAt,
        outcome: end.outcome,
        ...(end.message !== undefined && { message: end.message })
      })
    ))

/** A run that was ended from outside, as when the service stops, has not failed. */
const logged = (name: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Cause.isInterruptedOnly(cause)
    ? Effect.logInfo(`the job ${name} was interrupted`)
    : Effect.logError(`the job ${name} has failed`, cause)

const runOnce = <E, R>({ name, run }: Checked<E, R>, dueAt: DateTime.Utc) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const beganAt = yield* DateTime.now
      const exit = yield* Effect.exit(restore(run))
      if (Exit.isFailure(exit)) yield* logged(name, exit.cause)
      yield* recordNow(name, dueAt, beganAt, ended(exit))
      // The fiber is interrupted itself then: it ends here.
      if (Exit.isInterrupted(exit)) yield* restore(Effect.void)
    })
  )

const passOver = ({ name }: Checked<unknown, unknown>, dueAt: DateTime.Utc, outcome: "missed" | "skipped") =>
  Effect.flatMap(DateTime.now, (now) => recordNow(name, dueAt, now, { outcome }))

/** Sleeps until a job is due, and a random part of its jitter longer. */
const awaitDue = (due: DateTime.Utc, jitter: Duration.Duration) =>
  Effect.gen(function*() {
    const longest = Duration.toMillis(jitter)
    const extra = longest === 0 ? 0 : yield* Random.nextIntBetween(0, longest + 1)
    const now = yield* DateTime.now
    yield* Effect.sleep(Duration.sum(DateTime.distanceDuration(now, due), Duration.millis(extra)))
  })

/** Does what is due after `last`, and returns when that was due. */
const next = <E, R>(job: Checked<E, R>, last: DateTime.Utc, isStart: boolean) =>
  Effect.gen(function*() {
    const now = yield* DateTime.now
    const due = after(job.cron, last)
    if (DateTime.greaterThan(due, now)) {
      yield* awaitDue(due, job.jitter)
      yield* runOnce(job, due)
      return due
    }
    const missed = latest(job.cron, now)
    const runsNow = isStart ? job.missed === "once" : job.overlap === "wait"
    yield* runsNow ? runOnce(job, missed) : passOver(job, missed, isStart ? "missed" : "skipped")
    return missed
  })

/** Runs a job whenever it is due. What it was due for last is in the history, or it begins now. */
export const loop = <E, R>(job: Checked<E, R>): Effect.Effect<never, never, R | JobHistory> =>
  Effect.gen(function*() {
    const history = yield* JobHistory
    const before = yield* Effect.catchAll(history.last(job.name), (error) =>
      Effect.as(Effect.logError(`the history of ${job.name} cannot be read`, error), Option.none<Run>()))
    const begin = Option.match(before, {
      onNone: () =>
        DateTime.now,
      onSome: ({ dueAt }) => Effect.succeed(dueAt)
    })
    let last = yield* begin
    for (let isStart = true;; isStart = false) last = yield* next(job, last, isStart)
  })
