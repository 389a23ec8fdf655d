/**
 * Runs random sequences of operations on two targets at once, and compares them
 * after each step: results, errors, descriptor, tree of snapshots, and files. A
 * difference is shrunk to a short sequence that shows it.
 *
 * @since 0.1.0
 */
export * as Differential from "./Differential.js"

/**
 * Looks at a host, and says what is missing for what: the tool and its helpers,
 * the kernel driver, root, a directory to work in, leftovers of earlier runs.
 *
 * @since 0.1.0
 */
export * as Doctor from "./Doctor.js"

/**
 * The kernel driver of ploop, emulated beneath the real, unmodified tool of
 * generation 1.15, 7 or 9: on any Linux where one is root, it mounts, takes
 * snapshots of mounted disks, resizes, and so on.
 *
 * @since 0.1.0
 */
export * as KernelEmulation from "./KernelEmulation.js"
