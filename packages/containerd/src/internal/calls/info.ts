import * as Effect from "effect/Effect"
import * as Filter from "../../Filter.js"
import type { UpdateOptions } from "../../Request.js"
import * as checks from "../checks.js"
import { during } from "../failures.js"
import * as records from "../record.js"
import { type Store, withRecord } from "../store.js"
import { usageOf } from "../usage.js"

export const stat = ({ catalog }: Store, key: string) => Effect.map(catalog.get(key), ({ info }) => info)

export const list = ({ catalog }: Store, filters: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const matches = yield* Filter.parseAny(filters)
    const all = yield* catalog.all
    return all.map(({ info }) => info).filter(matches)
  })

export const usage = (store: Store, key: string) =>
  withRecord(store, key, ({ id }) => during("measure the disk")(usageOf(store.layout.homeOf(id))))

export const update = (store: Store, { labels, name, paths = [] }: UpdateOptions) =>
  withRecord(store, name, (record) =>
    Effect.uninterruptible(Effect.gen(function*() {
      const next = yield* checks.updated(record.info.labels, labels, paths)
      const updated = { ...record, info: { ...record.info, labels: next, updatedAt: yield* store.now } }
      yield* during("write the record")(records.replace(store.layout, updated))
      yield* store.catalog.put(updated)
      return updated.info
    })))
