/**
 * The snapshotter: what containerd asks of a store of snapshots, on ploop disks.
 *
 * Each snapshot has a disk in a directory of its own. A child is a linked clone: it
 * shares the deltas of its parent and writes to one of its own. Nothing depends on
 * the directory of a parent, and nothing ever writes to it.
 *
 * It needs only `Ploop` and `FileSystem`, so it runs on every backend, the host in
 * memory included.
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { Snapshotter } from "@effect-ploop/containerd"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const snapshotter = yield* Snapshotter.Snapshotter
 *   const [mount] = yield* snapshotter.prepare({ key: "unpack" })
 *   yield* snapshotter.commit({ key: "unpack", name: "layer" })
 *   return mount
 * })
 *
 * const SnapshotterFake = Layer.provideMerge(Snapshotter.layer({ root: "/vz/containerd" }), PloopFake.layer())
 *
 * await Effect.runPromise(Effect.provide(program, SnapshotterFake))
 *
 * @since 0.2.0
 */
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as internal from "./internal/snapshotter.js"
import type { CommitOptions, NewOptions, Options, UpdateOptions } from "./Request.js"
import type * as Snapshot from "./Snapshot.js"
import type * as SnapshotterError from "./SnapshotterError.js"
import type { ArgumentInvalid } from "./StorageError.js"

/**
 * The calls of containerd. Each has a span, `Snapshotter.<call>`, and is counted in
 * the metrics {@link calls} and {@link durations}.
 *
 * @since 0.2.0
 * @category models
 */
export interface Snapshotter {
  /**
   * Makes an active snapshot, which can be written to, and attaches its disk.
   */
  readonly prepare: (
    options: NewOptions
  ) => Effect.Effect<ReadonlyArray<Snapshot.Mount>, SnapshotterError.SnapshotterError>

  /**
   * Makes a view, which can only be read, and attaches its disk.
   */
  readonly view: (
    options: NewOptions
  ) => Effect.Effect<ReadonlyArray<Snapshot.Mount>, SnapshotterError.SnapshotterError>

  /**
   * The mounts of an active snapshot or a view. It attaches the disk when it is not
   * attached, as after a reboot.
   */
  readonly mounts: (
    key: string
  ) => Effect.Effect<ReadonlyArray<Snapshot.Mount>, SnapshotterError.SnapshotterError>

  /**
   * Makes a committed snapshot of an active one. When that is mounted, the committed
   * one has what is written until now, and what is written later is discarded with
   * the mount.
   */
  readonly commit: (options: CommitOptions) => Effect.Effect<void, SnapshotterError.SnapshotterError>

  /**
   * Removes a snapshot on which no other is built, and its disk. It fails with
   * `NotRemovable`, or `SnapshotNotFound`, and nothing else: any other error would end
   * the garbage collection of containerd.
   */
  readonly remove: (
    key: string
  ) => Effect.Effect<void, SnapshotterError.SnapshotNotFound | SnapshotterError.NotRemovable>

  /**
   * A snapshot.
   */
  readonly stat: (key: string) => Effect.Effect<Snapshot.Info, SnapshotterError.SnapshotNotFound>

  /**
   * Changes the labels of a snapshot, and returns the snapshot.
   */
  readonly update: (options: UpdateOptions) => Effect.Effect<Snapshot.Info, SnapshotterError.SnapshotterError>

  /**
   * The snapshots that match any of the filters of containerd's language; all of them
   * when there is no filter.
   */
  readonly list: (
    filters?: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Snapshot.Info>, ArgumentInvalid>

  /**
   * What a snapshot takes, without what it shares with others.
   */
  readonly usage: (key: string) => Effect.Effect<Snapshot.Usage, SnapshotterError.SnapshotterError>

  /**
   * Takes down what nobody needs: devices of committed snapshots that are not mounted
   * any more, and files of removed ones.
   */
  readonly cleanup: Effect.Effect<void>
}

/**
 * @since 0.2.0
 * @category tags
 */
export const Snapshotter: Context.Tag<Snapshotter, Snapshotter> = Context.GenericTag<Snapshotter>(
  "@effect-ploop/containerd/Snapshotter"
)

/**
 * Makes the snapshotter. It reads the records of the directory, finishes removals
 * that were interrupted, and takes down the devices that belong to no snapshot.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Snapshotter, SnapshotterError.SnapshotterError, Ploop | FileSystem | Path> => internal.make(options)

/**
 * {@link make} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Snapshotter, SnapshotterError.SnapshotterError, Ploop | FileSystem | Path> =>
  Layer.effect(Snapshotter, make(options))

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
