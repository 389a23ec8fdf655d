/**
 * Where a fleet keeps what must survive its processes: changes, their outcomes, workflows and who manages which host.
 *
 * @since 0.2.0
 */
import type { MessageStorage } from "@effect/cluster/MessageStorage"
import type { RunnerStorage } from "@effect/cluster/RunnerStorage"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { InvalidFleet, StorageFailed } from "./FleetError.js"
import type { Journal, Records } from "./internal/journal.js"
import * as internal from "./internal/storage.js"

/**
 * What the layers of this module provide.
 *
 * @since 0.2.0
 * @category models
 */
export type Storage = MessageStorage | RunnerStorage | Journal | Records

/**
 * Where the embedded storage is.
 *
 * @since 0.2.0
 * @category models
 */
export interface EmbeddedOptions {
  /** The path of its file. It is made when it does not exist. A second file with `.lock` at its end is beside it. */
  readonly path: string
}

/**
 * A file, for a fleet with one process. A second process that opens it fails with `InvalidFleet`. A file that
 * is not a database, or a damaged one, is `StorageFailed`.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerEmbedded: (options: EmbeddedOptions) => Layer.Layer<Storage, InvalidFleet | StorageFailed> =
  internal.layerEmbedded

/**
 * Where a PostgreSQL is.
 *
 * @since 0.2.0
 * @category models
 */
export interface PostgresOptions {
  /** Its URL, as in `postgresql://fleet:PASSWORD@db.example.org/fleet?sslmode=verify-full`. */
  readonly url: Redacted.Redacted
  /** How many connections a process has at most, 3 or more. One is for its locks. Default: 10. */
  readonly connections?: number | undefined
}

/**
 * A PostgreSQL, of version 12 or later, for a fleet with many processes. The tables are made when they do not exist. When it cannot be used, the
 * layer fails with `StorageFailed`. When it goes away later, calls that need it fail with `StorageFailed`, and go on
 * when it is back.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerPostgres: (options: PostgresOptions) => Layer.Layer<Storage, StorageFailed> = internal.layerPostgres

/**
 * The database of a client that you provide, for a fleet with many processes. When it cannot be used, the
 * layer fails with `StorageFailed`.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerSql: Layer.Layer<Storage, StorageFailed, SqlClient.SqlClient> = internal.layerSql

/**
 * Memory, for tests: nothing survives the process.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Storage> = internal.layerMemory
