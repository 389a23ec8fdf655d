/**
 * The backend that is a host in memory: disks, devices, mounts and files, down
 * to their contents.
 *
 * One layer provides `Ploop`, `LowLevel`, the `FileSystem` in which image files
 * and mounted disks are seen, and {@link FakeHost}, its remote control. It does
 * no I/O; time comes from `Clock`, and identifiers from a seed, so that a run is
 * repeated to the byte.
 *
 * Sizes follow the rules of the tool and its driver, but some numbers are
 * modelled, which means near to those of a host and consistent with each other,
 * but not the same: how large a new image file is and by which clusters it
 * grows, how many blocks and inodes a file system has and has free, the least
 * size that a resize offers, the counters of a device. The README lists all in
 * which it differs from a host.
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { Ploop } from "@effect-ploop/core"
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const fs = yield* FileSystem.FileSystem
 *   const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "10G" })
 *   yield* fs.makeDirectory("/mnt/ct")
 *   yield* Ploop.withMount({ disk, target: "/mnt/ct" }, () => fs.writeFileString("/mnt/ct/motd", "welcome"))
 *   return yield* fs.exists("/mnt/ct/motd") // false: it is in the disk
 * })
 *
 * Effect.runSync(Effect.provide(program, PloopFake.layer()))
 *
 * @since 0.1.0
 */
import type { ByteSizeInput } from "@effect-ploop/core/ByteSize"
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Generation } from "@effect-ploop/core/Generation"
import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FakeHost } from "./FakeHost.js"
import type { HostState } from "./HostState.js"
import * as internal from "./internal/ploopFake.js"

/**
 * What kind of host it is. Everything has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The generation of ploop; `1.15` unless given. */
  readonly generation?: Generation | undefined
  /**
   * How much the host's own file system holds; as much as there is memory unless
   * given. What files take of it is modelled: see `HostState.used`.
   */
  readonly capacity?: ByteSizeInput | undefined
  /** Whether the kernel of generation 1.15 or 7 knows format version 2; `true` unless given. */
  readonly largeDisks?: boolean | undefined
  /** From what identifiers and names are drawn; the same gives the same. 0 unless given. */
  readonly seed?: number | undefined
  /** The state to begin with, which decides on all of the above; a new host unless given. */
  readonly state?: HostState | undefined
}

/**
 * What the layer provides.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Ploop | LowLevel | FileSystem | FakeHost

/**
 * A new host with the directories `/dev`, `/mnt`, `/tmp` and `/vz`. Paths that
 * are not absolute start from `/`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Context.Context<Services>> =>
  internal.make({
    ...options,
    capacity: options.capacity === undefined ? undefined : Number(ByteSize.make(options.capacity))
  })

/**
 * A host in memory; each time the layer is built there is a new one.
 *
 * It provides `Ploop`, `LowLevel`, {@link FakeHost}, which controls the host, and
 * the `FileSystem` that shows the host's files and what is mounted. It requires
 * nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Ploop | LowLevel | FileSystem | FakeHost> =>
  Layer.effectContext(make(options))
