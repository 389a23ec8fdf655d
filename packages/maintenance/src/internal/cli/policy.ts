import { Ended } from "@effect-ploop/command-line/Ended"
import * as Options from "@effect/cli/Options"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as RetentionPolicy from "../../RetentionPolicy.js"
import * as options from "./options.js"
import { over } from "./settings.js"

const keep = (name: string, what: string) => options.count(`keep-${name}`, `How many ${what} to keep. Default: 0.`)

const names = (name: string, description: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("PATTERN"),
    Options.withDescription(description),
    Options.repeated
  )

/** The rules of a retention of snapshots or of backups, as options. */
const rulesOf = (subject: "snapshot" | "backup") => ({
  last: keep("last", `of the newest ${subject}s`),
  hourly: keep("hourly", `hours that have a ${subject}`),
  daily: keep("daily", `days that have a ${subject}`),
  weekly: keep("weekly", `weeks that have a ${subject}`),
  monthly: keep("monthly", `months that have a ${subject}`),
  yearly: keep("yearly", `years that have a ${subject}`),
  within: options.duration("keep-within", "Keeps everything that is younger, as in '36 hours'. Default: nothing."),
  timeZone: options.text("time-zone", "ZONE", "The time zone of hours and days, as in Europe/Berlin. Default: UTC."),
  keepNames: names(
    "keep-name",
    "A name to keep whatever its age, as in 'before-*'. The option may be repeated. Default: none."
  ),
  onlyNames: names(
    "only-name",
    "Judges these names alone, as in 'nightly-*', and keeps all others. The option may be repeated. Default: all."
  )
})

const pinned = (description: string) =>
  Options.text("pin").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription(`${description} The option may be repeated. Default: none.`),
    Options.repeated
  )

/** The rules for snapshots. */
export const ofSnapshots = {
  ...rulesOf("snapshot"),
  pinned: pinned("A snapshot to keep whatever its age."),
  deleteUnknownAge: options.flag("delete-unknown-age", "Deletes snapshots whose age is not known, too.")
}

/** The rules for backups, whose age is always known. */
export const ofBackups = {
  ...rulesOf("backup"),
  pinned: pinned("A backup to keep whatever its age, by the identifier of its snapshot.")
}

interface Rules {
  readonly deleteUnknownAge?: boolean
  readonly last: number | undefined
  readonly hourly: number | undefined
  readonly daily: number | undefined
  readonly weekly: number | undefined
  readonly monthly: number | undefined
  readonly yearly: number | undefined
  readonly within: Duration.Duration | undefined
  readonly timeZone: string | undefined
  readonly pinned: ReadonlyArray<string>
  readonly keepNames: ReadonlyArray<string>
  readonly onlyNames: ReadonlyArray<string>
}

/** Fails when neither the options nor the configuration file say what to keep. */
export const requireRule = (file: RetentionPolicy.Policy | undefined, given: Rules): Effect.Effect<void, Ended> =>
  file !== undefined || isGiven(given)
    ? Effect.void
    : new Ended({
      code: 2,
      message: "no rule says what to keep: give --keep-last, --keep-hourly, --keep-daily, --keep-weekly, " +
        "--keep-monthly, --keep-yearly or --keep-within, or name a configuration file with --config"
    })

/** The policy of the options, over that of the configuration file. */
export const policyOf = (
  file: RetentionPolicy.Policy | undefined,
  { deleteUnknownAge = false, keepNames, onlyNames, pinned, ...times }: Rules
): RetentionPolicy.PolicyOptions => {
  const all = over(file, times)
  return {
    ...all,
    pinned: [...file?.pinned ?? [], ...pinned],
    keepNames: [...file?.keepNames ?? [], ...keepNames],
    onlyNames: onlyNames.length > 0 ? onlyNames : file?.onlyNames ?? [],
    unknownAge: deleteUnknownAge ? "delete" : file?.unknownAge ?? "keep"
  }
}

/** Whether a rule is given. */
export const isGiven = (
  { deleteUnknownAge = false, keepNames, onlyNames, pinned, timeZone: _, ...times }: Rules
): boolean =>
  deleteUnknownAge || pinned.length + keepNames.length + onlyNames.length > 0 ||
  Object.values(times).some((value) => value !== undefined)
