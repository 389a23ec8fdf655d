import type { Disk } from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CommitOptions } from "../../Request.js"
import * as checks from "../checks.js"
import { requireFiles } from "../clone.js"
import * as devices from "../devices.js"
import { during } from "../failures.js"
import * as records from "../record.js"
import type { Store } from "../store.js"
import { requireKind } from "./attach.js"

/** Freezes a disk, so that others can be built on it: detached, or by a snapshot of it while it is mounted, whose identifier it returns. */
const freeze = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    yield* requireFiles(disk)
    const target = yield* devices.detach(disk).pipe(
      // It is mounted where this process does not see it.
      Effect.catchTags({ Busy: () => Effect.succeedSome(""), UmountFailed: () => Effect.succeedSome("") })
    )
    return Option.isNone(target) ? undefined : yield* ploop.createSnapshot({ disk })
  })

export const commit = (store: Store, { key, labels = {}, name }: CommitOptions) =>
  Effect.gen(function*() {
    const { catalog, layout } = store
    yield* checks.key("name", name)
    const kept = yield* checks.labels(labels)
    const record = yield* catalog.get(key)
    yield* catalog.reserve(name, undefined)
    yield* requireKind(record, "active")
    const point = yield* during("freeze the disk")(freeze(layout.diskOf(record.id)))
    const time = yield* store.now
    const committed: records.Record = {
      ...record,
      info: { ...record.info, name, kind: "committed", createdAt: time, updatedAt: time, labels: kept },
      ...(point !== undefined && { point })
    }
    yield* during("write the record")(records.replace(layout, committed))
    yield* catalog.rename(key, committed)
  }).pipe(
    Effect.uninterruptible,
    Effect.scoped,
    store.changes.withPermits(1),
    store.keys.exclusively(key, name)
  )
