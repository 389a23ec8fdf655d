import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Report from "@effect-ploop/testkit/Report"
import * as ReportDiff from "@effect-ploop/testkit/ReportDiff"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as options from "./options.js"

const before = Args.text({ name: "before" }).pipe(Args.withDescription("The earlier report, which run wrote as json."))

const after = Args.text({ name: "after" }).pipe(Args.withDescription("The later report."))

const failOnSkip = Options.boolean("fail-on-skip").pipe(
  Options.withDescription("End with 1 also when a case ran before and did not run later.")
)

const parse = Schema.decode(Schema.parseJson())

const decode = Schema.decodeUnknown(Report.Report)

/** The first field that is not as in a report, and its rule. */
const firstFault = (error: ParseResult.ParseError): string => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`
}

const read = (name: string, file: string): Effect.Effect<Report.Report, Ended, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const rule = `${name} is ${file}, but it must be a report that run --report json=FILE wrote`
    const text = yield* Effect.mapError(fs.readFileString(file), (error) => misused(`${rule}: ${error.message}`))
    const json = yield* Effect.mapError(parse(text), () => misused(`${rule}: it is not JSON`))
    return yield* Effect.mapError(decode(json), (error) => misused(`${rule}: ${firstFault(error)}`))
  })

const header = (name: string, { origin, results, startedAt, target }: Report.Report): string => {
  const { failed, passed, skipped } = Report.counts(results)
  const host = origin === undefined ? "" : ` on ${origin.host}`
  return `${name}: ${target.name}${host}, generation ${target.generation}, ${
    DateTime.formatIso(startedAt)
  }: ${passed} passed, ${failed} failed, ${skipped} skipped`
}

const section = (title: string, changes: ReadonlyArray<ReportDiff.Change>): ReadonlyArray<string> =>
  changes.length === 0 ? [] : [
    "",
    `${title}: ${changes.length}`,
    ...changes.flatMap(({ after, before, id, reason, title }) => [
      `  ${id}: ${before}, now ${after}`,
      `    ${title}`,
      ...reason === "" ? [] : [`    ${reason.split("\n")[0] ?? ""}`]
    ])
  ]

const text = (diff: ReportDiff.ReportDiff): ReadonlyArray<string> => [
  ...section("Broken", diff.broken),
  ...section("Still failing", diff.failing),
  ...section("Repaired", diff.repaired),
  ...section("No longer run", diff.lost),
  "",
  diff.compared === 0
    ? "No case ran in both reports, so nothing can be compared."
    : `${diff.compared} cases ran in both reports; ${diff.broken.length} broke.`
]

/** How the command ends for what changed. */
const judge = (diff: ReportDiff.ReportDiff, failOnSkip: boolean): Effect.Effect<void, Ended> =>
  diff.broken.length > 0 || failOnSkip && diff.lost.length > 0
    ? Effect.fail(new Ended({ code: 1, message: "" }))
    : diff.compared === 0
    ? Effect.fail(new Ended({ code: 3, message: "" }))
    : Effect.void

export const command = Command.make(
  "diff",
  { before, after, failOnSkip, json: options.json },
  (given) =>
    Effect.gen(function*() {
      const earlier = yield* read("before", given.before)
      const later = yield* read("after", given.after)
      const diff = ReportDiff.between(earlier, later)
      const lines = given.json
        ? [JSON.stringify(Schema.encodeSync(ReportDiff.ReportDiff)(diff), null, 2)]
        : [header("before", earlier), header("after", later), ...text(diff)]
      yield* Console.log(lines.join("\n"))
      yield* judge(diff, given.failOnSkip)
    })
).pipe(Command.withDescription("Compares two reports, and reports what broke since the earlier one."))
