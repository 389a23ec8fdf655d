import * as Schema from "effect/Schema"
import { Labels } from "../../Snapshot.js"
import type * as Snapshot from "../../Snapshot.js"
import { text } from "../malformed.js"

/** The wire has no absent texts: the empty one stands for them. */
const optionalText = Schema.transform(text, Schema.UndefinedOr(Schema.String), {
  strict: true,
  decode: (given) => given === "" ? undefined : given,
  encode: (value) => value ?? ""
})

export const NewSnapshot = Schema.Struct({ key: text, parent: optionalText, labels: Labels })

export const OfKey = Schema.Struct({ key: text })

export const Nothing = Schema.Struct({})

export const Commit = Schema.Struct({ key: text, name: text, labels: Labels })

export const Update = Schema.Struct({
  // A message that is absent is one with empty fields.
  info: Schema.optionalWith(Schema.Struct({ name: text, labels: Labels }), {
    nullable: true,
    default: () => ({ name: "", labels: {} })
  }),
  update_mask: Schema.NullOr(Schema.Struct({ paths: Schema.Array(text) }))
})

export const List = Schema.Struct({ filters: Schema.Array(text) })

const billion = 1_000_000_000n

const timestamp = (nanoseconds: bigint) => ({
  seconds: (nanoseconds / billion).toString(),
  nanos: Number(nanoseconds % billion)
})

const kinds: Record<Snapshot.Kind, string> = { view: "VIEW", active: "ACTIVE", committed: "COMMITTED" }

export const info = ({ createdAt, kind, labels, name, parent = "", updatedAt }: Snapshot.Info) => ({
  name,
  parent,
  kind: kinds[kind],
  created_at: timestamp(createdAt),
  updated_at: timestamp(updatedAt),
  labels
})

export const mounts = (all: ReadonlyArray<Snapshot.Mount>) => ({ mounts: all })

export const usage = ({ inodes, size }: Snapshot.Usage) => ({ size: size.toString(), inodes: inodes.toString() })
