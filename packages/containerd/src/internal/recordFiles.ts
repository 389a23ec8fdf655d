import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as durable from "./durable.js"
import type { Layout } from "./layout.js"

type Services = FileSystem.FileSystem | Path

/** What a directory has. */
export interface Found<Record> {
  readonly records: ReadonlyArray<Record>
  /** The names of the disks whose record is there, or may be, but cannot be read: somebody may use them. */
  readonly unreadable: ReadonlyArray<string>
}

/**
 * The records of a directory, each in a file beside its disk.
 *
 * There is no database. Each call changes the record of one disk, and a file that is replaced by a rename is as
 * crash-safe as a transaction on one row. The record is published and removed together with the disk, by one rename of
 * their directory, so the two cannot disagree about what exists; and the same code runs on a file system in memory.
 */
export interface RecordFiles<Record> {
  /** Writes a record into the directory of its disk. */
  readonly write: (layout: Layout, directory: string, record: Record) => Effect.Effect<void, PlatformError, Services>
  /** Replaces a record. */
  readonly replace: (layout: Layout, record: Record) => Effect.Effect<void, PlatformError, Services>
  /** Every record. A disk whose record cannot be read stays as it is. */
  readonly readAll: (layout: Layout) => Effect.Effect<Found<Record>, PlatformError, FileSystem.FileSystem>
}

interface Unread {
  readonly message: string
  readonly reason?: string | undefined
}

const withoutRecord = (home: string, name: string) => ({ message, reason }: Unread) =>
  Effect.as(
    Effect.logError(`the record in ${home} cannot be read; the disk stays, but is not used`, message),
    { records: [], unreadable: reason === "NotFound" ? [] : [name] }
  )

/** The files of records that have the name of their directory as `id`. */
export const make = <Record extends { readonly id: string }, Encoded>(
  schema: Schema.Schema<Record, Encoded>
): RecordFiles<Record> => {
  const json = Schema.parseJson(schema)
  const decode = Schema.decode(json)
  const encode = Schema.encode(json)

  const write = (layout: Layout, directory: string, record: Record) =>
    Effect.flatMap(
      Effect.orDie(encode(record)),
      (text) => durable.replaceFile(`${directory}/${layout.recordName}`, `${text}\n`)
    )

  const read = (layout: Layout, name: string) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const record = yield* decode(yield* fs.readFileString(`${layout.homeOf(name)}/${layout.recordName}`))
      return record.id === name ? record : yield* Effect.fail({ message: `it is the record of ${record.id}` })
    }).pipe(
      Effect.map((record): Found<Record> => ({ records: [record], unreadable: [] })),
      Effect.catchAll(withoutRecord(layout.homeOf(name), name))
    )

  return {
    write,
    replace: (layout, record) => write(layout, layout.homeOf(record.id), record),
    readAll: (layout) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const names = yield* fs.readDirectory(layout.homes)
        const found = yield* Effect.forEach(names, (name) => read(layout, name), { concurrency: 16 })
        return {
          records: found.flatMap(({ records }) => records),
          unreadable: found.flatMap(({ unreadable }) => unreadable)
        }
      })
  }
}
