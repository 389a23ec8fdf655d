import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Order from "effect/Order"
import * as Ref from "effect/Ref"
import * as Struct from "effect/Struct"
import type { Info } from "../../Volume.js"
import type { Record } from "./record.js"
import * as stores from "./store.js"

const infoOf = ({ layout, mounts }: stores.Store) => (record: Record): Info => ({
  ...Struct.omit(record, "version", "id", "points"),
  directory: layout.homeOf(record.id),
  ...(record.users.length > 0 && { mountpoint: mounts.filesOf(record.id) })
})

export const get = (store: stores.Store, name: string) => Effect.map(stores.get(store, name), infoOf(store))

const byName = Order.mapInput(Order.string, ({ name }: Info) => name)

export const list = (store: stores.Store) =>
  Effect.map(
    Ref.get(store.records),
    (known) => HashMap.toValues(known).map(infoOf(store)).sort(byName)
  )
