import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What the tables of the engine limit to fewer characters than a host and the path of a disk may have. */
const columns = [
  ["cluster_messages", "shard_id"],
  ["cluster_messages", "entity_id"],
  ["cluster_locks", "shard_id"]
] as const

/** It rewrites no row. */
const widen = (sql: SqlClient.SqlClient) =>
  Effect.forEach(columns, ([table, column]) =>
    Effect.gen(function*() {
      const limited = yield* sql`SELECT 1 AS found FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = ${table} AND column_name = ${column}
        AND character_maximum_length IS NOT NULL`
      if (limited.length > 0) yield* sql`ALTER TABLE ${sql(table)} ALTER COLUMN ${sql(column)} TYPE TEXT`
    }), { discard: true })

/** A number that nothing else in the database locks. */
const lock = 7_075_806_021

/** Two processes that make the same tables at the same moment disturb each other. */
const alone = (sql: SqlClient.SqlClient) =>
  Effect.acquireRelease(
    Effect.tap(sql.reserve, (connection) => connection.executeRaw(`SELECT pg_advisory_lock(${lock})`, [])),
    (connection) => Effect.ignore(connection.executeRaw(`SELECT pg_advisory_unlock(${lock})`, []))
  )

/** Makes the tables. */
export const prepared = <A, E, R>(tables: Layer.Layer<A, E, R>) =>
  Layer.unwrapScoped(Effect.gen(function*() {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const scope = yield* Effect.scope
    const build = Layer.buildWithScope(tables, scope)
    const inTurn = sql.onDialectOrElse({
      orElse: () => build,
      pg: () => Effect.scoped(Effect.zipRight(alone(sql), Effect.zipLeft(build, widen(sql))))
    })
    return Layer.succeedContext(yield* inTurn)
  }))
