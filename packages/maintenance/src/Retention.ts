/**
 * Which snapshots of a disk to keep: the newest ones, and the newest of each hour,
 * day, week, month and year.
 *
 * The age of a snapshot is in its identifier, as `SnapshotTime` makes it. Snapshots
 * with another identifier have no known age and are kept, unless the policy says
 * otherwise.
 *
 * A policy judges all branches of a tree alike. The newest snapshot of all is always
 * kept, the newest that the top delta is built on, and each that several others are built
 * on: it goes once all but one of those are gone.
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
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Names, namesOf } from "./internal/retention/names.js"
import * as internalPlan from "./internal/retention/plan.js"
import { check, overfull } from "./internal/retention/policy.js"
import { sizesOf } from "./internal/retention/sizes.js"
import { timed } from "./internal/timed.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import type * as Plan from "./Plan.js"
import type { Policy, PolicyOptions } from "./RetentionPolicy.js"

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** Which of its snapshots to keep. */
  readonly policy: PolicyOptions
  /**
   * The names of snapshots by their identifiers, for `keepNames` and `onlyNames`. Default: those that `vzctl` and
   * `prlctl` keep for a container, in the file `Snapshots.xml` beside the directory of the disk or in it.
   */
  readonly names?: Readonly<Record<string, string>> | undefined
}

/**
 * What {@link plan} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type PlanError = MaintenanceError.PolicyInvalid | OperationError.ListSnapshotsError | PlatformError

/** The names that the policy asks for. Nothing is read for one that asks for none. */
const namesFor = ({ disk, names }: PlanOptions, policy: Policy) => {
  if ([policy.keepNames, policy.onlyNames].every((patterns) => (patterns?.length ?? 0) === 0)) {
    return Effect.succeed<Names>(new Map())
  }
  return names === undefined ? namesOf(disk) : Effect.succeed<Names>(
    new Map(
      Object.entries(names).flatMap(([id, name]) =>
        Option.toArray(Schema.decodeOption(SnapshotId.SnapshotId)(id)).map((known) => [known, name] as const)
      )
    )
  )
}

/**
 * The deletions that a policy asks for, in the order that copies the least data. It
 * changes nothing.
 *
 * Time is from `Clock`. A policy that keeps more snapshots than a chain of deltas can
 * have is `PolicyInvalid`, be it by its counts or by what it leaves of this disk, and so
 * is one without a rule about time.
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
    const names = yield* namesFor(options, policy)
    const made = internalPlan.make({ disk, policy, tree, sizes, names, now: yield* DateTime.now })
    const invalid = overfull(made.preview.after)
    return invalid === undefined ? yield* timed(made.plan) : yield* invalid
  }).pipe(Effect.withSpan("Retention.plan", { attributes: { disk: options.disk } }))
