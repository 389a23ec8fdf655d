/**
 * Which disks would give back how much to the host, and how to make them do it: by
 * discards of what their file systems do not use, and by merges of snapshots that a
 * policy does not keep.
 *
 * What a disk gives back is estimated from what its file system uses and what its
 * images take. It is an upper bound: the metadata of the file system counts as unused.
 * A discard frees clusters of the image that receives writes, so that
 * space in the images of snapshots comes back only by merges.
 *
 * @example
 * import { Plan, Reclaim } from "@effect-ploop/maintenance"
 * import { Console, Effect } from "effect"
 *
 * const disks = ["/vz/101/DiskDescriptor.xml", "/vz/102/DiskDescriptor.xml"]
 *
 * const policy = { atLeast: "1G", budget: "100G", window: { from: "01:00", to: "05:00" } }
 *
 * const program = Effect.gen(function*() {
 *   const plan = yield* Reclaim.plan({ disks, policy })
 *   yield* Console.log(Plan.render(plan))
 *   const outcomes = yield* Reclaim.apply(plan, { window: policy.window })
 *   yield* Console.log(outcomes.map(({ freed, step }) => `step ${step + 1} freed ${freed} bytes`).join("\n"))
 * })
 *
 * @since 0.2.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { check } from "./internal/policyInvalid.js"
import * as applying from "./internal/reclaim/apply.js"
import * as facts from "./internal/reclaim/facts.js"
import * as planning from "./internal/reclaim/plan.js"
import { check as checkRetention } from "./internal/retention/policy.js"
import * as sets from "./internal/set/plan.js"
import { timed } from "./internal/timed.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import type * as Plan from "./Plan.js"
import * as ReclaimPolicy from "./ReclaimPolicy.js"
import * as Retention from "./Retention.js"

/**
 * What a disk takes of the host, and what a discard of it could give back.
 *
 * - `disk`: the disk;
 * - `fileSystem`: the number of the host's file system that has it;
 * - `images`: what its images take on the host, in bytes;
 * - `top`: what the image that receives writes takes of that, in bytes;
 * - `used`: what the file system in the disk uses, in bytes;
 * - `size`: the size of that file system, in bytes;
 * - `discardable`: what a discard could free, at most, in bytes;
 * - `isMounted`: whether its file system is mounted;
 * - `preallocated`: whether its images are to take their full size.
 *
 * @since 0.2.0
 * @category models
 */
export class Estimate extends Schema.Class<Estimate>("@effect-ploop/maintenance/Reclaim/Estimate")({
  disk: Disk.Disk,
  fileSystem: Schema.Number,
  images: ByteSize.ByteSizeFromString,
  top: ByteSize.ByteSizeFromString,
  used: ByteSize.ByteSizeFromString,
  size: ByteSize.ByteSizeFromString,
  discardable: ByteSize.ByteSizeFromString,
  isMounted: Schema.Boolean,
  preallocated: Schema.Boolean
}) {}

const size = (bytes: bigint): ByteSize.ByteSize => ByteSize.ByteSizeFromSelf.make(bytes)

const estimateOf = (known: facts.Facts): Estimate =>
  new Estimate({
    disk: known.disk,
    fileSystem: known.fileSystem,
    images: size(known.images),
    top: size(known.top),
    used: size(known.used),
    size: size(known.size),
    discardable: size(facts.discardable(known)),
    isMounted: known.isMounted,
    preallocated: known.preallocated
  })

/**
 * What {@link estimate} fails with.
 *
 * @since 0.2.0
 * @category models
 */
export type EstimateError =
  | MaintenanceError.PolicyInvalid
  | Effect.Effect.Error<ReturnType<typeof facts.read>>

/**
 * What a disk takes of the host, and what it could give back. The file system of a
 * disk that is not mounted is queried where its last unmount has left the numbers,
 * or with `mayMount` by a temporary mount.
 *
 * @since 0.2.0
 * @category queries
 */
