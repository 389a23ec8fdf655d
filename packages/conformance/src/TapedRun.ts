/**
 * Whole runs of the suite on tape. A run on the tool of a host is recorded; it is
 * replayed anywhere, without the tool and without root, and fails where the
 * backend no longer does what it did.
 *
 * Each case has a recording of its own, so cases can run at the same time. A case
 * that was recorded as failed fails again.
 *
 * @example
 * import { TapedRun } from "@effect-ploop/conformance"
 * import { Report, Suite } from "@effect-ploop/testkit"
 * import { Effect } from "effect"
 *
 * export const replay = (path: string) =>
 *   TapedRun.read(path).pipe(
 *     Effect.flatMap((tape) => TapedRun.replay(tape, { cases: Suite.all, jobs: 16 })),
 *     Effect.map((report) => Report.counts(report.results))
 *   )
 *
 * @since 0.2.0
 */
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as Recording from "@effect-ploop/backend-cli/Recording"
import type * as Case from "@effect-ploop/testkit/Case"
import * as Report from "@effect-ploop/testkit/Report"
import * as Runner from "@effect-ploop/testkit/Runner"
import type { Profile } from "@effect-ploop/testkit/Target"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as file from "./internal/tape/file.js"
import { unstable } from "./internal/tape/unstable.js"

/**
 * A recorded run: its target, the options of the tool, the command that recorded
 * it, and the recording of each case.
 *
 * @since 0.2.0
 * @category schemas
 */
export const TapedRun: typeof file.TapedRun = file.TapedRun

/**
 * @since 0.2.0
 * @category models
 */
export type TapedRun = typeof TapedRun.Type

/**
 * A file that cannot be replayed: its path, and the rule that it breaks.
 *
 * @since 0.2.0
 * @category errors
 */
export class TapeInvalid extends Schema.TaggedError<TapeInvalid>("@effect-ploop/conformance/TapedRun/TapeInvalid")(
  "TapeInvalid",
  { path: Schema.String, rule: Schema.String }
) {
  override get message(): string {
    return `the tape is ${this.path}, but it must ${this.rule}`
  }
}

/**
 * Reads a tape from a file.
 *
 * @since 0.2.0
 * @category files
 */
export const read = (path: string): Effect.Effect<TapedRun, TapeInvalid, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(
      fs.readFile(path),
      (error) => new TapeInvalid({ path, rule: `be a file that can be read: ${error.message}` })
    )
    return yield* Effect.mapError(file.decode(bytes), (rule) => new TapeInvalid({ path, rule }))
  })

/**
 * Writes a tape to a file, compressed.
 *
 * @since 0.2.0
 * @category files
 */
export const write = (path: string, run: TapedRun): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(
    Effect.all([FileSystem.FileSystem, file.encode(run)]),
    ([fs, bytes]) => fs.writeFile(path, bytes)
  )

/** What two runs need in common so that one tape can have cases of both. */
const samePlace = ({ options, scratch, target }: TapedRun, other: TapedRun): string | undefined =>
  target.generation !== other.target.generation
    ? `be of generation ${target.generation}, as the tool, and it is of generation ${other.target.generation}`
    : scratch !== other.scratch
    ? `be of a run with --dir ${scratch}, and it is of one with --dir ${other.scratch}`
    : Struct.keys(file.ToolOptions.fields).some((name) => options[name] !== other.options[name])
    ? "be of a run with the same options of the tool, and it is not"
    : undefined

/**
 * The tape in a file with the cases of a new run: they replace those with the same
 * identifiers, and the others stay. Fails, as `TapeInvalid`, when the two runs
 * differ in generation, directory or options of the tool.
 *
 * @since 0.2.0
 * @category files
 */
export const update = (path: string, run: TapedRun): Effect.Effect<TapedRun, TapeInvalid, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const before = yield* read(path)
    const rule = samePlace(run, before)
    if (rule !== undefined) return yield* new TapeInvalid({ path, rule })
    const known = new Map([...before.cases, ...run.cases].map((taped) => [taped.id, taped]))
    return { ...before, cases: [...known.values()] }
  })

/** Every case has its own random numbers, the same in every run. */
const withOwnRandom = <A, E, R>(self: Case.Case, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withRandom(effect, Random.make(self.id))

/** Why a case is not recorded or replayed; undefined when it is. */
const reasonNotTo = (self: Case.Case): string | undefined => {
  const reason = unstable.get(self.id)
  return reason === undefined ? undefined : `not on tapes: ${reason}`
}

/**
 * The host and the tool to record.
 *
 * @since 0.2.0
 * @category models
 */
export interface Source {
  /** What the target is. */
  readonly profile: Profile
  /** An existing directory, in which each case gets one of its own. */
  readonly scratch: string
  /** How the tool is run. */
  readonly options: PloopCli.Options
  /** The arguments of the command that records, for a person who records it again. */
  readonly command: string
}

/**
 * Which cases to run, and how.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /** The cases, in this order. */
  readonly cases: ReadonlyArray<Case.Case>
  /** The number of cases that run at the same time. Default: 1. */
  readonly jobs?: number | undefined
  /** Receives each event of the run as it happens. Default: none. */
  readonly onEvent?: ((event: Runner.Event) => Effect.Effect<void>) | undefined
}

