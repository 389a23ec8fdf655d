/**
 * The tool's low-level commands, which act on a device or an image.
 *
 * They read no descriptor and take no lock, and most of them can damage a disk
 * that is in use. They are a service of their own, beside {@link Ploop}, so that
 * nobody uses them by accident.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { DevicePath } from "./DevicePath.js"
import * as noop from "./internal/noop.js"
import * as internal from "./internal/operation.js"
import * as Operation from "./Operation.js"
import type * as OperationError from "./OperationError.js"
import type { PloopError } from "./PloopError.js"
import type * as Request from "./Request.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface LowLevel {
  /**
   * Starts a device to which deltas have been added.
   */
  readonly start: (
    options: Request.OfDeviceOptions
  ) => Effect.Effect<void, OperationError.StartError>

  /**
   * Stops a device, whether or not a file system of it is mounted.
   */
  readonly stop: (
    options: Request.OfDeviceOptions
  ) => Effect.Effect<void, OperationError.StopError>

  /**
   * Detaches the deltas of a stopped device.
   */
  readonly clear: (
    options: Request.OfDeviceOptions
  ) => Effect.Effect<void, OperationError.ClearError>

  /**
   * Removes a delta from a running device; no descriptor changes.
   */
  readonly deleteDelta: (
    options: Request.DeleteDeltaOptions
  ) => Effect.Effect<void, OperationError.DeleteDeltaError>

  /**
   * Grows an image, but neither its partition nor its file system.
   */
  readonly grow: (
    options: Request.GrowOptions
  ) => Effect.Effect<void, OperationError.GrowError>

  /**
   * Merges a delta into the image below it, by their files; no descriptor changes,
   * and the file of the delta stays. Generation 9 fails with `Unsupported`.
   *
   * Nothing knows whether the image is really the one below the delta, and another
   * snapshot above the same image changes as well. `mergeSnapshots` knows.
   *
   * @since 0.2.0
   */
  readonly mergeDelta: (
    options: Request.MergeDeltaOptions
  ) => Effect.Effect<void, OperationError.MergeDeltaError>

  /**
   * The device that the driver would allocate next.
   */
  readonly nextDevice: Effect.Effect<DevicePath, OperationError.NextDeviceError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const LowLevel: Context.Tag<LowLevel, LowLevel> = Context.GenericTag<LowLevel>("@effect-ploop/core/LowLevel")

/**
 * What a backend provides: the same operations over requests that have been
 * checked and are complete. An error that an operation is not declared to have
 * becomes `Unclassified`.
 *
 * @since 0.1.0
 * @category models
 */
export type Backend = {
  readonly [Name in Operation.LowLevelName]: Operation.Implementation<Name, PloopError>
}

/**
 * Makes the service from a backend: adds the checks of the options, the defaults,
 * the spans and the metrics.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (backend: Backend): LowLevel =>
  internal.service<LowLevel>(Operation.names.filter(Operation.isLowLevel), backend)

/**
 * A service with the given operations only. Each of the others fails with
 * `Unsupported`. It is for tests, and for backends without low-level operations.
 *
 * @since 0.2.0
 * @category constructors
 */
export const makeNoop = (lowLevel: Partial<LowLevel>): LowLevel =>
  noop.make(Operation.names.filter(Operation.isLowLevel), lowLevel)

/**
 * {@link makeNoop} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerNoop = (lowLevel: Partial<LowLevel>): Layer.Layer<LowLevel> =>
  Layer.succeed(LowLevel, makeNoop(lowLevel))
