/**
 * Which snapshots of a disk to keep: the newest ones, and the newest of each hour,
 * day, week, month and year.
 *
 * The age of a snapshot is in its identifier, as `SnapshotTime` makes it. Snapshots
 * with another identifier have no known age and are kept, unless the policy says
 * otherwise. The newest snapshot is always kept, and so is each that several others
 * are built on.
 *
 * @example
 * import { Plan, Retention } from "@effect-ploop/maintenance"
 * import { Effect } from "effect"
 *
 * const disk = "/vz/101/DiskDescriptor.xml"
 *
 * const preview = Effect.map(Retention.plan({ disk, policy: { hourly: 24, daily: 7, weekly: 4 } }), Plan.render)
 *
 * @since 0.2.0
 */
import * as Disk from "@effect-ploop/core/Disk"
import type * as OperationError from "@effect-ploop/core/OperationError"
import { Ploop } from "@effect-ploop/core/Ploop"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as internalPlan from "./internal/retention/plan.js"
import { check } from "./internal/retention/policy.js"
import { sizesOf } from "./internal/retention/sizes.js"
import { timed } from "./internal/timed.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import type * as Plan from "./Plan.js"
import type { PolicyOptions } from "./RetentionPolicy.js"

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** Which of its snapshots to keep. */
  readonly policy: PolicyOptions
}

/**
 * What {@link plan} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanError = MaintenanceError.PolicyInvalid | OperationError.ListSnapshotsError | PlatformError

/**
 * The deletions that a policy asks for, in the order that copies the least data. It
 * changes nothing.
 *
 * Time is from `Clock`. A policy that keeps more snapshots than a chain of deltas can
 * have is `PolicyInvalid`, and so is one without a rule about time.
 *
 * @since 0.2.0
 * @category constructors
 */
export const plan = (options: PlanOptions): Effect.Effect<Plan.Plan, PlanError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const policy = yield* check(options.policy)
    const ploop = yield* Ploop
    const tree = yield* ploop.listSnapshots({ disk: options.disk })
    // The service has accepted the path.
    const disk = Disk.make(options.disk)
    const sizes = yield* sizesOf(disk, tree)
    return yield* timed(internalPlan.make({ disk, policy, tree, sizes, now: yield* DateTime.now }))
  }).pipe(Effect.withSpan("Retention.plan", { attributes: { disk: options.disk } }))
