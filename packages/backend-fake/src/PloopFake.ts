/**
 * A backend that is a host in memory, with its disks, devices, mounts and
 * files.
 *
 * One layer provides `Ploop`, `LowLevel`, the `FileSystem` that shows image
 * files and mounted disks, its `Path`, and {@link FakeHost}, which controls the
 * host. It does no I/O. Time comes from `Clock` and identifiers come from a seed, so a
 * run can be repeated to the byte.
 *
 * Sizes follow the rules of the tool and its driver, but some numbers are
 * modelled: close to those of a host and consistent with each other, but not
 * the same. These are the size of a new image file and the clusters by which it
 * grows, the total and free blocks and inodes of a file system, the smallest
 * size that a resize offers, and the counters of a device. The README lists
 * every difference from a host.
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
import type { Path } from "@effect/platform/Path"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FakeHost } from "./FakeHost.js"
import type { HostState } from "./HostState.js"
import * as internal from "./internal/ploopFake.js"
import type { SharedData } from "./SharedData.js"

/**
 * The kind of host to make. Every option has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The generation of ploop. Default: `1.15`. */
  readonly generation?: Generation | undefined
  /**
   * The capacity of the host's own file system: text with a unit, or bytes.
   * Default: no limit. What files take of it is modelled: see `HostState.used`.
   */
  readonly capacity?: ByteSizeInput | undefined
  /** Whether the kernel of generation 1.15 or 7 supports format version 2. Default: `true`. */
  readonly largeDisks?: boolean | undefined
  /** The seed of identifiers and random names: the same seed gives the same values. Default: 0. */
  readonly seed?: number | undefined
  /**
   * What this host knows of the images of others, and they of its own. Default: nothing.
   *
   * @since 0.2.0
   */
  readonly sharedData?: SharedData | undefined
  /** The state to start from, which overrides all other options. Default: a new host. */
  readonly state?: HostState | undefined
}

/**
 * The services that the layer provides.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Ploop | LowLevel | FileSystem | Path | FakeHost

/**
 * Makes a new host with the directories `/dev`, `/mnt`, `/tmp` and `/vz`.
 * Relative paths start from `/`.
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
 * A host in memory. Each build of the layer makes a new one.
 *
 * It provides `Ploop`, `LowLevel`, {@link FakeHost}, which controls the host, the
 * `FileSystem` that shows the host's files and what is mounted, and the `Path` of
 * a POSIX host. It requires nothing.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Ploop | LowLevel | FileSystem | Path | FakeHost> =>
  Layer.effectContext(make(options))
