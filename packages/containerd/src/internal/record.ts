import { SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"
import { Info } from "../Snapshot.js"
import type { Kind } from "./layout.js"
import * as recordFiles from "./recordFiles.js"

/** What is kept of a snapshot, in a file beside its disk. */
export const Record = Schema.Struct({
  version: Schema.Literal(1),
  /** The name of its directory. */
  id: Schema.String,
  info: Info,
  /** The snapshot of the disk whose content it is, when it was committed while it was mounted; else it is the top. */
  point: Schema.optional(SnapshotIdFromSelf)
})

export type Record = typeof Record.Type

export const kind: Kind = { collection: "snapshots", recordName: "snapshot.json" }

export const { readAll, replace, write } = recordFiles.make(Record)
