/**
 * A process of a fleet: it manages hosts, or only calls those that other processes manage.
 *
 * Each host belongs to one process. In a small fleet one process manages all hosts, over `RemotePloop` where they are
 * elsewhere. In a large one, a process on each host manages that host.
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
 * import { Console, Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const fleet = yield* Fleet.Fleet
 *   yield* Console.table(yield* fleet.hosts)
 * })
 *
 * // Any backend, with the file system of its host.
 * const hosts = { "node-1": PloopFake.layer(), "node-2": PloopFake.layer() }
 *
 * export const main = Effect.provide(
 *   program,
 *   Layer.provide(Runner.layer({ hosts }), Storage.layerEmbedded({ path: "/var/lib/ploop/fleet.db" }))
 * )
 *
 * @since 0.2.0
 */
import type * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import type { Fleet } from "./Fleet.js"
import type { InvalidFleet, StorageFailed } from "./FleetError.js"
import * as internal from "./internal/runner.js"
import type { Storage } from "./Storage.js"
import type { Workflows } from "./Workflows.js"

/**
 * What a host needs to be part of a fleet: its operations, and its files.
 *
 * @since 0.2.0
 * @category models
 */
export type HostServices = Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem

/**
 * Where a process of a fleet listens for the others.
 *
 * @since 0.2.0
 * @category models
 */
export interface Address {
  /** The name or the address by which the other processes reach it. */
  readonly host: string
  /** Its port. */
  readonly port: number
}

/**
 * What a process does in its fleet.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options<E, R> {
  /** The hosts that this process manages, by name. Default: none. It then only calls those of other processes. */
  readonly hosts?: Readonly<Record<string, Layer.Layer<HostServices, E, R>>> | undefined
  /**
   * The names of all hosts of the fleet, in each process the same. Default: the hosts that this process manages.
   */
  readonly fleet?: ReadonlyArray<string> | undefined
  /**
   * Where this process listens for the others. The connection is not encrypted and has no access control: it is for
   * private networks. Default: nowhere, for a fleet with one process.
   */
  readonly address?: Address | undefined
  /**
   * The directories of each host that have disks, up to four levels below. `Fleet.disks` and a drain find those. Default: `/vz`.
   */
  readonly directories?: ReadonlyArray<string> | undefined
  /**
   * After which times a step of a workflow that fails is repeated by itself, when a repetition may help. After the last one it waits for a
   * person. Default: 1 second, 10 seconds and 1 minute.
   */
  readonly retries?: ReadonlyArray<Duration.DurationInput> | undefined
}

/**
 * A process of a fleet. It fails with `InvalidFleet` before it does anything when its options contradict themselves, or
 * when another process manages one of its hosts, and with `StorageFailed` when it cannot read the storage.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer: <E = never, R = never>(
  options: Options<E, R>
) => Layer.Layer<Fleet | Workflows, E | InvalidFleet | StorageFailed, R | Storage> = internal.layer
