/**
 * What crashes, kills and power cuts leave in the directory of a disk, and how to
 * take it down.
 *
 * Nothing is planned for removal unless it is sure to be a leftover: nobody uses it
 * on this host, and it is older than any operation takes. What only a person can
 * judge stays, with the reason; an option says when the person has. What is too young is
 * named, and stays too.
 *
 * @example
 * import { Leftovers, Plan } from "@effect-ploop/maintenance"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const plan = yield* Leftovers.plan({ disk: "/vz/101/DiskDescriptor.xml" })
 *   yield* Console.log(Plan.render(plan))
 *   yield* Plan.apply(plan)
 * })
 *
 * @since 0.2.0
 */
import * as Disk from "@effect-ploop/core/Disk"
import type * as OperationError from "@effect-ploop/core/OperationError"
import { Ploop } from "@effect-ploop/core/Ploop"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { flagged } from "./internal/flagged.js"
import * as devices from "./internal/leftovers/devices.js"
import * as directories from "./internal/leftovers/directory.js"
import * as files from "./internal/leftovers/files.js"
import * as flags from "./internal/leftovers/flags.js"
import { all } from "./internal/leftovers/found.js"
import * as snapshots from "./internal/leftovers/snapshots.js"
import { requireDirectory } from "./internal/policyInvalid.js"
import { sizesOf } from "./internal/retention/sizes.js"
import { timed } from "./internal/timed.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import * as Plan from "./Plan.js"

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /**
   * How old a file must be before it counts as left over. It must be longer than any operation on
   * the disk takes. Default: one day.
   */
  readonly olderThan?: Duration.DurationInput | undefined
  /**
   * Whether to remove images that the descriptor does not name. They may hold the only copy of
   * something. Default: `false`.
   */
  readonly orphanedImages?: boolean | undefined
  /**
   * Whether to clear in-use flags of images that no device of this host uses. Say so only when no
   * other host uses them either. Default: `false`.
   */
  readonly inUseFlags?: boolean | undefined
  /**
   * Whether to stop devices whose image has been removed. The data in them is lost. Default: `false`.
   */
  readonly devicesOfRemovedImages?: boolean | undefined
  /**
   * Whether to unmount and stop every device that shows a temporary snapshot, and then delete the snapshot. A process
   * that was killed leaves them. Nothing sets them apart from those of a process that works, such as a comparison: say
   * so only when there is none. Default: `false`.
   */
  readonly temporaryDevices?: boolean | undefined
}

/**
 * What {@link plan} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanError =
  | OperationError.ListSnapshotsError
  | OperationError.ListDevicesError
  | PlatformError

/** How old a leftover is, and the latest time of its last change. */
const ageOf = ({ olderThan: given = "1 day" }: { readonly olderThan?: Duration.DurationInput | undefined }) =>
  Effect.map(DateTime.now, (now) => {
    const olderThan = Duration.decode(given)
    return { olderThan, before: DateTime.subtractDuration(now, olderThan) }
  })

/**
 * What is left over of a disk, and what only looks so. It changes nothing.
 *
 * @since 0.2.0
 * @category constructors
 */
export const plan = (options: PlanOptions): Effect.Effect<Plan.Plan, PlanError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const tree = yield* ploop.listSnapshots({ disk: options.disk })
    // The service has accepted the path.
    const disk = Disk.make(options.disk)
    const onHost = yield* ploop.listDevices
    const running = yield* devices.ofDisk(onHost, disk, tree)
    const inUse = running.length > 0 ? [] : yield* flagged(disk, tree)
    const mayClear = options.inUseFlags ?? false
    // An image that is missing does not keep the rest from being found.
    const sizes = yield* Effect.orElseSucceed(sizesOf(disk, tree), () => new Map<SnapshotId, bigint>())
    const attached = running.length === 0 ? [] : yield* Effect.orElseSucceed(
      ploop.attachments({ disk }),
      () => undefined
    )
    const found = all([
      devices.judge(running, options.devicesOfRemovedImages ?? false),
      flags.judge(disk, inUse, mayClear),
      snapshots.judge({
        disk,
        tree,
        sizes,
        running,
        attached,
        mayStop: options.temporaryDevices ?? false,
        blocked: inUse.length > 0 && !mayClear
      }),
      yield* files.judge(disk, tree, {
        running: onHost,
        used: attached === undefined ? undefined : new Set(attached.flatMap(({ images }) => images.map(String))),
        isCutShort: attached?.some(({ snapshot }) => snapshot === undefined) ?? false,
        orphanedImages: options.orphanedImages ?? false,
        ...(yield* ageOf(options))
      })
    ])
    return yield* timed(new Plan.Plan({ title: `Leftovers of ${disk}`, ...found, onFailure: "stop" }))
  }).pipe(Effect.withSpan("Leftovers.plan", { attributes: { disk: options.disk } }))

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanDirectoryOptions {
  /** The directory. */
  readonly directory: string
  /**
   * How old a file must be before it counts as left over. It must be longer than any operation in
   * the directory takes. Default: one day.
   */
  readonly olderThan?: Duration.DurationInput | undefined
}

/**
 * What {@link planDevices} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type HostPlanError = OperationError.ListDevicesError | PlatformError

/**
 * What {@link planDirectory} fails with: `PolicyInvalid` for a directory that is missing.
 *
 * @since 0.2.0
 * @category models
 */
export type DirectoryPlanError = HostPlanError | MaintenanceError.PolicyInvalid

/**
 * What is left over in a directory where no disk is, such as one of a disk that was
 * never complete, or one of backups. It finishes removals that were cut short, and names
 * what else a person may want to remove. It changes nothing.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planDirectory = (
  options: PlanDirectoryOptions
): Effect.Effect<Plan.Plan, DirectoryPlanError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    yield* requireDirectory(options.directory)
    const ploop = yield* Ploop
    const running = yield* ploop.listDevices
    const found = yield* directories.judge(options.directory, { running, ...(yield* ageOf(options)) })
    return yield* timed(new Plan.Plan({ title: `Leftovers in ${options.directory}`, ...found, onFailure: "stop" }))
  }).pipe(Effect.withSpan("Leftovers.planDirectory", { attributes: { directory: options.directory } }))

/**
 * Which devices to judge, and how.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanDevicesOptions = Pick<PlanOptions, "devicesOfRemovedImages">

/**
 * The devices of the host whose image was removed, and those whose image has no
 * descriptor beside it. It changes nothing.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planDevices = (
  options?: PlanDevicesOptions
): Effect.Effect<Plan.Plan, HostPlanError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const found = yield* devices.judgeAll(yield* ploop.listDevices, options?.devicesOfRemovedImages ?? false)
    return new Plan.Plan({ title: "Leftovers among the devices of the host", ...found, onFailure: "stop" })
  }).pipe(Effect.withSpan("Leftovers.planDevices"))
