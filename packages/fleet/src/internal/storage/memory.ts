import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Journal, Records, type Row } from "../journal.js"

const journal = Layer.sync(Journal, () => {
  const begun = new Set<string>()
  const holders = new Map<string, string>()
  return {
    begin: (id) =>
      Effect.sync(() => {
        const isFirst = !begun.has(id)
        begun.add(id)
        return isFirst
      }),
    hasBegun: (id) => Effect.sync(() => begun.has(id)),
    holder: (disk) => Effect.sync(() => Option.fromNullable(holders.get(disk))),
    hold: (disk, workflow) =>
      Effect.sync(() => {
        const holder = holders.get(disk) ?? workflow
        holders.set(disk, holder)
        return holder
      }),
    release: (disk, workflow) => Effect.sync(() => void (holders.get(disk) === workflow && holders.delete(disk)))
  }
})

interface Kept {
  readonly row: Row
  readonly events: Map<string, string>
  ended: boolean
}

const records = Layer.sync(Records, () => {
  const all = new Map<string, Kept>()
  return {
    add: (row) =>
      Effect.sync(() => {
        const kept = all.get(row.id) ?? { row, events: new Map(), ended: false }
        all.set(row.id, kept)
        return kept.row
      }),
    get: (id) => Effect.sync(() => Option.map(Option.fromNullable(all.get(id)), ({ row }) => row)),
    list: ({ ended }) =>
      Effect.sync(() => [...all.values()].filter((kept) => ended || !kept.ended).map(({ row }) => row)),
    append: (id, { ends, name, text }) =>
      Effect.sync(() => {
        const kept = all.get(id)
        if (kept === undefined) return
        if (!kept.events.has(name)) kept.events.set(name, text)
        kept.ended ||= ends
      }),
    hasEvent: (id, name) => Effect.sync(() => all.get(id)?.events.has(name) ?? false),
    events: (id) => Effect.sync(() => [...all.get(id)?.events.values() ?? []])
  }
})

export const layer = Layer.merge(journal, records)
