import type * as Case from "@effect-ploop/testkit/Case"
import * as Report from "@effect-ploop/testkit/Report"
import * as Runner from "@effect-ploop/testkit/Runner"
import * as Suite from "@effect-ploop/testkit/Suite"
import type { Profile } from "@effect-ploop/testkit/Target"
import * as Command from "@effect/cli/Command"
import type { PlatformError } from "@effect/platform/Error"
import * as Terminal from "@effect/platform/Terminal"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as HashMap from "effect/HashMap"
import * as Ref from "effect/Ref"
import * as backends from "./backends.js"
import { Ended, misused, words } from "./exit.js"
import { requireExt4 } from "./hostFileSystem.js"
import { inside } from "./namespaces.js"
import * as options from "./options.js"
import * as progress from "./progress.js"
import * as reports from "./reports.js"

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

const select = (filters: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Case.Case>, Ended> => {
  const unknown = filters.find((filter) => Suite.select([filter]).length === 0)
  return unknown === undefined
    ? Effect.succeed(Suite.select(filters))
    : Effect.fail(misused(
      `--filter is ${unknown}, but it must be part of the id or title of a case: see ploop-conformance list`
    ))
}

const print = (report: Report.Report): Effect.Effect<void, PlatformError, Terminal.Terminal> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const color = yield* terminal.isTTY
    const columns = color ? yield* terminal.columns : undefined
    yield* terminal.display(`${Report.toText(report, { color, columns })}\n`)
  })

interface Given extends backends.Wanted {
  readonly filters: ReadonlyArray<string>
  readonly jobs: number
  readonly reports: HashMap.HashMap<string, string> | undefined
}

/** Checks the options, as far as that is possible without the host. */
const refuse = ({ backend, emulateKernel, generation, jobs }: Given): Effect.Effect<void, Ended> =>
  jobs < 1
    ? Effect.fail(misused(`--jobs is ${jobs}, but it must be larger than zero`))
    : backend === "cli" && generation !== undefined
    ? Effect.fail(misused(
      `--generation is ${generation}, but it is only for the fake: the tool has its own generation`
    ))
    : backend === "fake" && emulateKernel
    ? Effect.fail(misused("--emulate-kernel is only for --backend cli: the fake needs no kernel"))
    : Effect.void

const runOn = (given: Given, cases: ReadonlyArray<Case.Case>) =>
  Effect.gen(function*() {
    if (given.backend === "cli" && !given.emulateKernel) {
      yield* requireExt4(given.directory ?? backends.defaultDirectory).pipe(
        Effect.provide(backends.cliLayer),
        Effect.catchTag("ConfigError", (error) => misused(String(error)))
      )
    }
    const destinations = yield* reports.destinations(given.reports)
    const shown = yield* progress.make
    const known = yield* Ref.make<Known>({ profile: undefined, results: [] })
    const startedAt = yield* DateTime.now

    const report = yield* Runner.run(yield* backends.target(given), {
      cases,
      jobs: given.jobs,
      onEvent: (event) => Effect.zipRight(note(known)(event), shown.onEvent(event))
    }).pipe(
      Effect.onInterrupt(() =>
        Effect.gen(function*() {
          yield* shown.clear
          const partial = interrupted(yield* Ref.get(known), cases, startedAt)
          if (partial === undefined) return
          yield* print(partial)
          yield* reports.write(destinations, partial)
        }).pipe(Effect.ignoreLogged)
      ),
      Effect.mapError((error) => misused(words(error)))
    )
    yield* shown.clear
    yield* print(report)
    yield* reports.write(destinations, report)
    if (!Report.isSuccess(report)) return yield* new Ended({ code: 1, message: "" })
  }).pipe(Effect.scoped)

export const command = Command.make("run", {
  backend: options.backend,
  generation: options.generation,
  directory: options.directory,
  emulateKernel: options.emulateKernel,
  filters: options.filters,
  jobs: options.jobs,
  reports: options.reports
}, (given) =>
  Effect.gen(function*() {
    yield* refuse(given)
    const work = runOn(given, yield* select(given.filters))
    yield* given.emulateKernel ? inside(given.directory ?? backends.defaultDirectory, work) : work
  })).pipe(Command.withDescription("Runs the suite on a backend, and reports which cases passed and failed."))
