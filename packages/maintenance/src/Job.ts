/**
 * Maintenance at set times: when a job runs, what happens when a run takes too long or
 * was missed, and the outcomes of the runs.
 *
 * @example
 * import { Job, JobHistory, Plan, Retention } from "@effect-ploop/maintenance"
 * import { Effect } from "effect"
 *
 * const thinOut = Job.make({
 *   name: "retention of 101",
 *   cron: "30 2 * * *",
 *   timeZone: "Europe/Berlin",
 *   jitter: "10 minutes",
 *   run: Effect.flatMap(
 *     Retention.plan({ disk: "/vz/101/DiskDescriptor.xml", policy: { daily: 7 } }),
 *     (plan) => Plan.apply(plan)
 *   )
 * })
 *
 * const service = Job.runAll([thinOut]).pipe(
 *   Effect.provide(JobHistory.layerFile({ path: "/var/lib/maintenance/history.jsonl" }))
 * )
 *
 * @since 0.2.0
 */
import type * as Cron from "effect/Cron"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as looping from "./internal/job/loop.js"
import { checked } from "./internal/job/options.js"
import type { JobHistory } from "./JobHistory.js"
import type * as MaintenanceError from "./MaintenanceError.js"

/**
 * Something to run at set times.
 *
 * @since 0.2.0
 * @category models
 */
export interface Job<E, R> {
  /** Its name in the history. Each job of one history has another one. */
  readonly name: string
  /** When it is due: a cron expression, as in `"30 2 * * *"`, or a `Cron`. */
  readonly cron: string | Cron.Cron
  /** Whose clock the expression is for, as in `Europe/Berlin`. Default: `UTC`. A `Cron` has its own. */
  readonly timeZone?: string | undefined
  /** How much later than it is due it may begin, at random, so that not everything begins at once. Default: 0. */
  readonly jitter?: Duration.DurationInput | undefined
  /**
   * What happens when it is due while it is still running. `skip`: it runs again when it is due the next time.
   * `wait`: it runs once more right after. Default: `skip`.
   */
  readonly overlap?: "skip" | "wait" | undefined
  /**
   * What happens when it was due while nothing was there to run it. `once`: it runs at once, however often it was
   * due. `skip`: it runs when it is due the next time. The history has the run as `missed` then. Default: `once`.
   */
  readonly missed?: "once" | "skip" | undefined
  /** When to try again after a failure, within one run. Default: not at all. */
  readonly retry?: Schedule.Schedule<unknown, E> | undefined
  /** What to do. */
  readonly run: Effect.Effect<unknown, E, R>
}

/**
 * A job; it only fixes the types.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = <E, R>(job: Job<E, R>): Job<E, R> => job

/**
 * Runs a job whenever it is due, without an end. A run that fails is in the history,
 * and does not keep the job from its next run. An interruption interrupts the run.
 *
 * @since 0.2.0
 * @category execution
 */
export const run = <E, R>(
  job: Job<E, R>
): Effect.Effect<never, MaintenanceError.PolicyInvalid, R | JobHistory> =>
  Effect.flatMap(checked(job), looping.loop).pipe(Effect.withSpan("Job.run", { attributes: { job: job.name } }))

/**
 * Runs several jobs at the same time, each whenever it is due. Jobs that load the same
 * file system of the host wait for each other, as all plans of a process do.
 *
 * @since 0.2.0
 * @category execution
 */
export const runAll = <E, R>(
  jobs: ReadonlyArray<Job<E, R>>
): Effect.Effect<never, MaintenanceError.PolicyInvalid, R | JobHistory> =>
  Effect.forEach(jobs, checked).pipe(
    Effect.flatMap((all) => Effect.forEach(all, looping.loop, { concurrency: "unbounded", discard: true })),
    Effect.zipRight(Effect.never)
  )
