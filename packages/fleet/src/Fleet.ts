/**
 * The disks of many hosts, as one service.
 *
 * A change has a key, which the caller chooses. The fleet records the change before it sends it to the host. So it
 * happens once, whatever is restarted in the meantime: a caller that repeats it with the same key gets the same
 * outcome. A query is not recorded.
 *
 * A host carries out the changes of a disk one after the other.
 *
 * @example
 * import { Fleet } from "@effect-ploop/fleet"
 * import { Effect } from "effect"
 *
 * const disk = "/vz/101/root.hdd/DiskDescriptor.xml"
 *
 * // Takes one snapshot a day, however often it is run.
 * export const nightly = (day: string) =>
 *   Effect.gen(function*() {
 *     const fleet = yield* Fleet.Fleet
 *     return yield* fleet.change("node-1", "createSnapshot", { disk }, { key: `nightly ${day}` })
 *   }).pipe(
 *     Effect.catchTag("HostUnreachable", (error) => Effect.logWarning(error.message))
 *   )
 *
 * @since 0.2.0
 */
import type * as Operation from "@effect-ploop/core/Operation"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { ChangeError, QueryError, StorageFailed } from "./FleetError.js"
import type { HostName } from "./HostName.js"

/**
 * The operations that a fleet carries out: all but copies, which need their caller at the other end.
 *
 * @since 0.2.0
 * @category models
 */
export type Name = {
  [N in Operation.Name]: Operation.Implementation<N, never> extends
    Effect.Effect<unknown, unknown> | ((request: never) => Effect.Effect<unknown, unknown>) ? N
    : never
}[Operation.Name]

type Row<N extends Operation.Name> = (typeof Operation.table)[N]

/**
 * The operations that change nothing, and those that change nothing with some options.
 *
 * @since 0.2.0
 * @category models
 */
export type QueryName = {
  [N in Name]: Row<N> extends { readonly kind: "query" } | { readonly isQuery: unknown } ? N : never
}[Name]

/**
 * The operations that can change something.
 *
 * @since 0.2.0
 * @category models
 */
export type ChangeName = { [N in Name]: Row<N> extends { readonly kind: "query" } ? never : N }[Name]

/**
 * What a caller may write for an operation; `undefined` where it has no options.
 *
 * @since 0.2.0
 * @category models
 */
export type Options<N extends Operation.Name> = Row<N> extends { readonly request: infer S }
  ? S extends Schema.Schema.Any ? Schema.Schema.Encoded<S> : never
  : undefined

/**
 * How to make a query.
 *
 * @since 0.2.0
 * @category models
 */
export interface QueryOptions {
  /** How long to wait for the response. Default: 30 seconds. */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * How to make a change.
 *
 * @since 0.2.0
 * @category models
 */
export interface ChangeOptions {
  /**
   * Names the change. The fleet carries out one change for each key of an operation of a disk, and returns its outcome
   * to everybody who calls it with the same key and the same options.
   */
  readonly key: string
  /**
   * How long to wait while no process manages the host. A change that runs is waited for as long as it takes.
   * Default: 30 seconds.
   */
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * A host of the fleet.
 *
 * @since 0.2.0
 * @category models
 */
export interface Host {
  /** Its name. */
  readonly name: HostName
  /** Whether a process manages it now. After a kill, it takes up to a minute to be noticed. */
  readonly isManaged: boolean
}

/**
 * The operations of a fleet.
 *
 * @since 0.2.0
 * @category services
 */
export interface Fleet {
  /** The hosts of the fleet, in the order of their names. */
  readonly hosts: Effect.Effect<ReadonlyArray<Host>, StorageFailed>
  /**
   * The disks of a host, by the paths of their descriptors, in order. Those that a workflow holds or receives are not among them.
   */
  readonly disks: (host: string, call?: QueryOptions) => Effect.Effect<ReadonlyArray<string>, QueryError>
  /**
   * Queries a disk, or the host. It is not recorded: when the host does not respond in time, it fails with
   * `HostUnreachable`, and the caller decides whether to repeat it.
   */
  readonly query: <N extends QueryName>(
    host: string,
    operation: N,
    options: Options<N>,
    call?: QueryOptions
  ) => Effect.Effect<Operation.ResultOf<N>, OperationError.Of<N> | QueryError>
  /**
   * Changes a disk. The change is recorded first, and happens once for its key. A caller that is interrupted, or that
   * gives up with `HostUnreachable`, leaves the change to the host.
   *
   * A new snapshot without an identifier gets one that follows from the key.
   */
  readonly change: <N extends ChangeName>(
    host: string,
    operation: N,
    options: Options<N>,
    call: ChangeOptions
  ) => Effect.Effect<Operation.ResultOf<N>, OperationError.Of<N> | ChangeError>
}

/**
 * @since 0.2.0
 * @category tags
 */
export const Fleet: Context.Tag<Fleet, Fleet> = Context.GenericTag<Fleet>("@effect-ploop/fleet/Fleet")
