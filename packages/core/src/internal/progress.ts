import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as Option from "effect/Option"

/** How far an operation is; the public module documents it. */
export interface Report {
  readonly operation: string
  readonly subject: string
  readonly done: bigint
  readonly total: bigint | undefined
  readonly finished: boolean
}

export type Listener = (report: Report) => Effect.Effect<void>

/** How long there is no report after one, in milliseconds. */
export const interval = 500

/** A call of an operation that somebody listens to. */
export interface Call {
  /** Reports what changed; never less than before, and never more than there is. */
  readonly report: (done: bigint, total: bigint | undefined) => Effect.Effect<void>
  /** The same, unless the last report was less than {@link interval} ago. */
  readonly reportSeldom: (done: bigint) => Effect.Effect<void>
  /** The last report. */
  readonly finish: Effect.Effect<void>
}

export const listener: FiberRef.FiberRef<Option.Option<Listener>> = GlobalValue.globalValue(
  "@effect-ploop/core/Progress/listener",
  () => FiberRef.unsafeMake(Option.none<Listener>())
)

export const current: FiberRef.FiberRef<Option.Option<Call>> = GlobalValue.globalValue(
  "@effect-ploop/core/Progress/current",
  () => FiberRef.unsafeMake(Option.none<Call>())
)

/** A listener that fails changes nothing about the operation. */
const told = (listen: Listener, report: Report): Effect.Effect<void> =>
  Effect.catchAllCause(
    Effect.suspend(() => listen(report)),
    (cause) => Effect.logWarning("a listener to the progress of an operation failed", cause)
  )

const makeCall = (listen: Listener, operation: string, subject: string): Call => {
  let last: Report = { operation, subject, done: 0n, total: undefined, finished: false }
  let at = Number.NEGATIVE_INFINITY
  const tell = (next: Report) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      last = next
      at = now
      return told(listen, next)
    })
  const report: Call["report"] = (done, total) =>
    Effect.suspend(() => {
      const limit = total ?? last.total
      const most = limit === undefined || done < limit ? done : limit
      const reached = most > last.done ? most : last.done
      // A total that is asked for late may be less than what was reported, or less than nothing.
      const next = { ...last, done: reached, total: limit !== undefined && limit < reached ? reached : limit }
      return next.done === last.done && next.total === last.total && at !== Number.NEGATIVE_INFINITY
        ? Effect.void
        : tell(next)
    })
  return {
    report,
    reportSeldom: (done) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => now - at < interval ? Effect.void : report(done, undefined)),
    finish: Effect.suspend(() => tell({ ...last, done: last.total ?? last.done, finished: true }))
  }
}

/** A call, if somebody listens. */
export const begin = (operation: string, subject: string): Effect.Effect<Option.Option<Call>> =>
  Effect.map(FiberRef.get(listener), Option.map((listen) => makeCall(listen, operation, subject)))

/** Reports the beginning and the end of an operation; what it tracks is reported between them. */
export const reported = <A, E, R>(operation: string, subject: string, run: Effect.Effect<A, E, R>) =>
  Effect.flatMap(begin(operation, subject), (call) =>
    Option.isNone(call)
      ? run
      : Effect.zipRight(
        call.value.report(0n, undefined),
        Effect.zipLeft(Effect.locally(run, current, call), call.value.finish)
      ))
