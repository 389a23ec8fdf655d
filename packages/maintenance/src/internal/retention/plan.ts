import type { Disk } from "@effect-ploop/core/Disk"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Plan from "../../Plan.js"
import type { Policy } from "../../RetentionPolicy.js"
import * as SnapshotTime from "../../SnapshotTime.js"
import { deletion } from "../actions/deletion.js"
import type { Names } from "./names.js"
import { type Deletion, order } from "./order.js"
import { naming } from "./pattern.js"
import { type Dated, select } from "./select.js"

/** Everything that a plan is made of. */
export interface Facts {
  readonly disk: Disk
  readonly policy: Policy
  readonly tree: SnapshotTree.SnapshotTree
  readonly sizes: ReadonlyMap<SnapshotId.SnapshotId, bigint>
  readonly now: DateTime.Utc
  /** The names of the snapshots that have one. */
  readonly names: Names
}

const isDated = (dated: Dated | undefined): dated is Dated => dated !== undefined

const dated = ({ id }: SnapshotTree.Node): Dated | undefined =>
  Option.getOrUndefined(Option.map(SnapshotTime.fromId(id), (at) => ({ id, at })))

/** The last good one, where no age says which that is: the descriptor has them in the order of their creation. */
const newestOfUnknownAge = (permanent: ReadonlyArray<SnapshotTree.Node>) =>
  permanent.some((node) => dated(node) !== undefined) ? [] : permanent.slice(-1)

/** The last good state of the present content: without it nobody can go back on this branch. */
const newestBelowTop = (tree: SnapshotTree.SnapshotTree) =>
  SnapshotTree.chain(tree, SnapshotId.top).filter(({ id, temporary }) => id !== SnapshotId.top && !temporary).slice(
    0,
    1
  )

/** Why each snapshot is kept, by what is known before the order is. The last reason counts. */
const keptReasons = ({ names, now, policy, tree }: Facts): ReadonlyMap<SnapshotId.SnapshotId, string> => {
  const snapshots = tree.nodes.filter(({ id }) => id !== SnapshotId.top)
  const permanent = snapshots.filter(({ temporary }) => !temporary)
  const { about, keeps } = naming(policy)
  const nameOf = ({ id }: SnapshotTree.Node) => names.get(id) ?? id.slice(1, -1)
  const judged = permanent.filter((node) => about(nameOf(node)))
  return new Map([
    ...newestBelowTop(tree).map(({ id }) => [id, "the newest that the top delta is built on"] as const),
    ...select(judged.map(dated).filter(isDated), policy, now),
    ...newestOfUnknownAge(permanent).map(({ id }) => [id, "the newest"] as const),
    ...permanent.filter((node) => dated(node) === undefined && policy.unknownAge !== "delete")
      .map(({ id }) => [id, "its age is not known"] as const),
    ...permanent.filter((node) => !about(nameOf(node)))
      .map((node) => [node.id, `the policy is not about its name ${nameOf(node)}`] as const),
    ...permanent.filter((node) => keeps(nameOf(node)))
      .map((node) => [node.id, `the policy keeps its name ${nameOf(node)}`] as const),
    ...snapshots.filter(({ temporary }) => temporary).map(({ id }) => [id, "it is temporary"] as const),
    ...(policy.pinned ?? []).filter((id) => snapshots.some((node) => node.id === id))
      .map((id) => [id, "it is pinned"] as const)
  ])
}

const stepOf = (disk: Disk) => ({ child, frees, id, moves, parent }: Deletion): Plan.Step =>
  new Plan.Step({
    action: deletion(disk, { id, parent, child }),
    reason: Option.match(SnapshotTime.fromId(id), {
      onNone: () => "No rule keeps it, and the policy deletes snapshots of unknown age.",
      onSome: (at) => `No rule keeps it. It was taken at ${at.toJSON()}.`
    }),
    moves,
    frees
  })

/** The plan of a policy, and the trees before it and after. */
export const make = (facts: Facts): { readonly plan: Plan.Plan; readonly preview: Plan.Preview } => {
  const { disk, sizes, tree } = facts
  const reasons = keptReasons(facts)
  const doomed = new Set(tree.nodes.map(({ id }) => id).filter((id) => id !== SnapshotId.top && !reasons.has(id)))
  const { after, deletions } = order(tree, doomed, sizes)
  const branching = after.nodes.filter(({ id }) => doomed.has(id)).map(({ id }) => ({
    subject: id,
    reason: `${SnapshotTree.children(after, id).length} others are built on it`
  }))
  const preview = new Plan.Preview({ before: tree, after })
  const plan = new Plan.Plan({
    title: `Retention of the snapshots of ${disk}`,
    steps: deletions.map(stepOf(disk)),
    kept: [...Array.from(reasons, ([subject, reason]) => ({ subject, reason })), ...branching].map((kept) =>
      new Plan.Kept(kept)
    ),
    onFailure: "stop",
    preview
  })
  return { plan, preview }
}
