/**
 * Runs random sequences of operations on two targets, and compares them after each
 * step: results, errors, descriptors, snapshot trees and files. It shrinks a
 * difference to a short sequence.
 *
 * @since 0.1.0
 */
export * as Differential from "./Differential.js"

/**
 * Inspects a host, and reports what is missing and what needs it: the tool and its
 * helpers, the kernel driver, root, a directory to work in; and leftovers of
 * earlier runs.
 *
 * @since 0.1.0
 */
export * as Doctor from "./Doctor.js"

/**
 * An emulation of the ploop kernel driver, for the real, unmodified tool of
 * generation 1.15, 7 or 9. With it, the tool mounts disks, takes snapshots of
 * mounted disks, resizes them, and so on, on any Linux as root.
 *
 * @since 0.1.0
 */
export * as KernelEmulation from "./KernelEmulation.js"

/**
 * Whole runs of the suite on tape. A run on the tool of a host is recorded; it is
 * replayed anywhere, without the tool and without root, and fails where the
 * backend no longer does what it did.
 *
 * @since 0.2.0
 */
export * as TapedRun from "./TapedRun.js"
