/**
 * A service that saves disks every night, running or not: all of a disk once a week
 * and what has changed on the other nights. It reads each new backup again, keeps
 * those of a policy, and reports what is about to be full.
 *
 * A disk that fails does not keep the others from their backups. A night that was
 * missed is made up for at the next start.
 */
import type { Disk } from "@effect-ploop/core"
import { Backup, Backups, Job, Plan, type RetentionPolicy, Usage } from "@effect-ploop/maintenance"
import { FileSystem, Path } from "@effect/platform"
import { Array as Arr, Config, Duration, Effect, Schedule, Stream } from "effect"

export interface Settings {
  /** The disks to save. */
  readonly disks: ReadonlyArray<Disk.Disk>
  /** The directory that has a directory of backups for each disk. */
  readonly directory: string
  /** When to save them, as a cron expression. */
  readonly cron: string
  readonly timeZone: string
  /** On how many nights one full backup is continued, itself included. */
  readonly fullEvery: number
  /** Which backups of each disk to keep. */
  readonly keep: RetentionPolicy.PolicyOptions
}

/** The settings from the environment: `DISKS`, with commas between them, and `BACKUPS` have no default. */
export const settings = (diskOf: (directory: string) => Disk.Disk): Config.Config<Settings> =>
  Config.all({
    disks: Config.map(Config.array(Config.nonEmptyString(), "DISKS"), Arr.map(diskOf)),
    directory: Config.nonEmptyString("BACKUPS"),
    cron: Config.withDefault(Config.nonEmptyString("CRON"), "30 1 * * *"),
    timeZone: Config.withDefault(Config.nonEmptyString("TIME_ZONE"), "UTC"),
    fullEvery: Config.withDefault(Config.integer("FULL_EVERY"), 7),
    keep: Config.all({
      daily: Config.withDefault(Config.integer("KEEP_DAILY"), 7),
      weekly: Config.withDefault(Config.integer("KEEP_WEEKLY"), 4)
    })
  })

/** Applies a plan, and logs what it does. */
const apply = (plan: Plan.Plan) =>
  Effect.zipRight(
    Plan.isEmpty(plan) ? Effect.void : Effect.logInfo(Plan.render(plan)),
    Plan.apply(plan)
  )

/** The directory with the backups of one disk. */
const directoryOf = (disk: Disk.Disk, { directory }: Settings) =>
  Effect.map(Path.Path, (path) => path.join(directory, path.basename(path.dirname(disk))))

/** One night of one disk. Nothing old is removed before the new backup has been read again. */
export const night = (disk: Disk.Disk, settings: Settings) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* directoryOf(disk, settings)
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* apply(yield* Backups.planNext({ disk, directory, incremental: true, fullEvery: settings.fullEvery }))
    const [newest] = Arr.takeRight(yield* Backups.list(directory), 1)
    if (newest !== undefined) yield* Backup.verify(newest.directory)
    yield* apply(yield* Backups.planRetention({ directory, policy: settings.keep }))
  }).pipe(Effect.annotateLogs({ disk }), Effect.withSpan("NightlyBackup.night", { attributes: { disk } }))

/** A job for each disk. They begin at different times, and those on one file system wait for each other. */
const jobs = (settings: Settings) =>
  settings.disks.map((disk) =>
    Job.make({
      name: `backup of ${disk}`,
      cron: settings.cron,
      timeZone: settings.timeZone,
      jitter: "5 minutes",
      retry: Schedule.intersect(Schedule.spaced("10 minutes"), Schedule.recurs(2)),
      run: night(disk, settings)
    })
  )

/** Logs what is about to be full, and what is no longer. */
const watch = ({ disks }: Settings) =>
  Usage.stream({ disks, schedule: Schedule.spaced("1 hour"), readings: 72 }).pipe(
    Usage.alerts({ fullWithin: Duration.days(3) }),
    Stream.runForEach(({ message, state }) =>
      state === "raised" ? Effect.logWarning(message) : Effect.logInfo(`no longer: ${message}`)
    )
  )

/** Runs without an end. */
export const service = (settings: Settings) =>
  Effect.all([Job.runAll(jobs(settings)), watch(settings)], { concurrency: "unbounded", discard: true })

/** Makes a disk of the newest backup of another one. */
export const restore = (disk: Disk.Disk, to: string, settings: Settings) =>
  Effect.gen(function*() {
    const stored = yield* Backups.list(yield* directoryOf(disk, settings))
    const [newest] = Arr.takeRight(stored, 1)
    const from = newest === undefined ? [] : Backups.chain(stored, newest)
    return yield* Backup.restore({ from, to })
  })
