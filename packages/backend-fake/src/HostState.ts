/**
 * The state of a whole host as a value: its files, disks, devices and mounts.
 *
 * A state is immutable, and states share what they have in common, so keeping
 * one costs next to nothing. Prepare a host once, and start every test from it.
 *
 * @example
 * import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
 * import { Ploop } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * const prepared = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   yield* ploop.create({ image: "/vz/base/root.hdd", size: "10G" })
 *   const host = yield* FakeHost.FakeHost
 *   return yield* host.state
 * }).pipe(Effect.provide(PloopFake.layer()))
 *
 * const test = Effect.gen(function*() {
 *   const state = yield* prepared
 *   const program = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices)
 *   return yield* Effect.provide(program, PloopFake.layer({ state }))
 * })
 *
 * console.log(HostState.devices(Effect.runSync(prepared))) // []: nothing is attached
 *
 * @since 0.1.0
 */
import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { Generation } from "@effect-ploop/core/Generation"
import * as HashMap from "effect/HashMap"
import * as Predicate from "effect/Predicate"
import * as deviceTable from "./internal/deviceTable.js"
import * as internal from "./internal/hostState.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: TypeId = internal.TypeId

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = internal.TypeId

/**
 * The state of a host at one moment.
 *
 * @since 0.1.0
 * @category models
 */
export interface HostState extends internal.HostState {}

/**
 * @since 0.1.0
 * @category guards
 */
export const isHostState = (u: unknown): u is HostState => Predicate.hasProperty(u, TypeId)

/**
 * The generation of ploop that the host runs.
 *
 * @since 0.1.0
 * @category queries
 */
export const generation = (state: HostState): Generation => internal.unwrap(state).generation

/**
 * The attached devices, in the order in which they were attached.
 *
 * @since 0.1.0
 * @category queries
 */
export const devices = (state: HostState): ReadonlyArray<DevicePath> =>
  deviceTable.all(internal.unwrap(state).devices).map(({ device }) => device)

/**
 * The directories where file systems of disks are mounted, in the order of the
 * mounts.
 *
 * @since 0.1.0
 * @category queries
 */
export const mountPoints = (state: HostState): ReadonlyArray<string> => internal.mountPoints(internal.unwrap(state))

/**
 * The paths of the open files, as they were given to `open`.
 *
 * @since 0.1.0
 * @category queries
 */
export const openFiles = (state: HostState): ReadonlyArray<string> =>
  [...HashMap.values(internal.unwrap(state).handles)].map(({ path }) => path)

/**
 * The bytes in use on the host's own file system. Modelled: a file takes whole
 * blocks of 4 KiB without its holes, an image file its size, and a directory
 * one block. The directories of a new host take nothing.
 *
 * @since 0.1.0
 * @category queries
 */
export const used = (state: HostState): bigint => internal.used(internal.unwrap(state))
