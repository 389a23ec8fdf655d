import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { InvalidFleet, StorageFailed } from "../FleetError.js"
import * as memory from "./storage/memory.js"
import * as postgres from "./storage/postgres.js"
import * as inSql from "./storage/sql.js"

/** A name that has two addresses fails with an error for each, and with no message of its own. */
const textOf = (error: Error): string =>
  error instanceof AggregateError && error.message === "" ? error.errors.map(messageOf).join("; ") : error.message

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? textOf(error.cause) : textOf(error)
}

/** The engine gives up a database that it cannot use with a defect. */
const failing = Layer.catchAllCause((cause: Cause.Cause<unknown>) =>
  Layer.fail(new StorageFailed({ reason: messageOf(Cause.squash(cause)), isRecorded: false }))
)

/** Locks are rows with the names of their shards. Advisory locks have numbers, which follow from the list of the hosts. */
const config = ShardingConfig.layer({ shardLockDisableAdvisory: true })

export const layerMemory = Layer.mergeAll(
  MessageStorage.layerMemory,
  RunnerStorage.layerMemory,
  memory.layer
).pipe(Layer.provide(config))

const inDatabase = Layer.mergeAll(SqlMessageStorage.layer, SqlRunnerStorage.layer, inSql.layer)

export const layerSql = postgres.prepared(inDatabase).pipe(Layer.provide(config), failing)

/** One has the locks of the process, one makes the tables, and one is for everything else. */
const fewest = 3

export const layerPostgres = ({ connections = 10, url }: {
  readonly url: Redacted.Redacted
  readonly connections?: number | undefined
}) =>
  Layer.fresh(layerSql).pipe(
    Layer.provide(
      PgClient.layer({ url, maxConnections: Math.max(fewest, connections), applicationName: "ploop-fleet" })
    ),
    failing
  )

/** The URL of a path, in which no character has a meaning. */
const urlOf = (path: string): string => `file:${encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23")}`

/** A transaction that lasts as long as the process: the kernel ends it with the process, however that ends. */
const alone = (path: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const held = yield* Deferred.make<void, InvalidFleet>()
    yield* sql.withTransaction(Effect.zipRight(Deferred.succeed(held, undefined), Effect.never)).pipe(
      Effect.catchAll((error) =>
        Deferred.fail(
          held,
          new InvalidFleet({
            field: "path",
            value: path,
            rule: `its lock cannot be taken, as when another process uses it: ${messageOf(error)}`
          })
        )
      ),
      Effect.forkScoped
    )
    yield* Deferred.await(held)
  }).pipe(
    Layer.scopedDiscard,
    Layer.provide(LibsqlClient.layer({ url: urlOf(`${path}.lock`) }))
  )

export const layerEmbedded = ({ path }: { readonly path: string }) =>
  Layer.mergeAll(SqlMessageStorage.layer, RunnerStorage.layerMemory, inSql.layer).pipe(
    Layer.provide(config),
    Layer.provide(LibsqlClient.layer({ url: urlOf(path), intMode: "bigint" })),
    failing,
    Layer.provide(alone(path))
  )
