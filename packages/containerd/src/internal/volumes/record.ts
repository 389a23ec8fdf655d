import { ByteSizeFromString } from "@effect-ploop/core/ByteSize"
import { SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"
import type { Kind } from "../layout.js"
import * as recordFiles from "../recordFiles.js"

/** What is kept of a volume, in a file beside its disk. */
export const Record = Schema.Struct({
  version: Schema.Literal(1),
  /** The name of its directory. */
  id: Schema.String,
  name: Schema.String,
  size: ByteSizeFromString,
  from: Schema.optional(Schema.String),
  readOnly: Schema.Boolean,
  createdAt: Schema.DateTimeUtc,
  /** The mounts of Docker. While there is one, the disk is mounted, unless the host was restarted. */
  users: Schema.Array(Schema.String),
  /** The snapshots of the disk that were taken for clones. */
  points: Schema.Array(SnapshotIdFromSelf)
})

export type Record = typeof Record.Type

export const kind: Kind = { collection: "volumes", recordName: "volume.json" }

export const { readAll, replace, write } = recordFiles.make(Record)
