import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { Options } from "../../Request.js"
import * as VolumeError from "../../VolumeError.js"
import * as checks from "../checks.js"
import { during, opening } from "../failures.js"
import * as layouts from "../layout.js"
import * as locks from "../locks.js"
import * as reconcile from "./reconcile.js"
import * as records from "./record.js"

export type Services = Ploop | FileSystem | Path

/** What the calls share. */
export interface Store {
  readonly options: checks.Checked
  readonly layout: layouts.Layout
  readonly mounts: reconcile.Mounts
  /** The records in memory, as they are on the disk, by the names of the volumes. */
  readonly records: Ref.Ref<HashMap.HashMap<string, records.Record>>
  /** A lock for each name of a volume. */
  readonly names: locks.Locks
  /** A lock for each empty disk. */
  readonly bases: locks.Locks
  /** Limits the calls that change disks. */
  readonly changes: Effect.Semaphore
}

/** Opens a directory, and takes down what an earlier process left in it. */
export const open = (given: Options) =>
  Effect.gen(function*() {
    const options = yield* checks.options(given)
    const layout = yield* opening("make the directory of the volumes")(layouts.open(options.root, records.kind))
    const mounts = yield* opening("make the directory of the mounts")(reconcile.openMounts(layout))
    const found = yield* opening("read the records")(records.readAll(layout))
    const current = yield* reconcile.atStart(layout, mounts, found)
    const store: Store = {
      options,
      layout,
      mounts,
      records: yield* Ref.make(HashMap.fromIterable(current.map((record) => [record.name, record] as const))),
      names: yield* locks.make,
      bases: yield* locks.make,
      changes: yield* Effect.makeSemaphore(options.concurrency)
    }
    return store
  })

export const find = ({ records }: Store, name: string) => Effect.map(Ref.get(records), HashMap.get(name))

export const get = (store: Store, name: string) =>
  Effect.flatMap(
    find(store, name),
    Option.match({
      onNone: () => Effect.fail(new VolumeError.VolumeNotFound({ name })),
      onSome: Effect.succeed
    })
  )

/** Changes the record of a volume, on the disk first. */
export const replace = ({ layout, records: known }: Store, record: records.Record) =>
  Effect.zipRight(
    during("write the record")(records.replace(layout, record)),
    Ref.update(known, HashMap.set(record.name, record))
  )

/** Changes a volume while nothing else does. What waits can be interrupted. */
export const changing = <A, E, R>(
  store: Store,
  name: string,
  change: (record: records.Record) => Effect.Effect<A, E, R>
) =>
  store.names.exclusively(name)(
    store.changes.withPermits(1)(Effect.uninterruptible(Effect.flatMap(get(store, name), change)))
  )
