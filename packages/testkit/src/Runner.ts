/**
 * Runs cases on a target, each in a directory of its own, which is removed
 * afterwards, whatever the outcome.
 *
 * @example
 * import { Report, Runner, Suite, Target } from "@effect-ploop/testkit"
 * import { Console, Effect } from "effect"
 *
 * export const conforms = <E>(target: Target.Target<E>) =>
 *   Runner.run(target, { cases: Suite.all }).pipe(
 *     Effect.tap((report) => Console.log(Report.counts(report.results))),
 *     Effect.map(Report.isSuccess)
 *   )
 *
 * @since 0.1.0
 */
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type * as Case from "./Case.js"
import * as internal from "./internal/runCase.js"
import * as Report from "./Report.js"
import type { ScratchUnusable } from "./Scratch.js"
import * as Target from "./Target.js"

/**
 * Something that happens in a run.
 *
 * @since 0.1.0
 * @category models
 */
export type Event =
  | { readonly _tag: "Started"; readonly target: Target.Profile; readonly cases: number }
  | { readonly _tag: "CaseStarted"; readonly case: Case.Case }
  | { readonly _tag: "CaseEnded"; readonly result: Report.CaseResult }

/**
 * Which cases to run, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The cases to run, in this order. */
  readonly cases: ReadonlyArray<Case.Case>
  /** The number of cases that run at the same time. Default: 1. */
  readonly jobs?: number | undefined
  /** The time after which a case fails. Default: 10 minutes. */
  readonly limit?: Duration.DurationInput | undefined
  /** Receives each event of the run as it happens. Default: none. */
  readonly onEvent?: ((event: Event) => Effect.Effect<void>) | undefined
}

/**
 * Why a run could not begin.
 *
 * @since 0.1.0
 * @category errors
 */
export type Failure<E> =
  | E
  | OperationError.ToolError
  | OperationError.PrerequisitesError
  | ScratchUnusable
  | Target.CapabilityUnknown

/**
 * Runs one case on services that have been built already. It never fails: a
 * failure is in the outcome. The directory of the case is removed afterwards.
 *
 * @since 0.1.0
 * @category running
 */
export const runCase: (
  target: {
    /** The tool, generation and capabilities of the target. */
    readonly profile: Target.Profile
    /** An existing directory, in which the case gets one of its own. */
    readonly scratch: string
  },
  self: Case.Case,
  limit?: Duration.DurationInput
) => Effect.Effect<Report.CaseResult, never, Case.Services> = internal.runCase

/**
 * Runs cases on a target, and returns the report. An interruption waits until the
 * running cases have been cleaned up; `onEvent` has received every result by then.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <E>(target: Target.Target<E>, options: Options): Effect.Effect<Report.Report, Failure<E>> =>
  Effect.gen(function*() {
    const startedAt = yield* DateTime.now
    const profile = yield* Target.profile(target)
    const notify = options.onEvent ?? (() => Effect.void)
    const ended = yield* Ref.make<string | undefined>(undefined)
    const jobs = options.jobs ?? 1
    const places = yield* Effect.makeSemaphore(jobs)
    yield* notify({ _tag: "Started", target: profile, cases: options.cases.length })
    const results = yield* Effect.forEach(
      options.cases,
      (self) =>
        Effect.gen(function*() {
          const reason = yield* Ref.get(ended)
          if (reason !== undefined) return Report.skipped(self, `not run: ${reason}`)
          yield* notify({ _tag: "CaseStarted", case: self })
          const result = yield* internal.runCase({ profile, scratch: target.scratch }, self, options.limit)
          const lost = internal.lostTool(result)
          if (lost !== undefined) yield* Ref.set(ended, lost)
          return result
        }).pipe(
          Effect.tap((result) => notify({ _tag: "CaseEnded", result })),
          places.withPermits(self.alone === true ? jobs : 1)
        ),
      { concurrency: jobs }
    )
    return new Report.Report({
      startedAt,
      target: profile,
      results,
      endedEarly: yield* Ref.get(ended),
      directory: target.scratch,
      duration: DateTime.distance(startedAt, yield* DateTime.now)
    })
  }).pipe(Effect.provide(target.layer))
