import * as HostPath from "@effect-ploop/core/HostPath"
import { Ploop } from "@effect-ploop/core/Ploop"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Action from "../../Action.js"
import * as BackupError from "../../BackupError.js"
import * as MaintenanceError from "../../MaintenanceError.js"
import * as Plan from "../../Plan.js"
import * as SnapshotTime from "../../SnapshotTime.js"
import * as identity from "../identity.js"
import { order } from "../retention/order.js"
import { sizesOf } from "../retention/sizes.js"
import * as sets from "../set/plan.js"
import { timed } from "../timed.js"
import { type Manifest, read } from "./manifest.js"
import { prepare } from "./restore.js"

const invalid = (field: string, value: string, rule: string) =>
  new MaintenanceError.PolicyInvalid({ field, value, rule })

const hostPath = (field: string, path: string) =>
  Effect.mapError(
    Schema.decode(HostPath.HostPath)(path),
    (error) => invalid(field, path, ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "must be a path")
  )

/** A directory that is to be made. */
const newDirectory = (to: string) =>
  Effect.gen(function*() {
    const path = yield* hostPath("to", to)
    return Option.isSome(yield* identity.at(to)) ? yield* invalid("to", to, "must not exist") : path
  })

export const requireSome = (from: ReadonlyArray<string>) =>
  from.length === 0 ? invalid("from", "[]", "must name at least one backup") : Effect.void

/** The images that a backup has to copy: those above the snapshot of the backup before. */
const copied = (disk: string, tree: SnapshotTree.SnapshotTree, before: Manifest | undefined) => {
  const chain = SnapshotTree.chain(tree, SnapshotTree.top(tree).id).toReversed()
  if (before === undefined) return Effect.succeed(chain)
  const known = chain.findIndex(({ id }) => id === before.snapshot)
  return known < 0
    ? new BackupError.BackupInvalid({
      path: disk,
      reason: `the top delta is not built on the snapshot ${before.snapshot} of the backup before: make a full backup`
    })
    : Effect.succeed(chain.slice(known + 1))
}

interface SaveOptions {
  readonly disk: string
  readonly to: string
  readonly after?: string | undefined
  readonly keepSnapshot?: boolean | undefined
  readonly drops?: SnapshotId.SnapshotId | undefined
}

const one = (title: string, action: Action.Action, reason: string, moves: bigint, frees = 0n) =>
  timed(
    new Plan.Plan({
      title,
      steps: [new Plan.Step({ action, reason, moves, frees })],
      kept: [],
      onFailure: "stop"
    })
  )

/** The deletion of the snapshot of an earlier backup, which belongs to the new one. */
const dropping = (
  tree: SnapshotTree.SnapshotTree,
  sizes: ReadonlyMap<SnapshotId.SnapshotId, bigint>,
  drops: SnapshotId.SnapshotId | undefined
) => {
  const [deleted] = order(tree, new Set(drops === undefined ? [] : [drops]), sizes).deletions
  return deleted ?? { moves: 0n, frees: 0n }
}

export const save = (options: SaveOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const [disk] = yield* sets.disks([options.disk])
    const to = yield* newDirectory(options.to)
    const after = options.after === undefined ? undefined : yield* hostPath("after", options.after)
    const before = after === undefined ? undefined : yield* read(after)
    const tree = yield* ploop.listSnapshots({ disk: options.disk })
    const nodes = yield* copied(options.disk, tree, before)
    const sizes = yield* sizesOf(disk!, tree)
    const snapshot = yield* SnapshotTime.identifier
    const copies = nodes.reduce((total, { id }) => total + (sizes.get(id) ?? 0n), 0n)
    const drops = options.drops ?? (options.keepSnapshot === true ? before?.snapshot : undefined)
    const deleted = dropping(tree, sizes, drops)
    return yield* one(
      `Backup of ${options.disk}`,
      new Action.SaveBackup({
        disk: disk!,
        to,
        snapshot,
        ...(after !== undefined && { after }),
        keepSnapshot: options.keepSnapshot ?? false,
        ...(drops !== undefined && { drops })
      }),
      options.keepSnapshot === true
        ? `It is taken from the snapshot ${snapshot}, which stays on the disk for a backup that continues it.`
        : `It is taken from the snapshot ${snapshot}, which is deleted afterwards.`,
      copies + deleted.moves,
      deleted.frees
    )
  })

interface RestoreOptions {
  readonly from: ReadonlyArray<string>
  readonly to: string
}

export const restore = (options: RestoreOptions) =>
  Effect.gen(function*() {
    yield* requireSome(options.from)
    const to = yield* newDirectory(options.to)
    const from = yield* Effect.forEach(options.from, (directory) => hostPath("from", directory))
    const { parts } = yield* prepare(options.from)
    const last = parts.at(-1)!.manifest
    return yield* one(
      `Restoration of ${last.disk}`,
      new Action.RestoreBackup({ from, to, id: yield* SnapshotTime.identifier }),
      `The last of the backups was taken at ${last.takenAt.toJSON()}.`,
      parts.reduce((total, { manifest }) => total + manifest.images.reduce((sum, { size }) => sum + size, 0n), 0n)
    )
  })
