/**
 * The remote control of the host in memory, for tests: failures, delays, power
 * cuts, and a look at its state.
 *
 * @since 0.1.0
 */
export * as FakeHost from "./FakeHost.js"

/**
 * A whole host as a value: its files, disks, devices and mounts.
 *
 * @since 0.1.0
 */
export * as HostState from "./HostState.js"

/**
 * The backend that is a host in memory: disks, devices, mounts and files, down
 * to their contents.
 *
 * @since 0.1.0
 */
export * as PloopFake from "./PloopFake.js"
