/**
 * The volume driver: what Docker asks of a store of volumes, on ploop disks.
 *
 * Each volume has a disk of its own, and its files are in a subdirectory of the file
 * system, beside what the file system and the tool keep there. The disk is mounted
 * while somebody uses the volume. A snapshot or a clone shares the data of its volume.
 *
 * It needs only `Ploop` and `FileSystem`, so it runs on every backend, the host in
 * memory included.
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { VolumeDriver } from "@effect-ploop/containerd"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const driver = yield* VolumeDriver.VolumeDriver
 *   yield* driver.create({ name: "db", size: "20G" })
 *   const directory = yield* driver.mount({ name: "db", id: "container 1" })
 *   yield* driver.create({ name: "copy", from: "db" })
 *   yield* driver.unmount({ name: "db", id: "container 1" })
 *   return directory
 * })
 *
 * const VolumeDriverFake = Layer.provideMerge(VolumeDriver.layer({ root: "/vz/volumes" }), PloopFake.layer())
 *
 * await Effect.runPromise(Effect.provide(program, VolumeDriverFake))
 *
 * @since 0.2.0
 */
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/volumes/driver.js"
import type { Options } from "./Request.js"
import type * as StorageError from "./StorageError.js"
import type * as Volume from "./Volume.js"
import type * as VolumeError from "./VolumeError.js"

/**
 * The calls of Docker. Each has a span, `VolumeDriver.<call>`, and is counted in the
 * metrics {@link calls} and {@link durations}.
 *
 * Docker repeats a call whose response it did not get. So a call that was done before
 * succeeds again, and changes nothing.
 *
 * @since 0.2.0
 * @category models
 */
export interface VolumeDriver {
  /**
   * Makes a volume. When there is one with the name already, and the options that are
   * given are those of it, it succeeds.
   */
  readonly create: (options: Volume.CreateOptions) => Effect.Effect<void, VolumeError.VolumeError>

  /**
   * Removes a volume that nobody uses, and its disk. Snapshots and clones of it stay as
   * they are.
   */
  readonly remove: (name: string) => Effect.Effect<void, VolumeError.VolumeError>

  /**
   * Begins a use of a volume, mounts its disk unless it is mounted, and returns the
   * directory with its files. The same identifier counts once.
   */
  readonly mount: (options: Volume.UseOptions) => Effect.Effect<string, VolumeError.VolumeError>

  /**
   * Ends a use of a volume, and unmounts its disk after the last one. When that fails with
   * `VolumeInUse`, the use has ended, and the disk is unmounted by the next call that
   * may.
   */
  readonly unmount: (options: Volume.UseOptions) => Effect.Effect<void, VolumeError.VolumeError>

  /**
   * A volume.
   */
  readonly get: (name: string) => Effect.Effect<Volume.Info, VolumeError.VolumeNotFound>

  /**
   * The volumes, by their names.
   */
  readonly list: Effect.Effect<ReadonlyArray<Volume.Info>>
}

/**
 * @since 0.2.0
 * @category tags
 */
export const VolumeDriver: Context.Tag<VolumeDriver, VolumeDriver> = Context.GenericTag<VolumeDriver>(
  "@effect-ploop/containerd/VolumeDriver"
)

/**
 * Makes the driver. It reads the records of the directory, finishes removals that were
 * interrupted, unmounts the disks that nobody uses, and ends the uses of disks that are
 * not attached, as after a reboot.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<
  VolumeDriver,
  StorageError.ArgumentInvalid | StorageError.StorageError,
  Ploop | FileSystem | Path
> => internal.make(options)

/**
 * {@link make} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<
  VolumeDriver,
  StorageError.ArgumentInvalid | StorageError.StorageError,
  Ploop | FileSystem | Path
> => Layer.effect(VolumeDriver, make(options))

/**
 * Counts calls, by the tags `call` and `outcome` (`success`, the tag of the error,
 * `defect` or `interrupted`).
 *
 * @since 0.2.0
 * @category metrics
 */
export const calls = internal.calls

/**
 * How long calls take, in seconds, by the tag `call`.
 *
 * @since 0.2.0
 * @category metrics
 */
export const durations = internal.durations
