import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SnapshotterError from "../../SnapshotterError.js"
import * as devices from "../devices.js"
import * as homes from "../homes.js"
import type { Store } from "../store.js"

const refuse = (key: string, reason: string) => Effect.fail(new SnapshotterError.NotRemovable({ key, reason }))

export const remove = (store: Store, key: string) =>
  Effect.gen(function*() {
    const { catalog, layout } = store
    const { id } = yield* catalog.get(key)
    const children = yield* catalog.childrenOf(key)
    if (children.length > 0) return yield* refuse(key, `${children.length} snapshots are built on it`)
    const target = yield* Effect.catchAll(devices.detach(layout.diskOf(id)), ({ message }) => refuse(key, message))
    if (Option.isSome(target)) return yield* refuse(key, `it is mounted at ${target.value}`)
    yield* Effect.catchAll(homes.discard(layout, id), ({ message }) => refuse(key, message))
    yield* catalog.remove(key)
  }).pipe(Effect.uninterruptible, store.changes.withPermits(1), store.keys.exclusively(key))
