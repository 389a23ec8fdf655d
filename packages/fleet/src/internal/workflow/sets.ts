import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Options } from "../../Fleet.js"
import { type DiskOfHost, type Outcome, Problem, snapshotOf } from "../../Workflow.js"
import { forPerson } from "../transfer/place.js"
import { change, query } from "./calling.js"
import { done, failed } from "./ending.js"
import type { Environment } from "./environment.js"
import { type Attempt, type Durable, lastKey, orLeave, step } from "./step.js"
import { entityOf } from "./taking.js"

/** What is done to each disk of a set, and how it is undone. */
interface Doing {
  readonly verb: string
  readonly run: (attempt: Attempt, disk: DiskOfHost) => Effect.Effect<void, Problem>
  readonly undoVerb: string
  readonly undo: (attempt: Attempt, disk: DiskOfHost) => Effect.Effect<void, Problem>
  /** What may be left when somebody gives the undoing up. */
  readonly left: (disk: DiskOfHost) => string
}

const nameOf = (verb: string, disk: DiskOfHost): string => `${verb} ${entityOf(disk)}`

const at = (env: Environment, verb: string, disk: DiskOfHost, run: Doing["run"]) =>
  step(env, { name: nameOf(verb, disk), success: Schema.Void, run: (attempt) => run(attempt, disk) })

/** The disk that has failed is undone too: whether it was changed is not known. */
const undo = (env: Environment, doing: Doing, begun: ReadonlyArray<DiskOfHost>) =>
  Effect.forEach(
    begun.toReversed(),
    (disk) => orLeave(at(env, doing.undoVerb, disk, doing.undo), doing.left(disk))
  )

/** Does it to every disk, or to none. */
const toAll = (env: Environment, disks: ReadonlyArray<DiskOfHost>, doing: Doing): Durable<Outcome> =>
  Effect.gen(function*() {
    for (const [index, disk] of disks.entries()) {
      const ended = yield* Effect.either(at(env, doing.verb, disk, doing.run))
      if (Either.isLeft(ended)) return failed(ended.left, yield* undo(env, doing, disks.slice(0, index + 1)))
    }
    return done()
  })

const treeOf = (env: Environment, attempt: Attempt, disk: DiskOfHost) =>
  query(env, attempt, disk, "listSnapshots", { disk: disk.disk })

const has = (tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId): boolean =>
  Option.isSome(SnapshotTree.get(tree, id))

const requireGone = (env: Environment, attempt: Attempt, disk: DiskOfHost, id: SnapshotId.SnapshotId) =>
  Effect.flatMap(
    treeOf(env, attempt, disk),
    (tree) => has(tree, id) ? forPerson("NotUndone", `${disk.disk} still has the snapshot ${id}`) : Effect.void
  )

/**
 * Waits for the outcome of the last request, which must not arrive once the disk was inspected. It is the same request with the same key, so nothing
 * happens twice.
 */
const settled = <N extends "createSnapshot" | "snapshotAndSwitch">(
  env: Environment,
  attempt: Attempt,
  disk: DiskOfHost,
  verb: string,
  name: N,
  options: Options<N>
) =>
  Effect.flatMap(lastKey(env, nameOf(verb, disk)), (key) =>
    key === undefined
      ? Effect.void
      : Effect.catchIf(
        Effect.asVoid(change(env, attempt, disk, name, options, key)),
        // How the request has failed does not matter, but that the person gives up does.
        ({ kind }) => kind !== "givenUp",
        () => Effect.void
      ))

/** Takes a snapshot of each disk under one identifier. */
export const snapshotAll = (env: Environment, disks: ReadonlyArray<DiskOfHost>): Durable<Outcome> =>
  Effect.flatMap(snapshotOf(env.id), (id) => {
    const verb = "snapshot"
    return toAll(env, disks, {
      verb,
      run: (attempt, disk) =>
        Effect.gen(function*() {
          // A connection may have been lost once it was taken.
          if (has(yield* treeOf(env, attempt, disk), id)) return
          yield* change(env, attempt, disk, "createSnapshot", { disk: disk.disk, id })
        }),
      undoVerb: "delete the snapshot of",
      undo: (attempt, disk) =>
        Effect.gen(function*() {
          yield* settled(env, attempt, disk, verb, "createSnapshot", { disk: disk.disk, id })
          if (!has(yield* treeOf(env, attempt, disk), id)) return
          yield* change(env, attempt, disk, "deleteSnapshot", { disk: disk.disk, id })
          yield* requireGone(env, attempt, disk, id)
        }),
      left: (disk) => `${entityOf(disk)} may still have the snapshot ${id}`
    })
  })

/** What a switch has done to a disk so far: nothing, the snapshot of the present content, or all. */
const switchState = (tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId, keepAs: SnapshotId.SnapshotId) => {
  if (!has(tree, keepAs)) return "nothing"
  return SnapshotTree.top(tree).parent === id ? "switched" : "kept"
}

const switchBack =
  (env: Environment, id: SnapshotId.SnapshotId, keepAs: SnapshotId.SnapshotId): Doing["undo"] => (attempt, disk) =>
    Effect.gen(function*() {
      yield* settled(env, attempt, disk, "roll back", "snapshotAndSwitch", { disk: disk.disk, id, keepAs })
      const state = switchState(yield* treeOf(env, attempt, disk), id, keepAs)
      if (state === "nothing") return
      const name = state === "switched" ? "switchAndDelete" : "deleteSnapshot"
      yield* change(env, attempt, disk, name, { disk: disk.disk, id: keepAs })
      yield* requireGone(env, attempt, disk, keepAs)
    })

/** Repeated after a kill, it finds what the first attempt has done. */
const switchOne =
  (env: Environment, id: SnapshotId.SnapshotId, keepAs: SnapshotId.SnapshotId): Doing["run"] => (attempt, disk) =>
    Effect.gen(function*() {
      const state = switchState(yield* treeOf(env, attempt, disk), id, keepAs)
      if (state === "switched") return
      if (state === "kept") {
        const reason = `${disk.disk} has the snapshot ${keepAs}, but was not taken back`
        return yield* new Problem({ tag: "HalfSwitched", reason, kind: "refused" })
      }
      yield* change(env, attempt, disk, "snapshotAndSwitch", { disk: disk.disk, id, keepAs })
    })

/** Takes each disk back to a snapshot, and keeps the present content as another one. */
export const rollBackAll = (
  env: Environment,
  disks: ReadonlyArray<DiskOfHost>,
  id: SnapshotId.SnapshotId
): Durable<Outcome> =>
  Effect.flatMap(snapshotOf(env.id), (keepAs) =>
    toAll(env, disks, {
      verb: "roll back",
      run: switchOne(env, id, keepAs),
      undoVerb: "switch back",
      undo: switchBack(env, id, keepAs),
      left: (disk) => `${entityOf(disk)} may still be taken back to ${id}; its content before is ${keepAs}`
    }))
