/**
 * Controls the host in memory, for tests: injects failures and delays, cuts the
 * power, reads and restores the state.
 *
 * @example
 * import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
 * import { Ploop } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const test = Effect.gen(function*() {
 *   const host = yield* FakeHost.FakeHost
 *   const ploop = yield* Ploop.Ploop
 *   const disk = "/vz/101/DiskDescriptor.xml"
 *   yield* host.fail("mount", "Locked")
 *   const error = yield* Effect.flip(ploop.mount({ disk }))
 *   const calls = yield* host.calls // one of `mount`, with its request
 *   return { calls, error }
 * }).pipe(Effect.provide(PloopFake.layer()))
 *
 * @since 0.1.0
 */
import type * as Operation from "@effect-ploop/core/Operation"
import type * as OperationError from "@effect-ploop/core/OperationError"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { HostState } from "./HostState.js"

/**
 * Which calls of an operation to affect, counted from now: the n-th one, or all
 * until {@link FakeHost.reset}. Default: 1, the next call.
 *
 * @since 0.1.0
 * @category models
 */
export type Calls = number | "always"

/**
 * A tag of an error of an operation, for which an error can be made without
 * further fields. For another, such as `Busy`, give the error itself.
 *
 * @since 0.2.0
 * @category models
 */
export type Tag<Name extends Operation.Name> = Extract<Operation.ErrorTagOf<Name>, FieldlessTag>

/**
 * The tags of the errors that have no required fields of their own.
 *
 * @since 0.2.0
 * @category models
 */
export type FieldlessTag = {
  [Tag in PloopError.Tag]: PloopError.Context extends ConstructorParameters<(typeof PloopError.classes)[Tag]>[0] ? Tag
    : never
}[PloopError.Tag]

/**
 * A call of an operation whose options were accepted: the operation, and its
 * request with every default; undefined for an operation without options.
 *
 * @since 0.2.0
 * @category models
 */
export type Call = {
  readonly [Name in Operation.Name]: { readonly operation: Name; readonly request: Operation.RequestOf<Name> }
}[Operation.Name]

/**
 * What a test can do to the host.
 *
 * @since 0.1.0
 * @category models
 */
export interface FakeHost {
  /**
   * Makes an operation fail with this error before it does anything. Of a tag, the
   * error has the operation and what the call is about. Calls whose options are
   * refused do not count. When two failures are due at the same call, the one that
   * was added first wins.
   */
  readonly fail: <Name extends Operation.Name>(
    operation: Name,
    error: OperationError.Of<Name> | Tag<Name>,
    calls?: Calls
  ) => Effect.Effect<void>

  /**
   * The calls of all operations so far, in the order in which they began, the
   * last 10,000 at least. A call is there whether it succeeds, fails or is
   * interrupted; one whose options are refused is not.
   */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>

  /**
   * Makes an operation wait, on the `Clock`, before it does anything and before
   * it fails. Delays of the same call add up. An operation that is interrupted
   * while it waits never happens.
   */
  readonly delay: (operation: Operation.Name, duration: Duration.DurationInput, calls?: Calls) => Effect.Effect<void>

  /** Removes every failure and delay that is still pending. */
  readonly reset: Effect.Effect<void>

  /**
   * Cuts the power and restarts the host: mounts, devices and open files are
   * gone, the in-use flag stays set in the images of running devices, and data
   * that their file systems had not written back is lost. `File.sync`, an unmount
   * and a snapshot write data back. The host's own file system loses nothing.
   */
  readonly cutPower: Effect.Effect<void>

  /** The current state. */
  readonly state: Effect.Effect<HostState>

  /** Replaces the state of the host. Files that were open are closed. */
  readonly restore: (state: HostState) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const FakeHost: Context.Tag<FakeHost, FakeHost> = Context.GenericTag<FakeHost>(
  "@effect-ploop/backend-fake/FakeHost"
)
