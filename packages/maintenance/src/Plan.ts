/**
 * What a tool of this package would do, as a value: it can be inspected, printed,
 * kept as JSON, and applied later.
 *
 * Each step has its reason and its cost. What the plan leaves alone is in it too,
 * with the reason. {@link apply} does nothing that the plan does not show.
 *
 * @example
 * import { Plan, Retention } from "@effect-ploop/maintenance"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const plan = yield* Retention.plan({ disk: "/vz/101/DiskDescriptor.xml", policy: { daily: 7, weekly: 4 } })
 *   yield* Console.log(Plan.render(plan))
 *   yield* Plan.apply(plan)
 * })
 *
 * @since 0.2.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "./Action.js"
import * as internal from "./internal/apply.js"
import type * as MaintenanceError from "./MaintenanceError.js"

/**
 * One step.
 *
 * - `action`: what it does;
 * - `reason`: why;
 * - `moves`: how many bytes it copies, at most;
 * - `frees`: how many bytes it gives back to the host, at most;
 * - `takes`: about how long it takes, by the last step of its kind on the same file system (`HostSpeed`); absent when
 *   there was none, and when it copies nothing.
 *
 * @since 0.2.0
 * @category models
 */
export class Step extends Schema.Class<Step>("@effect-ploop/maintenance/Plan/Step")({
  action: Action.Action,
  reason: Schema.String,
  moves: Schema.NonNegativeBigInt,
  frees: Schema.NonNegativeBigInt,
  takes: Schema.optional(Schema.DurationFromMillis)
}) {}

/**
 * Something that the plan leaves alone.
 *
 * - `subject`: the snapshot, device or file;
 * - `reason`: why it stays;
 * - `isUnread`: whether it stays because it could not be inspected, which somebody has to look into; absent otherwise.
 *
 * @since 0.2.0
 * @category models
 */
export class Kept extends Schema.Class<Kept>("@effect-ploop/maintenance/Plan/Kept")({
  subject: Schema.String,
  reason: Schema.String,
  isUnread: Schema.optional(Schema.Boolean)
}) {}

/**
 * The snapshots of a disk before the plan is applied and after it.
 *
 * - `before`: the present tree;
 * - `after`: the tree once every step is applied.
 *
 * @since 0.2.0
 * @category models
 */
export class Preview extends Schema.Class<Preview>("@effect-ploop/maintenance/Plan/Preview")({
  before: SnapshotTree.SnapshotTree,
  after: SnapshotTree.SnapshotTree
}) {}

/**
 * A plan.
 *
 * - `title`: what it is for;
 * - `steps`: what is done, in this order;
 * - `kept`: what is left alone;
 * - `onFailure`: `stop` leaves the steps that were applied; `undo` takes back those that this application has applied, so
 *   that all of it happens or nothing;
 * - `preview`: the tree of snapshots before and after; absent when the plan changes none.
 *
 * @since 0.2.0
 * @category models
 */
export class Plan extends Schema.Class<Plan>("@effect-ploop/maintenance/Plan/Plan")({
  title: Schema.String,
  steps: Schema.Array(Step),
  kept: Schema.Array(Kept),
  onFailure: Schema.Literal("stop", "undo"),
  preview: Schema.optional(Preview)
}) {}

/**
 * A plan as JSON.
 *
 * @since 0.2.0
 * @category schemas
 */
export const PlanFromJson: Schema.Schema<Plan, string> = Schema.parseJson(Plan, { space: 2 })

/**
 * Whether there is nothing to do.
 *
 * @since 0.2.0
 * @category predicates
 */
export const isEmpty = (plan: Plan): boolean => plan.steps.length === 0

/** What a sum over the steps is: sizes of a plan are never negative. */
const sum = (sizes: ReadonlyArray<bigint>): ByteSize.ByteSize =>
  ByteSize.ByteSizeFromSelf.make(sizes.reduce((total, size) => total + size, 0n))

/**
 * How many bytes the steps copy, at most.
 *
 * @since 0.2.0
 * @category queries
 */
export const moves = (plan: Plan): ByteSize.ByteSize => sum(plan.steps.map((step) => step.moves))

/**
 * How many bytes the steps give back to the host, at most.
 *
 * @since 0.2.0
 * @category queries
 */
export const frees = (plan: Plan): ByteSize.ByteSize => sum(plan.steps.map((step) => step.frees))

/** The two largest units of a duration are exact enough for an estimate. */
const roughly = (duration: Duration.Duration): string =>
  Duration.lessThan(duration, "1 second")
    ? "less than a second"
    : `about ${
      Duration.format(Duration.seconds(Math.round(Duration.toSeconds(duration)))).split(" ").slice(0, 2).join(" ")
    }`

const upTo = (verb: string, bytes: bigint): string =>
  bytes > 0n ? `${verb} up to ${ByteSize.format(sum([bytes]))}` : `${verb} nothing`

const cost = ({ frees, moves, takes }: Step): string =>
  [upTo("copies", moves), upTo("frees", frees), ...(takes === undefined ? [] : [`takes ${roughly(takes)}`])].join(", ")

const indented = (text: string): string => text.split("\n").map((line) => `  ${line}`).join("\n")

/**
 * The plan for people: its steps with their reasons and costs, what stays, and
 * the tree before and after.
 *
 * @since 0.2.0
 * @category rendering
 */
export const render = (plan: Plan, options?: SnapshotTree.RenderOptions): string => {
  const steps = plan.steps.map((step, index) => {
    const about = Action.subject(step.action)
    const what = Action.render(step.action)
    return `  ${index + 1}. ${what.includes(about) ? what : `${about}: ${what}`} (${cost(step)})\n     ${step.reason}`
  })
  const trees = plan.preview === undefined || isEmpty(plan) ? [] : [
    "Before:",
    indented(SnapshotTree.render(plan.preview.before, options)),
    "After:",
    indented(SnapshotTree.render(plan.preview.after, options))
  ]
  return [
    plan.title,
    ...(steps.length === 0 ? ["  Nothing to do."] : steps),
    ...(plan.kept.length === 0 ? [] : ["Kept:", ...plan.kept.map(({ reason, subject }) => `  ${subject}: ${reason}`)]),
    ...trees
  ].join("\n")
}

/**
 * The outcome of a step: `applied` now, or `done` already, by an earlier
 * application or by somebody else.
 *
 * - `step`: its place in the plan, from zero;
 * - `outcome`: which of the two it is.
 *
 * @since 0.2.0
 * @category models
 */
export interface Outcome {
  /** The place of the step in the plan, from zero. */
  readonly step: number
  /** `applied` now, or `done` already. */
  readonly outcome: "applied" | "done"
}

/**
 * @since 0.2.0
 * @category models
 */
export interface ApplyOptions {
  /** Runs after each step, for progress. Default: nothing. */
  readonly onOutcome?: ((outcome: Outcome, step: Step) => Effect.Effect<void>) | undefined
}

/**
 * Applies a plan, step by step. Before each step it checks that the world is still
 * as planned. A step whose result is there already is passed over, so that a plan
 * that was stopped half-way is resumed by another application of it. After each
 * step it checks that the result is there.
 *
 * An interruption takes effect between two steps, or within one where the operation
 * can be interrupted. A plan with `onFailure: "undo"` is undone by it.
 *
 * @since 0.2.0
 * @category execution
 */
export const apply = (
  plan: Plan,
  options?: ApplyOptions
): Effect.Effect<ReadonlyArray<Outcome>, MaintenanceError.ApplyError, Ploop | FileSystem | Path> =>
  internal.apply(plan, options?.onOutcome)
