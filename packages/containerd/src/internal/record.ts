import { SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Info } from "../Snapshot.js"
import * as durable from "./durable.js"
import { type Layout, recordName } from "./layout.js"

/**
 * What is kept of a snapshot, in a file beside its disk.
 *
 * There is no database. Each call changes the record of one snapshot, and a file that is replaced by a rename is as
 * crash-safe as a transaction on one row. The record is published and removed together with the disk, by one rename of
 * their directory, so the two cannot disagree about what exists; and the same code runs on a file system in memory.
 */
export const Record = Schema.Struct({
  version: Schema.Literal(1),
  /** The name of its directory. */
  id: Schema.String,
  info: Info,
  /** The snapshot of the disk whose content it is, when it was committed while it was mounted; else it is the top. */
  point: Schema.optional(SnapshotIdFromSelf)
})

export type Record = typeof Record.Type

const Json = Schema.parseJson(Record)

export const decode = Schema.decode(Json)

const encode = Schema.encode(Json)

/** Writes the record of a snapshot into the directory of its disk. */
export const write = (directory: string, record: Record) =>
  Effect.flatMap(
    Effect.orDie(encode(record)),
    (text) => durable.replaceFile(`${directory}/${recordName}`, `${text}\n`)
  )

const unreadable = (name: string) => (error: { readonly message: string }) =>
  Effect.as(
    Effect.logError(
      `the record of snapshots/${name} cannot be read; its disk stays, but belongs to no snapshot`,
      error.message
    ),
    undefined
  )

/** Every record. A directory whose record cannot be read stays as it is. */
export const readAll = (layout: Layout) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* fs.readDirectory(layout.snapshots)
    const found = yield* Effect.forEach(names, (name) =>
      Effect.flatMap(fs.readFileString(layout.recordOf(name)), decode).pipe(
        Effect.filterOrFail(({ id }) =>
          id === name, ({ id }) => ({ message: `it is the record of ${id}` })),
        Effect.catchAll(unreadable(name))
      ), { concurrency: 16 })
    return found.filter((record) =>
      record !== undefined
    )
  })

/** Replaces the record of a snapshot. */
export const replace = (layout: Layout, record: Record) => write(layout.homeOf(record.id), record)
