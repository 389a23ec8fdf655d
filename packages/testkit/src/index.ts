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
 * Files as data: contents by path, so that what is in a directory can be written
 * and compared as one value.
 *
 * @since 0.1.0
 */
export * as FileTree from "./FileTree.js"

/**
 * Changes to an image file without the tool: what a crash, a copy that was cut
 * short, or another program leaves.
 *
 * @since 0.1.0
 */
export * as ImageFile from "./ImageFile.js"

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
 * The directory that a target gives the suite to work in: whether it can be used,
 * and what is made in it.
 *
 * @since 0.1.0
 */
export * as Scratch from "./Scratch.js"

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
