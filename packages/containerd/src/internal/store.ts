import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Options } from "../Request.js"
import * as catalogs from "./catalog.js"
import * as checks from "./checks.js"
import { opening } from "./failures.js"
import * as layouts from "./layout.js"
import * as leftovers from "./leftovers.js"
import * as locks from "./locks.js"
import * as records from "./record.js"
import * as timestamps from "./timestamps.js"

export type Services = Ploop | FileSystem | Path

/** What the calls share. */
export interface Store {
  readonly options: checks.Checked
  readonly layout: layouts.Layout
  readonly catalog: catalogs.Catalog
  /** The time in nanoseconds. */
  readonly now: Effect.Effect<bigint>
  /** A lock for each key of a snapshot. */
  readonly keys: locks.Locks
  /** A lock for each empty disk. */
  readonly bases: locks.Locks
  /** Limits the calls that change disks. */
  readonly changes: Effect.Semaphore
}

/** Opens a directory, and takes down what an earlier process left in it. */
export const open = (given: Options) =>
  Effect.gen(function*() {
    const options = yield* checks.options(given)
    const layout = yield* opening("make the directory of the snapshots")(layouts.open(options.root, records.kind))
    const found = yield* opening("read the records")(records.readAll(layout))
    yield* leftovers.takeDownAtStart(layout, found)
    const store: Store = {
      options,
      layout,
      catalog: yield* catalogs.make(found.records),
      now: yield* timestamps.make,
      keys: yield* locks.make,
      bases: yield* locks.make,
      changes: yield* Effect.makeSemaphore(options.concurrency)
    }
    yield* cleanUp(store)
    return store
  })

/** Takes down what nobody needs. */
export const cleanUp = ({ catalog, keys, layout }: Store): Effect.Effect<void, never, Services> =>
  leftovers.takeDown(layout, catalog.all, keys.exclusively)

/** Uses the snapshot of a key while nothing else does. */
export const withRecord = <A, E, R>(
  { catalog, keys }: Store,
  key: string,
  use: (record: records.Record) => Effect.Effect<A, E, R>
) => keys.exclusively(key)(Effect.flatMap(catalog.get(key), use))
