/**
 * The kernel driver of ploop, emulated beneath the real, unmodified tool of
 * generation 1.15: on any Linux where one is root, it mounts, takes snapshots of
 * mounted disks, resizes, and so on.
 *
 * @since 0.1.0
 */
export * as KernelEmulation from "./KernelEmulation.js"
