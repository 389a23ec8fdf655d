import type { Disk } from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as VolumeError from "../../VolumeError.js"
import * as bases from "../bases.js"
import { during } from "../failures.js"
import * as checks from "./checks.js"
import { filesName } from "./reconcile.js"
import type { Record } from "./record.js"
import { find, get, replace, type Store } from "./store.js"

/** The disk that a new volume is cloned from, at a snapshot of it. */
export interface Source {
  readonly from: Disk
  readonly at?: SnapshotId.SnapshotId | undefined
}

const makeFiles = (target: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(`${target}/${filesName}`, { mode: 0o755 }))

/** An empty disk of a size. */
export const empty = (store: Store, size: Record["size"]) =>
  store.bases.exclusively(`${size}`)(during("make an empty disk")(bases.ensure(store.layout, size, makeFiles)))

/** The volume that `from` names, and the identifier of a snapshot of its disk, when it names one. */
export const resolve = (store: Store, from: string) =>
  Effect.gen(function*() {
    const whole = yield* find(store, from)
    if (Option.isSome(whole)) return { volume: whole.value, snapshot: Option.none() }
    const { snapshot, volume: name } = checks.splitAt(from)
    const volume = yield* get(store, name)
    const id = checks.snapshotId(snapshot)
    if (snapshot !== undefined && Option.isNone(id)) {
      return yield* new VolumeError.VolumeSnapshotNotFound({ name, snapshot })
    }
    return { volume, snapshot: id }
  })

const treeOf = (store: Store, { id }: Record) =>
  Effect.flatMap(Ploop, (ploop) => ploop.listSnapshots({ disk: store.layout.diskOf(id) }))

/**
 * Merges the snapshots that were taken for clones which are gone, when the chain of the
 * disk has become long. The backend refuses to merge what a clone still has.
 */
const shorten = (store: Store, record: Record) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const tree = yield* treeOf(store, record)
    if (SnapshotTree.chain(tree, SnapshotId.top).length < store.options.maxChain / 2) return record
    const disk = store.layout.diskOf(record.id)
    const kept = yield* Effect.filter(record.points, (id) =>
      Effect.match(ploop.deleteSnapshot({ disk, id }), {
        onFailure: ({ _tag }) => _tag !== "SnapshotNotFound",
        onSuccess: () => false
      }))
    return { ...record, points: kept }
  })

/** Takes a snapshot for a clone. It is recorded first, so that it is never taken for one of the operator. */
const takePoint = (store: Store, record: Record) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const id = yield* SnapshotId.random
    const shortened = yield* during("merge snapshots of gone clones")(shorten(store, record))
    yield* replace(store, { ...shortened, points: [...shortened.points, id] })
    yield* during("take a snapshot of the volume")(
      ploop.createSnapshot({ disk: store.layout.diskOf(record.id), id })
    )
    return id
  })

const requireSnapshot = (store: Store, volume: Record, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const tree = yield* during("list the snapshots of the volume")(treeOf(store, volume))
    if (Option.isSome(SnapshotTree.get(tree, id))) return id
    return yield* new VolumeError.VolumeSnapshotNotFound({ name: volume.name, snapshot: id })
  })

/** The state of a volume to clone. A volume that can only be read never changes, so its top is one. */
export const ofVolume = (store: Store, volume: Record, snapshot: Option.Option<SnapshotId.SnapshotId>) =>
  Effect.gen(function*() {
    const from = store.layout.diskOf(volume.id)
    if (Option.isSome(snapshot)) return { from, at: yield* requireSnapshot(store, volume, snapshot.value) }
    if (volume.readOnly) return { from }
    return { from, at: yield* takePoint(store, volume) }
  }).pipe(Effect.map((source): Source => source))