type RunOne<R> = (self: Case.Case) => Effect.Effect<Report.CaseResult, never, R>

const runAll = <R>(profile: Profile, options: Options, runOne: RunOne<R>): Effect.Effect<Report.Report, never, R> =>
  Effect.gen(function*() {
    const startedAt = yield* DateTime.now
    const notify = options.onEvent ?? (() => Effect.void)
    yield* notify({ _tag: "Started", target: profile, cases: options.cases.length })
    const results = yield* Effect.forEach(options.cases, (self) =>
      notify({ _tag: "CaseStarted", case: self }).pipe(
        Effect.zipRight(withOwnRandom(self, runOne(self))),
        Effect.tap((result) => notify({ _tag: "CaseEnded", result }))
      ), { concurrency: options.jobs ?? 1 })
    return new Report.Report({ startedAt, target: profile, results })
  })

const backend = (options: PloopCli.Options) => <E, R>(host: Layer.Layer<Recording.Host, E, R>) =>
  PloopCli.layer(options).pipe(Layer.provideMerge(host), Layer.provideMerge(Path.layer))

/** What depends on the host, and what a tape has in place of it. */
const namesOf = ({ options }: Source): ReadonlyArray<readonly [string, string]> => {
  const tool = options.tool ?? "ploop"
  const directory = tool.slice(0, tool.lastIndexOf("/") + 1)
  return [
    [tool, "ploop"],
    // By its whole path, because the directory of the tool may be that of the run.
    [`${directory}ploop-cbt`, "ploop-cbt"],
    [options.sysfs ?? "/sys", "/sys"]
  ]
}

/**
 * Runs cases on the tool of this host, and returns the report and the tape.
 *
 * @since 0.2.0
 * @category running
 */
export const record = (
  source: Source,
  options: Options
): Effect.Effect<{ readonly report: Report.Report; readonly tape: TapedRun }, never, Recording.Host> =>
  Effect.gen(function*() {
    const cases = yield* Ref.make<ReadonlyMap<Case.Id, TapedRun["cases"][number]>>(new Map())
    const report = yield* runAll(source.profile, options, (self) =>
      Effect.gen(function*() {
        const reason = reasonNotTo(self)
        if (reason !== undefined) return Report.skipped(self, reason)
        const { layer, recording } = yield* Recording.record({ names: namesOf(source) })
        const result = yield* Effect.provide(Runner.runCase(source, self), backend(source.options)(layer))
        const taped = { id: self.id, outcome: result.outcome._tag, recording: yield* recording }
        yield* Ref.update(cases, (before) => new Map(before).set(self.id, taped))
        return result
      }))
    const taped = yield* Ref.get(cases)
    return { report, tape: tapeOf(source, options.cases.flatMap(({ id }) => taped.get(id) ?? [])) }
  })

const tapeOf = (source: Source, cases: TapedRun["cases"]): TapedRun => ({
  target: { ...source.profile, tool: "ploop" },
  scratch: source.scratch,
  options: {
    verbosity: source.options.verbosity,
    queries: source.options.queries,
    allowOutsideImages: source.options.allowOutsideImages,
    hasPrefix: source.options.prefix !== undefined && source.options.prefix.length > 0
  },
  command: source.command,
  cases
})

const differing = (result: Report.CaseResult, mismatch: Recording.Mismatch): Report.CaseResult => ({
  ...result,
  outcome: {
    _tag: "Failed",
    message: mismatch.message,
    operations: result.outcome._tag === "Failed" ? result.outcome.operations : [],
    output: result.outcome._tag === "Failed" ? result.outcome.output : []
  }
})

/**
 * Runs cases against a tape. It touches nothing. A case that the tape does not
 * have is skipped. A case fails, and its message says which operation differs, where
 * it no longer does what was recorded.
 *
 * @since 0.2.0
 * @category running
 */
export const replay = (tape: TapedRun, options: Options): Effect.Effect<Report.Report> => {
  const { hasPrefix, ...toolOptions } = tape.options
  const target = { profile: tape.target, scratch: tape.scratch }
  const known = new Map(tape.cases.map((taped) => [taped.id, taped]))
  // The prefix is not on the tape, but some requests are made only where there is one.
  const build = backend({ ...toolOptions, ...(hasPrefix && { prefix: ["prefix"] }) })
  return runAll(tape.target, options, (self) =>
    Effect.gen(function*() {
      const taped = known.get(self.id)
      const reason = reasonNotTo(self)
      if (reason !== undefined) return Report.skipped(self, reason)
      if (taped === undefined) return Report.skipped(self, "it is not on the tape: record the run again")
      const { layer, mismatch, unused } = yield* Recording.replay(taped.recording)
      const result = yield* Effect.provide(Runner.runCase(target, self), build(layer))
      const difference = yield* mismatch
      const found = Option.isSome(difference) ? difference : yield* unused
      return Option.match(found, { onNone: () => result, onSome: (mismatch) => differing(result, mismatch) })
    }))
}