export const estimate = (
  options: {
    /** The disk, by the path of its `DiskDescriptor.xml`. */
    readonly disk: string
    /** Whether it may be mounted for the query. Default: `false`. */
    readonly mayMount?: boolean | undefined
  }
): Effect.Effect<Estimate, EstimateError, Ploop | FileSystem | Path> =>
  sets.disks([options.disk]).pipe(
    Effect.flatMap(([disk]) => facts.read(disk!, options.mayMount ?? false)),
    Effect.map(estimateOf),
    Effect.withSpan("Reclaim.estimate", { attributes: { disk: options.disk } })
  )

/**
 * @since 0.2.0
 * @category models
 */
export interface PlanOptions {
  /** The disks, by the paths of their descriptors. Each once. */
  readonly disks: ReadonlyArray<string>
  /** What to give back, and at what cost. Default: every discard that frees 64 MiB or more. */
  readonly policy?: ReclaimPolicy.PolicyOptions | undefined
}

/** The offer of a disk. One that cannot be inspected is left alone, and does not keep the others from it. */
const offerOf = (
  disk: Disk.Disk,
  policy: ReclaimPolicy.Policy,
  retention: Retention.PlanOptions["policy"] | undefined
) =>
  Effect.gen(function*() {
    const known = yield* Effect.either(facts.read(disk, policy.mayMount))
    if (Either.isLeft(known)) return planning.unknown(disk, known.left.message)
    if (retention === undefined) return planning.offer(known.right, policy, undefined)
    const merges = yield* Effect.either(Retention.plan({ disk, policy: retention }))
    return Either.match(merges, {
      onLeft: ({ message }) => planning.unknown(disk, message),
      onRight: (merges) => planning.offer(known.right, policy, merges)
    })
  })

/**
 * What the disks can give back within the policy, those that give back most first.
 * Disks that cannot be inspected, and those that are not worth it, are in `kept`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const plan = (
  options: PlanOptions
): Effect.Effect<Plan.Plan, MaintenanceError.PolicyInvalid, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const policy = yield* check(ReclaimPolicy.Policy, options.policy ?? {})
    if (options.policy?.retention !== undefined) yield* checkRetention(options.policy.retention)
    const disks = yield* sets.eachOnce(options.disks)
    const offers = yield* Effect.forEach(disks, (disk) => offerOf(disk, policy, options.policy?.retention))
    return yield* timed(planning.make(offers, policy))
  }).pipe(Effect.withSpan("Reclaim.plan"))

/**
 * The outcome of a step.
 *
 * @since 0.2.0
 * @category models
 */
export interface Outcome {
  /** The place of the step in the plan, from zero. */
  readonly step: number
  /** `applied` now, `done` already, or `left` for the next time because the window was closed. */
  readonly outcome: "applied" | "done" | "left"
  /** By how much the images of the disk became smaller meanwhile, in bytes. */
  readonly freed: bigint
}

/**
 * @since 0.2.0
 * @category models
 */
export interface ApplyOptions {
  /** When a step may begin. One that has begun is finished. Default: at any time. */
  readonly window?: typeof ReclaimPolicy.Window.Encoded | undefined
  /** Runs after each step, for progress. Default: nothing. */
  readonly onOutcome?: ((outcome: Outcome, step: Plan.Step) => Effect.Effect<void>) | undefined
}

/**
 * Applies a plan: one step at a time on each file system of the host, and the file
 * systems at the same time. A failure ends the work on its own file system only;
 * the cause has all of them. The same plan can be applied again.
 *
 * @since 0.2.0
 * @category execution
 */
export const apply = (
  plan: Plan.Plan,
  options: ApplyOptions = {}
): Effect.Effect<
  ReadonlyArray<Outcome>,
  MaintenanceError.ApplyError | MaintenanceError.PolicyInvalid,
  Ploop | FileSystem | Path
> =>
  Effect.gen(function*() {
    const window = options.window === undefined ? undefined : yield* check(ReclaimPolicy.Window, options.window)
    return yield* applying.apply(plan, window, options.onOutcome ?? (() => Effect.void))
  }).pipe(Effect.withSpan("Reclaim.apply", { attributes: { title: plan.title } }))
