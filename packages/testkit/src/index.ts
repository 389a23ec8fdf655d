/**
 * What a host can do, as far as hosts differ in it. A case names what it needs,
 * a target what it has; a case that needs more is skipped, with the reason.
 *
 * @since 0.1.0
 */
export * as Capability from "./Capability.js"

/**
 * A case of the conformance suite: one rule that every backend keeps, as data,
 * with an effect that finds out whether one does.
 *
 * @since 0.1.0
 */
export * as Case from "./Case.js"

/**
 * Assertions as effects, for cases that run under any runner: what is not as it
 * must be fails with {@link CheckFailed}.
 *
 * @since 0.1.0
 */
export * as Check from "./Check.js"

/**
 * What a case is given by whoever runs it: a directory of its own, and the words
 * in which cases are written: a disk, a disk with a file system, a mount.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.js"

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
 * Files as data: contents by path, so that what is in a directory can be written
 * and compared as one value.
 *
 * @since 0.1.0
 */
export * as FileTree from "./FileTree.js"

/**
 * The kernel driver of ploop, emulated beneath the real, unmodified tool of
 * generation 1.15, 7 or 9: on any Linux where one is root, it mounts, takes
 * snapshots of mounted disks, resizes, and so on.
 *
 * @since 0.1.0
 */
export * as KernelEmulation from "./KernelEmulation.js"

/**
 * What came of a run of the suite.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"

/**
 * Runs cases on a target: each in a directory of its own, which is cleared away
 * after it, whatever became of it.
 *
 * @since 0.1.0
 */
export * as Runner from "./Runner.js"

/**
 * The cases, in the order in which they are run and reported.
 *
 * @since 0.1.0
 */
export * as Suite from "./Suite.js"

/**
 * What the suite is run on: a backend as a layer, a directory to work in, and
 * what the host behind it can do.
 *
 * @since 0.1.0
 */
export * as Target from "./Target.js"
