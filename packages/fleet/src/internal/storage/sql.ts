import { PersistenceError } from "@effect/cluster/ClusterError"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Journal, Records, type Row } from "../journal.js"

/** Each disk has one owner at a time, so nobody comes between a question and the record. */
const journal = Layer.effect(
  Journal,
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    yield* sql`CREATE TABLE IF NOT EXISTS ploop_fleet_begun (id VARCHAR(255) PRIMARY KEY)`
    yield* sql`CREATE TABLE IF NOT EXISTS ploop_fleet_held (disk TEXT PRIMARY KEY, workflow VARCHAR(64) NOT NULL)`
    const hasBegun = (id: string) =>
      Effect.map(sql`SELECT id FROM ploop_fleet_begun WHERE id = ${id}`, (rows) => rows.length > 0)
    const holder = (disk: string) =>
      Effect.map(
        sql<{ workflow: string }>`SELECT workflow FROM ploop_fleet_held WHERE disk = ${disk}`,
        ([row]) => Option.map(Option.fromNullable(row), ({ workflow }) => workflow)
      )
    return {
      begin: (id) =>
        PersistenceError.refail(Effect.gen(function*() {
          if (yield* hasBegun(id)) return false
          yield* sql`INSERT INTO ploop_fleet_begun (id) VALUES (${id})`
          return true
        })),
      hasBegun: (id) => PersistenceError.refail(hasBegun(id)),
      holder: (disk) => PersistenceError.refail(holder(disk)),
      hold: (disk, workflow) =>
        PersistenceError.refail(Effect.gen(function*() {
          const before = yield* holder(disk)
          if (Option.isSome(before)) return before.value
          yield* sql`INSERT INTO ploop_fleet_held (disk, workflow) VALUES (${disk}, ${workflow})`
          return workflow
        })),
      release: (disk, workflow) =>
        PersistenceError.refail(
          Effect.asVoid(sql`DELETE FROM ploop_fleet_held WHERE disk = ${disk} AND workflow = ${workflow}`)
        )
    }
  })
)

interface Kept {
  readonly id: string
  readonly key_text: string
  readonly request: string
  /** As a text: clients differ in what they make of large numbers. */
  readonly started_at: string
}

const rowOf = ({ id, key_text, request, started_at }: Kept): Row => ({
  id,
  key: key_text,
  request,
  startedAt: Number(started_at)
})

const tables = (sql: SqlClient.SqlClient) =>
  Effect.zipRight(
    sql`CREATE TABLE IF NOT EXISTS ploop_fleet_workflows (
      id VARCHAR(64) PRIMARY KEY, key_text TEXT NOT NULL, request TEXT NOT NULL,
      started_at VARCHAR(32) NOT NULL, ended INTEGER NOT NULL
    )`,
    sql`CREATE TABLE IF NOT EXISTS ploop_fleet_events (
      workflow VARCHAR(64) NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL,
      PRIMARY KEY (workflow, name)
    )`
  )

const records = Layer.effect(
  Records,
  Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    yield* tables(sql)
    const get = (id: string) =>
      Effect.map(
        sql<Kept>`SELECT id, key_text, request, started_at FROM ploop_fleet_workflows WHERE id = ${id}`,
        ([row]) => Option.map(Option.fromNullable(row), rowOf)
      )
    const hasEvent = (id: string, name: string) =>
      Effect.map(
        sql`SELECT name FROM ploop_fleet_events WHERE workflow = ${id} AND name = ${name}`,
        (rows) => rows.length > 0
      )
    return {
      add: (row) =>
        PersistenceError.refail(Effect.gen(function*() {
          const before = yield* get(row.id)
          if (Option.isSome(before)) return before.value
          // Another process may record the same workflow at this moment.
          yield* sql`INSERT INTO ploop_fleet_workflows (id, key_text, request, started_at, ended)
            VALUES (${row.id}, ${row.key}, ${row.request}, ${String(row.startedAt)}, 0) ON CONFLICT DO NOTHING`
          return Option.getOrElse(yield* get(row.id), () => row)
        })),
      get: (id) => PersistenceError.refail(get(id)),
      list: ({ ended }) =>
        PersistenceError.refail(
          Effect.map(
            sql<Kept>`SELECT id, key_text, request, started_at FROM ploop_fleet_workflows
              WHERE ended <= ${ended ? 1 : 0} ORDER BY started_at, id`,
            (rows) => rows.map(rowOf)
          )
        ),
      append: (id, { ends, name, text }) =>
        PersistenceError.refail(Effect.gen(function*() {
          if (!(yield* hasEvent(id, name))) {
            yield* sql`INSERT INTO ploop_fleet_events (workflow, name, position, event)
              SELECT ${id}, ${name}, COUNT(*), ${text} FROM ploop_fleet_events WHERE workflow = ${id}`
          }
          if (ends) yield* sql`UPDATE ploop_fleet_workflows SET ended = 1 WHERE id = ${id}`
        })),
      hasEvent: (id, name) => PersistenceError.refail(hasEvent(id, name)),
      events: (id) =>
        PersistenceError.refail(
          Effect.map(
            sql<{ event: string }>`SELECT event FROM ploop_fleet_events WHERE workflow = ${id} ORDER BY position, name`,
            (rows) => rows.map(({ event }) => event)
          )
        )
    }
  })
)

export const layer = Layer.merge(journal, records)
