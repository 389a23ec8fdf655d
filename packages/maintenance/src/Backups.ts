/**
 * Many backups in one directory: the next one, those that a policy keeps, and those
 * that a disk can be restored from.
 *
 * @example
 * import { Backups, Plan } from "@effect-ploop/maintenance"
 * import { Effect } from "effect"
 *
 * const night = Effect.gen(function*() {
 *   const next = yield* Backups.planNext({ disk: "/vz/101/DiskDescriptor.xml", directory: "/backup", incremental: true })
 *   yield* Plan.apply(next)
 *   const retention = yield* Backups.planRetention({ directory: "/backup", policy: { daily: 7, weekly: 4 } })
 *   yield* Plan.apply(retention)
 * })
 *
 * @since 0.2.0
 */
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Backup from "./Backup.js"
import type * as BackupError from "./BackupError.js"
import * as listing from "./internal/backup/list.js"
import * as planning from "./internal/backup/plan.js"
import * as retaining from "./internal/backup/retention.js"
import { check } from "./internal/retention/policy.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import type * as Plan from "./Plan.js"
import type { PolicyOptions } from "./RetentionPolicy.js"

/**
 * A backup and where it is.
 *
 * @since 0.2.0
 * @category models
 */
export interface Stored {
  /** The directory of the backup. */
  readonly directory: string
  /** What it is of, and what it has. */
  readonly manifest: Backup.Manifest
}

/**
 * The backups in a directory, the oldest first. What is not a whole backup is passed
 * over, and a manifest that cannot be read is `BackupInvalid`.
 *
 * @since 0.2.0
 * @category queries
 */
export const list = (
  directory: string
): Effect.Effect<ReadonlyArray<Stored>, BackupError.BackupInvalid | PlatformError, FileSystem | Path> =>
  listing.list(directory)

/**
 * The directories that a backup is restored from, the full one first, as
 * `Backup.restore` takes them. Empty when one of them is missing.
 *
 * @since 0.2.0
 * @category queries
 */
export const chain = (backups: ReadonlyArray<Stored>, backup: Stored): ReadonlyArray<string> =>
  (listing.chainOf(backups, backup) ?? []).map(({ directory }) => directory)

/**
 * @since 0.2.0
 * @category models
 */
export interface NextOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. It may be running. */
  readonly disk: string
  /** The directory that has the backups. The new one is named after the directory of the disk and the time. */
  readonly directory: string
  /**
   * Whether to save only what has changed since the newest backup of the disk whose snapshot is still below its
   * top delta. Without one, everything is saved. The snapshot of the new backup stays on the disk for the next one.
   * Default: `false`.
   */
  readonly incremental?: boolean | undefined
  /**
   * With `incremental`: how many backups a full one and those that continue it are, before everything is saved again.
   * A policy can remove the earlier ones then. Default: 7.
   */
  readonly fullEvery?: number | undefined
}

/** The newest backup that a next one can continue. */
const latest = (disk: string, stored: ReadonlyArray<Stored>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const tree = yield* ploop.listSnapshots({ disk })
    const present = new Set(SnapshotTree.chain(tree, SnapshotTree.top(tree).id).map(({ id }) => id))
    return stored.findLast((one) =>
      one.manifest.disk === disk && present.has(one.manifest.snapshot) && chain(stored, one).length > 0
    )
  })

/**
 * The next backup of a disk as a plan.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planNext = (options: NextOptions): Effect.Effect<Plan.Plan, Backup.PlanError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const { directory, disk, fullEvery = 7, incremental = false } = options
    const path = yield* Path
    // One whose manifest is damaged continues none, and must not keep the next one from being made.
    const { stored } = yield* listing.listReadable(directory)
    const before = incremental ? yield* latest(disk, stored) : undefined
    const isFull = before === undefined || chain(stored, before).length >= fullEvery
    const now = DateTime.formatIso(yield* DateTime.now).replaceAll(":", "-")
    return yield* planning.save({
      disk,
      to: path.join(directory, `${path.basename(path.dirname(disk))}-${now}`),
      after: isFull ? undefined : before.directory,
      keepSnapshot: incremental,
      drops: before?.manifest.snapshot
    })
  }).pipe(Effect.withSpan("Backups.planNext", { attributes: { disk: options.disk } }))

/**
 * The removal of the backups that a policy does not keep, of each disk for itself. The
 * time of a backup is in its manifest. A backup stays while one that is kept continues
 * it, and the newest one stays in any case. Each file is a step of its own. One whose
 * manifest cannot be read stays, and keeps the others from nothing.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planRetention = (options: {
  /** The directory that has the backups. */
  readonly directory: string
  /** Which of them to keep. `pinned` names snapshots; `unknownAge` says nothing here. */
  readonly policy: PolicyOptions
}): Effect.Effect<
  Plan.Plan,
  MaintenanceError.PolicyInvalid | BackupError.BackupInvalid | PlatformError,
  FileSystem | Path
> =>
  Effect.gen(function*() {
    const policy = yield* check(options.policy)
    const { damaged, stored } = yield* listing.listReadable(options.directory)
    return yield* retaining.plan(options.directory, { damaged, stored }, policy, yield* DateTime.now)
  }).pipe(Effect.withSpan("Backups.planRetention", { attributes: { directory: options.directory } }))
