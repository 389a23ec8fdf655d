/**
 * The configuration of the command `ploop-maintenance` and of services, as a file in
 * YAML, of which JSON is a part. A schema checks it; an error names the line.
 *
 * @example
 * import { ConfigFile, Plan, Retention } from "@effect-ploop/maintenance"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { disks = [], retention = {} } = yield* ConfigFile.read("/etc/ploop-maintenance.yaml")
 *   for (const disk of disks) yield* Plan.apply(yield* Retention.plan({ disk, policy: retention }))
 * })
 *
 * @since 0.2.0
 */
import type { SettingsIssue } from "@effect-ploop/command-line/SettingsIssue"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parse as parseYaml } from "./internal/config/parse.js"
import { DurationInput } from "./internal/retention/duration.js"
import { check } from "./internal/retention/policy.js"
import * as ReclaimPolicy from "./ReclaimPolicy.js"
import * as RetentionPolicy from "./RetentionPolicy.js"
import * as UsagePolicy from "./UsagePolicy.js"

const AbsolutePath = Schema.String.pipe(
  Schema.filter((path) => (path.startsWith("/") && !path.includes("\0")) || "must be an absolute path")
)

const flag = Schema.optional(Schema.Boolean)

/**
 * What a configuration file has. Every field may be left out.
 *
 * - `disks`: the disks, each by its `DiskDescriptor.xml` or by the directory that it is in;
 * - `leftovers`: the options of `Leftovers.plan`;
 * - `retention`: which snapshots to keep;
 * - `reclaim`: what to give back to the host, and at what cost;
 * - `usage`: when to raise an alert;
 * - `backups`: `directory` is the one that has the backups, `incremental` whether the next one saves only what has
 *   changed since the last one, and `retention` which of them to keep.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Settings = Schema.Struct({
  disks: Schema.optional(Schema.Array(AbsolutePath)),
  leftovers: Schema.optional(Schema.Struct({
    olderThan: Schema.optional(DurationInput),
    orphanedImages: flag,
    inUseFlags: flag,
    devicesOfRemovedImages: flag,
    temporaryDevices: flag
  })),
  retention: Schema.optional(RetentionPolicy.Policy),
  reclaim: Schema.optional(ReclaimPolicy.Policy),
  usage: Schema.optional(UsagePolicy.Policy),
  backups: Schema.optional(Schema.Struct({
    directory: Schema.optional(AbsolutePath),
    incremental: flag,
    retention: Schema.optional(RetentionPolicy.Policy)
  }))
})

/**
 * Checked settings.
 *
 * @since 0.2.0
 * @category models
 */
export type Settings = typeof Settings.Type

/**
 * A configuration file that breaks rules.
 *
 * - `file`: its path;
 * - `issues`: every rule that it breaks: the line and the column, from 1, the field, which is empty for an error of the
 *   syntax, and the problem.
 *
 * @since 0.2.0
 * @category errors
 */
export class ConfigInvalid
  extends Schema.TaggedError<ConfigInvalid>("@effect-ploop/maintenance/ConfigFile/ConfigInvalid")("ConfigInvalid", {
    file: Schema.String,
    issues: Schema.Array(Schema.Struct({
      line: Schema.Int,
      column: Schema.Int,
      field: Schema.String,
      problem: Schema.String
    }))
  })
{
  override get message(): string {
    return this.issues.map(({ column, field, line, problem }) =>
      `${this.file}:${line}:${column}: ${field === "" ? "" : `${field} `}${problem}`
    ).join("\n")
  }
}

const broken = (path: ReadonlyArray<string>, policy: RetentionPolicy.Policy | undefined) =>
  policy === undefined ? Effect.succeed([]) : Effect.match(check(policy), {
    onFailure: ({ field, rule, value }): ReadonlyArray<SettingsIssue> => [
      { path: [...path, ...field.split(".")], problem: `is ${value}, but it ${rule}` }
    ],
    onSuccess: () => []
  })

/** What no schema of one field can see: a retention that keeps nothing, or too much. */
const contradictions = ({ backups, reclaim, retention }: Settings) =>
  Effect.map(
    Effect.all([
      broken(["retention"], retention),
      broken(["reclaim", "retention"], reclaim?.retention),
      broken(["backups", "retention"], backups?.retention)
    ]),
    (all) => all.flat()
  )

/**
 * Checks the text of a configuration file.
 *
 * @since 0.2.0
 * @category constructors
 */
export const parse = (options: {
  /** The text: YAML or JSON. */
  readonly text: string
  /** The path of the file, for the errors. */
  readonly file: string
}): Effect.Effect<Settings, ConfigInvalid> =>
  Effect.mapError(
    parseYaml(options.text, Settings, contradictions),
    (issues) => new ConfigInvalid({ file: options.file, issues })
  )

/**
 * Reads and checks a configuration file.
 *
 * @since 0.2.0
 * @category constructors
 */
export const read = (
  file: string
): Effect.Effect<Settings, ConfigInvalid | PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(
    Effect.flatMap((text) => parse({ text, file })),
    Effect.withSpan("ConfigFile.read", { attributes: { file } })
  )
