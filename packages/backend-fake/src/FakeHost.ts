/**
 * The remote control of the host in memory, for tests: failures, delays, power
 * cuts, and a look at its state.
 *
 * @example
 * import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
 * import { Ploop, PloopError } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const test = Effect.gen(function*() {
 *   const host = yield* FakeHost.FakeHost
 *   const ploop = yield* Ploop.Ploop
 *   const disk = "/vz/101/DiskDescriptor.xml"
 *   yield* host.fail("mount", new PloopError.Locked({ operation: "mount", subject: disk, text: "" }))
 *   return yield* Effect.flip(ploop.mount({ disk }))
 * }).pipe(Effect.provide(PloopFake.layer()))
 *
 * @since 0.1.0
 */
import type * as Operation from "@effect-ploop/core/Operation"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { HostState } from "./HostState.js"

/**
 * Which calls are meant, counted from now on: the first unless given, the n-th,
 * or all until {@link FakeHost.reset}.
 *
 * @since 0.1.0
 * @category models
 */
export type Calls = number | "always"

/**
 * What a test can do to the host.
 *
 * @since 0.1.0
 * @category models
 */
export interface FakeHost {
  /**
   * Lets an operation fail with this error, before it does anything. A call
   * whose options are refused does not count. Of two failures of one call, the
   * one comes that was told first.
   */
  readonly fail: <Name extends Operation.Name>(
    operation: Name,
    error: OperationError.Of<Name>,
    calls?: Calls
  ) => Effect.Effect<void>

  /**
   * Lets an operation wait, on the `Clock`, before it does anything, and before
   * it fails. Delays of one call add up. An interruption meanwhile means that the
   * operation never happens.
   */
  readonly delay: (operation: Operation.Name, duration: Duration.DurationInput, calls?: Calls) => Effect.Effect<void>

  /**
   * Forgets every failure and delay that is still to come.
   */
  readonly reset: Effect.Effect<void>

  /**
   * Cuts the power and starts the host again: mounts, devices and open files are
   * gone, images of running devices stay marked as in use, and what their file
   * systems had not written back is lost. `File.sync`, a umount and a snapshot
   * write back. The host's own file system loses nothing.
   */
  readonly cutPower: Effect.Effect<void>

  /**
   * The state of now.
   */
  readonly state: Effect.Effect<HostState>

  /**
   * Puts the host into another state. Files that were open before are closed.
   */
  readonly restore: (state: HostState) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const FakeHost: Context.Tag<FakeHost, FakeHost> = Context.GenericTag<FakeHost>(
  "@effect-ploop/backend-fake/FakeHost"
)
