/**
 * The outcomes of the runs of jobs. A job that has a history knows after a restart what
 * it has missed.
 *
 * @since 0.2.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as file from "./internal/job/file.js"

/**
 * A run of a job.
 *
 * - `job`: its name;
 * - `dueAt`: when it was due;
 * - `beganAt`, `endedAt`: when it began and ended;
 * - `outcome`: `skipped` because the run before was not over, and `missed` because nothing was there to run it;
 * - `message`: what it failed with; absent otherwise.
 *
 * @since 0.2.0
 * @category models
 */
export class Run extends Schema.Class<Run>("@effect-ploop/maintenance/JobHistory/Run")({
  job: Schema.String,
  dueAt: Schema.DateTimeUtc,
  beganAt: Schema.DateTimeUtc,
  endedAt: Schema.DateTimeUtc,
  outcome: Schema.Literal("succeeded", "failed", "interrupted", "skipped", "missed"),
  message: Schema.optional(Schema.String)
}) {}

/**
 * @since 0.2.0
 * @category tags
 */
export class JobHistory extends Context.Tag("@effect-ploop/maintenance/JobHistory")<JobHistory, {
  /** Keeps a run. */
  readonly add: (run: Run) => Effect.Effect<void, PlatformError>
  /** The runs of a job that are kept, the oldest first. */
  readonly of: (job: string) => Effect.Effect<ReadonlyArray<Run>, PlatformError>
  /** The last of them. */
  readonly last: (job: string) => Effect.Effect<Option.Option<Run>, PlatformError>
}>() {}

const defaultKeep = 1000

const make = (
  runs: Effect.Effect<ReadonlyArray<Run>, PlatformError>,
  add: (run: Run) => Effect.Effect<void, PlatformError>
): (typeof JobHistory)["Service"] => {
  const of = (job: string) => Effect.map(runs, (all) => all.filter((run) => run.job === job))
  return { add, of, last: (job) => Effect.map(of(job), (own) => Option.fromNullable(own.at(-1))) }
}

/**
 * A history that ends with the process.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerMemory: Layer.Layer<JobHistory> = Layer.effect(
  JobHistory,
  Effect.map(
    Ref.make<ReadonlyArray<Run>>([]),
    (runs) => make(Ref.get(runs), (run) => Ref.update(runs, (before) => [...before.slice(1 - defaultKeep), run]))
  )
)

/**
 * @since 0.2.0
 * @category models
 */
export interface FileOptions {
  /** The file. It is made when it is missing, and so is its directory. */
  readonly path: string
  /** How many runs it keeps, of all jobs together. Default: 1000. */
  readonly keep?: number | undefined
}

/**
 * A history in a file, with one run as JSON on each line. A line that a power cut has
 * left half-written is passed over. A file that cannot be made or written fails the layer,
 * and not the first run of a job.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerFile = (options: FileOptions): Layer.Layer<JobHistory, PlatformError, FileSystem.FileSystem | Path> =>
  Layer.effect(
    JobHistory,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* file.ready(options.path)
      const keep = options.keep ?? defaultKeep
      const one = yield* Effect.makeSemaphore(1)
      const read = file.read(fs, options.path, Run)
      return make(read, (run) => one.withPermits(1)(file.add(fs, options.path, Run, run, keep)))
    })
  )
