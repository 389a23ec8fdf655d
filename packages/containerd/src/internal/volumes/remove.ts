import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Ref from "effect/Ref"
import * as VolumeError from "../../VolumeError.js"
import { during } from "../failures.js"
import * as homes from "../homes.js"
import { release } from "./mount.js"
import * as reconcile from "./reconcile.js"
import { changing, type Store } from "./store.js"

/** Clones and snapshots of the volume have its images by names of their own. */
export const remove = (store: Store, name: string) =>
  changing(store, name, (record) =>
    Effect.gen(function*() {
      if (record.users.length > 0) {
        return yield* new VolumeError.VolumeInUse({ name, reason: `${record.users.length} mounts use it` })
      }
      yield* release(store, record)
      yield* during("remove the disk")(homes.discard(store.layout, record.id))
      yield* Ref.update(store.records, HashMap.remove(name))
      yield* reconcile.removePoint(store.layout, store.mounts, record.id)
    }))
