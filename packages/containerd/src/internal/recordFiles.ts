import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as durable from "./durable.js"
import type { Layout } from "./layout.js"

type Services = FileSystem.FileSystem | Path

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
  /** Every record. A directory whose record cannot be read stays as it is. */
  readonly readAll: (layout: Layout) => Effect.Effect<ReadonlyArray<Record>, PlatformError, FileSystem.FileSystem>
}

const unreadable = (home: string) => (error: { readonly message: string }) =>
  Effect.as(
    Effect.logError(`the record in ${home} cannot be read; the disk stays, but is not used`, error.message),
    undefined
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
    }).pipe(Effect.catchAll(unreadable(layout.homeOf(name))))

  return {
    write,
    replace: (layout, record) => write(layout, layout.homeOf(record.id), record),
    readAll: (layout) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const names = yield* fs.readDirectory(layout.homes)
        const found = yield* Effect.forEach(names, (name) => read(layout, name), { concurrency: 16 })
        return found.filter((record) => record !== undefined)
      })
  }
}
