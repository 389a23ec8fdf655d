import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { InvalidFleet, StorageFailed } from "../FleetError.js"
import * as memory from "./storage/memory.js"
import * as inSql from "./storage/sql.js"

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** The engine gives up a database that it cannot use with a defect. */
const failing = Layer.catchAllCause((cause: Cause.Cause<unknown>) =>
  Layer.fail(new StorageFailed({ reason: messageOf(Cause.squash(cause)), isRecorded: false }))
)

const config = ShardingConfig.layer()

export const layerMemory = Layer.mergeAll(
  MessageStorage.layerMemory,
  RunnerStorage.layerMemory,
  memory.layer
).pipe(Layer.provide(config))

export const layerSql = Layer.mergeAll(
  SqlMessageStorage.layer,
  SqlRunnerStorage.layer,
  inSql.layer
).pipe(Layer.provide(config), failing)

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
