/**
 * Snapshots of several disks at one moment, under one identifier: all of them, or
 * none.
 *
 * @example
 * import { Plan, SnapshotSet } from "@effect-ploop/maintenance"
 * import { Console, Effect } from "effect"
 *
 * const disks = ["/vz/db/DiskDescriptor.xml", "/vz/web/DiskDescriptor.xml"]
 *
 * const program = Effect.gen(function*() {
 *   const plan = yield* SnapshotSet.plan({ disks })
 *   yield* SnapshotSet.apply(plan, {
 *     freeze: (disk) => Console.log(`stop writing to ${disk}`),
 *     thaw: (disk) => Console.log(`go on writing to ${disk}`)
 *   })
 * })
 *
 * @since 0.2.0
 */
import type * as OperationError from "@effect-ploop/core/OperationError"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Action from "./Action.js"
import { countOf } from "./internal/countOf.js"
import { frozen } from "./internal/set/frozen.js"
import * as internal from "./internal/set/plan.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import * as Plan from "./Plan.js"

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** The disks, by the paths of their descriptors, in the order in which the snapshots are taken. Each once. */
  readonly disks: ReadonlyArray<string>
  /** The identifier of the snapshot on every disk: a UUID. Default: a new one that has the present time. */
  readonly id?: string | undefined
}

/**
 * @since 0.2.0
 * @category models
 */
export interface SwitchOptions {
  /** The disks, by the paths of their descriptors. Each once. */
  readonly disks: ReadonlyArray<string>
  /** The identifier that the snapshot has on every disk. */
  readonly id: string
  /** The identifier under which the present content is kept. Default: a new one that has the present time. */
  readonly keepAs?: string | undefined
}

/**
 * What {@link plan} and {@link planSwitch} fail with. `PolicyInvalid` names a disk that
 * is there twice, has the identifier already, or does not have it.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanError = MaintenanceError.PolicyInvalid | OperationError.ListSnapshotsError

/**
 * One snapshot of each disk under one identifier. When one cannot be taken, those that
 * were taken are deleted again.
 *
 * @since 0.2.0
 * @category constructors
 */
export const plan = (options: PlanOptions): Effect.Effect<Plan.Plan, PlanError, Ploop | FileSystem> =>
  Effect.gen(function*() {
    const id = yield* internal.identifier("id", options.id)
    const disks = yield* internal.eachOnce(options.disks)
    yield* Effect.forEach(disks, (disk) => internal.expect(disk, id, false))
    return internal.make(
      `Snapshot ${id} of ${countOf(disks.length, "disk")}`,
      disks.map((disk) => new Action.CreateSnapshot({ disk, id })),
      "It belongs to the set."
    )
  }).pipe(Effect.withSpan("SnapshotSet.plan"))

/**
 * Takes every disk back to the snapshot of the set, and keeps what was written since.
 * When one cannot be switched, those that were are switched back. No disk may be mounted.
 *
 * @since 0.2.0
 * @category constructors
 */
export const planSwitch = (options: SwitchOptions): Effect.Effect<Plan.Plan, PlanError, Ploop | FileSystem> =>
  Effect.gen(function*() {
    const id = yield* internal.identifier("id", options.id)
    const keepAs = yield* internal.identifier("keepAs", options.keepAs)
    const disks = yield* internal.eachOnce(options.disks)
    yield* Effect.forEach(disks, (disk) => internal.expect(disk, id, true))
    yield* Effect.forEach(disks, (disk) => internal.expect(disk, keepAs, false))
    return internal.make(
      `Switch of ${countOf(disks.length, "disk")} to the snapshot ${id}`,
      disks.map((disk) => new Action.SwitchSnapshot({ disk, id, keepAs })),
      `The present content is kept as ${keepAs}.`
    )
  }).pipe(Effect.withSpan("SnapshotSet.planSwitch"))

/**
 * What happens around the snapshots of a set.
 *
 * @since 0.2.0
 * @category models
 */
export interface ApplyOptions<E, R> extends Plan.ApplyOptions {
  /** Stops the writes to a disk, in the order of the set. Default: nothing. */
  readonly freeze?: ((disk: string) => Effect.Effect<void, E, R>) | undefined
  /**
   * Lets the writes go on, in reverse order. It is called for every disk whose freeze was begun, after
   * success, failure and interruption. Default: nothing.
   */
  readonly thaw?: ((disk: string) => Effect.Effect<void, never, R>) | undefined
}

/**
 * Applies the plan of a set while all of its disks are frozen. A freeze that fails
 * ends it: no snapshot is taken. A failure takes back what this application has done;
 * what an earlier one of the same plan has done stays, because somebody may rely on it.
 *
 * @since 0.2.0
 * @category execution
 */
export const apply = <E = never, R = never>(
  plan: Plan.Plan,
  options?: ApplyOptions<E, R>
): Effect.Effect<ReadonlyArray<Plan.Outcome>, E | MaintenanceError.ApplyError, R | Ploop | FileSystem | Path> =>
  frozen(
    plan.steps.map(({ action }) => Action.subject(action)),
    options?.freeze ?? (() => Effect.void),
    options?.thaw ?? (() => Effect.void),
    Plan.apply(plan, options)
  )

/**
 * The identifier that the steps of the plan of a set share; undefined when the plan
 * is empty or of another kind.
 *
 * @since 0.2.0
 * @category queries
 */
export const idOf = (plan: Plan.Plan): SnapshotId.SnapshotId | undefined => {
  const action = plan.steps[0]?.action
  return action?._tag === "CreateSnapshot" || action?._tag === "SwitchSnapshot" ? action.id : undefined
}
