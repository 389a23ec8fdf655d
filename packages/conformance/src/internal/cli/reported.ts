import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Case from "@effect-ploop/testkit/Case"
import * as Report from "@effect-ploop/testkit/Report"
import type * as Runner from "@effect-ploop/testkit/Runner"
import type { Profile } from "@effect-ploop/testkit/Target"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Terminal from "@effect/platform/Terminal"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as origin from "./origin.js"
import * as progress from "./progress.js"
import * as reports from "./reports.js"
import { words } from "./words.js"

/** The results of a run so far, so that an interrupted run can be reported. */
interface Known {
  readonly profile: Profile | undefined
  readonly results: ReadonlyArray<Report.CaseResult>
}

const note = (known: Ref.Ref<Known>) => (event: Runner.Event): Effect.Effect<void> =>
  event._tag === "Started"
    ? Ref.update(known, (before) => ({ ...before, profile: event.target }))
    : event._tag === "CaseEnded"
    ? Ref.update(known, ({ profile, results }) => ({ profile, results: [...results, event.result] }))
    : Effect.void

/** The report of an interrupted run: the results so far, and the other cases as not run. */
const interrupted = (
  known: Known,
  cases: ReadonlyArray<Case.Case>,
  startedAt: DateTime.Utc
): Report.Report | undefined =>
  known.profile === undefined ? undefined : new Report.Report({
    startedAt,
    target: known.profile,
    results: cases.map((self) =>
      known.results.find(({ id }) => id === self.id) ?? Report.skipped(self, "not run: the run was interrupted")
    ),
    endedEarly: "it was interrupted"
  })

/** The report with where it comes from. */
const withOrigin = (report: Report.Report, runsTool: boolean) =>
  Effect.map(origin.of(report, runsTool), (origin) => new Report.Report({ ...report, origin }))

const print = (
  report: Report.Report,
  { groupSkipped }: Reporting
): Effect.Effect<void, PlatformError, Terminal.Terminal> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const color = yield* terminal.isTTY
    const columns = color ? yield* terminal.columns : undefined
    yield* terminal.display(`${Report.toText(report, { color, columns, groupSkipped })}\n`)
  })

/** Says where the files of a run are. */
const name = (
  destinations: ReadonlyArray<reports.Destination>,
  tape: string | undefined
): Effect.Effect<void, PlatformError, Terminal.Terminal> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const lines = [
      ...destinations.map(({ file, key }) => `report as ${key}: ${file}`),
      ...tape === undefined ? [] : [`tape: ${tape}`]
    ]
    if (lines.length > 0) yield* terminal.display(`\n${lines.join("\n")}\n`)
  })

/** How a run ends whose report is not a success, or that skipped cases although each of them had to run. */
const judge = (
  report: Report.Report,
  cases: ReadonlyArray<Case.Case>,
  failOnSkip: boolean
): Effect.Effect<void, Ended> => {
  switch (Report.verdict(report)) {
    case "failed":
      return Effect.fail(new Ended({ code: 1, message: "" }))
    case "nothingTried":
      return Effect.fail(
        new Ended({ code: 3, message: "no case ran, so nothing is known about the backend: the report says why" })
      )
    case "passed": {
      const due = cases.filter((self) => Case.appliesTo(self, report.target.generation)).map(({ id }) => id)
      const skipped = report.results.filter(({ id, outcome }) => outcome._tag === "Skipped" && due.includes(id))
      return failOnSkip && skipped.length > 0
        ? Effect.fail(
          new Ended({
            code: 1,
            message: `--fail-on-skip: ${skipped.length} of the cases that generation ${report.target.generation} \
can run were skipped: the report says why`
          })
        )
        : Effect.void
    }
  }
}

/** The options of a command that reports a run. */
export interface Reporting {
  readonly failOnSkip: boolean
  readonly jobs: number
  readonly reports: ReadonlyArray<reports.Wanted>
  /** Whether the run has the tool of this host, whose version is in the report. */
  readonly runsTool: boolean
  /** Whether the operations of which no case ran share one line. */
  readonly groupSkipped: boolean
  /** The file of the tape that the run writes. */
  readonly tape?: string | undefined
}

/** Runs cases, shows the progress, reports the results, also when it is interrupted, and fails unless they passed. */
export const reported = <E extends { readonly message?: string }, R>(
  given: Reporting,
  cases: ReadonlyArray<Case.Case>,
  run: (options: Runner.Options) => Effect.Effect<Report.Report, E, R>
): Effect.Effect<
  void,
  Ended | PlatformError,
  R | CommandExecutor | FileSystem.FileSystem | Path.Path | Terminal.Terminal
> =>
  Effect.gen(function*() {
    const destinations = yield* reports.destinations(given.reports)
    const shown = yield* progress.make
    const known = yield* Ref.make<Known>({ profile: undefined, results: [] })
    const startedAt = yield* DateTime.now

    const running = run({
      cases,
      jobs: given.jobs,
      onEvent: (event) => Effect.zipRight(note(known)(event), shown.onEvent(event))
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.gen(function*() {
          yield* shown.clear
          const unfinished = interrupted(yield* Ref.get(known), cases, startedAt)
          if (unfinished === undefined) return
          const partial = yield* withOrigin(unfinished, given.runsTool)
          yield* print(partial, given)
          yield* reports.write(destinations, partial)
          yield* name(destinations, undefined)
        }).pipe(Effect.ignoreLogged)
      ),
      Effect.mapError((error) => misused(words(error)))
    )
    const report = yield* withOrigin(
      yield* Effect.acquireUseRelease(
        Effect.fork(Effect.interruptible(shown.heartbeat)),
        () => running,
        Fiber.interrupt
      ),
      given.runsTool
    )
    yield* shown.clear
    yield* print(report, given)
    yield* reports.write(destinations, report)
    yield* name(destinations, given.tape)
    yield* judge(report, cases, given.failOnSkip)
  })
