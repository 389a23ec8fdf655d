/**
 * The workflows of a fleet: moves of disks between hosts, clones, snapshots of several disks, and what else takes many steps
 * on many hosts.
 *
 * A workflow is recorded before its first step, and each step before it begins. So it ends, whatever is restarted in the meantime. A step that fails is
 * repeated by itself, undone, or waits for a person, who resumes it or gives it up.
 *
 * @example
 * import { Workflows } from "@effect-ploop/fleet"
 * import { Console, Effect } from "effect"
 *
 * const disk = "/vz/101/root.hdd/DiskDescriptor.xml"
 *
 * export const program = Effect.gen(function*() {
 *   const workflows = yield* Workflows.Workflows
 *   const id = yield* workflows.start({
 *     _tag: "Move",
 *     from: { host: "node-1", disk },
 *     to: { host: "node-2", disk }
 *   }, { key: "move 101 to node-2" })
 *   yield* Console.log((yield* workflows.ended(id))._tag)
 * })
 *
 * @since 0.2.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { CannotDecide, InvalidRequest, KeyTaken, StorageFailed, UnknownWorkflow } from "./FleetError.js"
import type * as Workflow from "./Workflow.js"

/**
 * How to start a workflow.
 *
 * @since 0.2.0
 * @category models
 */
export interface StartOptions {
  /** Names the workflow. There is one for each key of a kind, and the same call with the same key returns its identifier. */
  readonly key: string
}

/**
 * Which workflows to list.
 *
 * @since 0.2.0
 * @category models
 */
export interface ListOptions {
  /** Whether those that have ended are in the list. Default: `false`. */
  readonly ended?: boolean | undefined
}

/**
 * The operations on workflows.
 *
 * @since 0.2.0
 * @category services
 */
export interface Workflows {
  /**
   * Records a workflow, and starts it. It returns the identifier, without waiting for the end: see {@link Workflows.ended}.
   */
  readonly start: (
    request: typeof Workflow.Request.Encoded,
    options: StartOptions
  ) => Effect.Effect<string, InvalidRequest | KeyTaken | StorageFailed>
  /** A workflow, with its history. */
  readonly get: (id: string) => Effect.Effect<Workflow.Workflow, UnknownWorkflow | StorageFailed>
  /** The workflows that have not ended, or all, the oldest first. */
  readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Workflow.Workflow>, StorageFailed>
  /** Waits until a workflow has ended, for as long as it takes. */
  readonly ended: (id: string) => Effect.Effect<Workflow.Outcome, UnknownWorkflow | StorageFailed>
  /** Repeats the step at which a workflow waits for a person. */
  readonly resume: (id: string) => Effect.Effect<void, UnknownWorkflow | CannotDecide | StorageFailed>
  /**
   * Gives up the step at which a workflow waits for a person or for a host. The workflow then undoes what it has done, or leaves
   * what could not be removed, and ends. A step whose outcome is not known cannot be given up: `CannotDecide`.
   */
  readonly giveUp: (id: string) => Effect.Effect<void, UnknownWorkflow | CannotDecide | StorageFailed>
}

/**
 * @since 0.2.0
 * @category tags
 */
export const Workflows: Context.Tag<Workflows, Workflows> = Context.GenericTag<Workflows>(
  "@effect-ploop/fleet/Workflows"
)
