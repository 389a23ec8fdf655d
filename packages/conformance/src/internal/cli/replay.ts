import { misused } from "@effect-ploop/command-line/Ended"
import type * as Case from "@effect-ploop/testkit/Case"
import type * as Report from "@effect-ploop/testkit/Report"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Arr from "effect/Array"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as TapedRun from "../../TapedRun.js"
import * as options from "./options.js"
import { reported } from "./reported.js"
import { select } from "./select.js"
import { words } from "./words.js"

const file = Args.text({ name: "file" }).pipe(Args.withDescription("The tape, which run --tape has recorded."))

/** The options with which a run records these cases again, and no others when they are few. */
const selection = (failed: ReadonlyArray<Case.Id>): string =>
  failed.length > 20 ? "" : ` --update-tape${failed.map((id) => ` --filter ${id}`).join("")}`

/** How a tape is recorded again, for a person who changed the backend on purpose. */
const again = (file: string, { command, target }: TapedRun.TapedRun, failed: ReadonlyArray<Case.Id>): string =>
  `The tape no longer fits. If the change is wanted, record it again, with the tool of generation \
${target.generation}:\n  ploop-conformance ${command} --tape ${file}${selection(failed)}`

const failedOf = (report: Report.Report): ReadonlyArray<Case.Id> =>
  report.results.flatMap(({ id, outcome }) => outcome._tag === "Failed" ? [id] : [])

export const command = Command.make("replay", {
  failOnSkip: options.failOnSkip,
  file,
  filters: options.filters,
  jobs: options.replayJobs,
  needs: options.needs,
  reports: options.reports
}, (given) =>
  Effect.gen(function*() {
    const cases = yield* select(given)
    const tape = yield* Effect.mapError(TapedRun.read(given.file), (error) => misused(words(error)))
    yield* reported({ ...given, runsTool: false, groupSkipped: true }, cases, (options) =>
      Effect.tap(
        TapedRun.replay(tape, options),
        (report) =>
          Arr.match(failedOf(report), {
            onEmpty: () => Effect.void,
            onNonEmpty: (failed) => Console.error(again(given.file, tape, failed))
          })
      ))
  })).pipe(
    Command.withDescription("Runs the suite against a tape: it needs no tool and no root, and touches nothing.")
  )
