/**
 * Controls the host in memory, for tests: injects failures and delays, cuts the
 * power, reads and restores the state.
 *
 * @since 0.1.0
 */
export * as FakeHost from "./FakeHost.js"

/**
 * The state of a whole host as a value: its files, disks, devices and mounts.
 *
 * @since 0.1.0
 */
export * as HostState from "./HostState.js"

/**
 * A backend that is a host in memory, with its disks, devices, mounts and
 * files.
 *
 * @since 0.1.0
 */
export * as PloopFake from "./PloopFake.js"

/**
 * What several hosts in memory know of each other's images, so that the bytes of an image that one of them has written are the same
 * disk on another.
 *
 * @since 0.2.0
 */
export * as SharedData from "./SharedData.js"
