import * as Cron from "effect/Cron"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import * as MaintenanceError from "../../MaintenanceError.js"

interface Given<E, R> {
  readonly name: string
  readonly cron: string | Cron.Cron
  readonly timeZone?: string | undefined
  readonly jitter?: Duration.DurationInput | undefined
  readonly overlap?: "skip" | "wait" | undefined
  readonly missed?: "once" | "skip" | undefined
  readonly retry?: Schedule.Schedule<unknown, E> | undefined
  readonly run: Effect.Effect<unknown, E, R>
}

/** A job with its defaults, whose times are known to come. */
export interface Checked<E, R> {
  readonly name: string
  readonly cron: Cron.Cron
  readonly jitter: Duration.Duration
  readonly overlap: "skip" | "wait"
  readonly missed: "once" | "skip"
  readonly run: Effect.Effect<unknown, E, R>
}

const invalid = (field: string, value: string, rule: string) =>
  new MaintenanceError.PolicyInvalid({ field, value, rule })

const zoneOf = (name: string) =>
  Effect.mapError(
    DateTime.zoneFromString(name),
    () => invalid("timeZone", name, "must be the name of a time zone, as in Europe/Berlin")
  )

const parse = (cron: string, timeZone: string) =>
  Effect.gen(function*() {
    const zone = yield* zoneOf(timeZone)
    const parsed = Cron.parse(cron, zone)
    return Either.isLeft(parsed)
      ? yield* invalid("cron", cron, `must be a cron expression: ${parsed.left.message}`)
      : parsed.right
  })

/** An expression can name a day that no month has. */
const comes = (cron: Cron.Cron, text: string) =>
  Effect.flatMap(DateTime.now, (now) =>
    Effect.try({
      try: () => Cron.next(cron, now),
      catch: () => invalid("cron", text, "must name a time that comes")
    }))

export const checked = <E, R>(
  job: Given<E, R>
): Effect.Effect<Checked<E, R>, MaintenanceError.PolicyInvalid> =>
  Effect.gen(function*() {
    const cron = typeof job.cron === "string" ? yield* parse(job.cron, job.timeZone ?? "UTC") : job.cron
    yield* comes(cron, typeof job.cron === "string" ? job.cron : "a Cron")
    const jitter = Duration.decodeUnknown(job.jitter ?? 0)
    if (Option.isNone(jitter)) {
      return yield* invalid("jitter", `${job.jitter}`, "must be a number and a unit, as in 5 minutes")
    }
    return {
      name: job.name,
      cron,
      jitter: jitter.value,
      overlap: job.overlap ?? "skip",
      missed: job.missed ?? "once",
      run: job.retry === undefined ? job.run : Effect.retry(job.run, job.retry)
    }
  })
