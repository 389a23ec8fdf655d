/**
 * What hosts differ in. A case lists the capabilities that it needs, and a
 * target those that it has. A case that needs more is skipped, with the reason.
 *
 * @since 0.1.0
 */
export * as Capability from "./Capability.js"

/**
 * A case of the conformance suite: one rule for every backend, as data, with an
 * effect that tests it.
 *
 * @since 0.1.0
 */
export * as Case from "./Case.js"

/**
 * Assertions as effects, for cases that run under any runner. An assertion that
 * does not hold fails with {@link CheckFailed}.
 *
 * @since 0.1.0
 */
export * as Check from "./Check.js"

/**
 * The environment of a case: a directory of its own, and constructors for what
 * most cases need: a disk, a disk with a file system, a mount.
 *
 * @since 0.1.0
 */
export * as Conformance from "./Conformance.js"

/**
 * Files as data: contents by path, to write or compare a directory as one value.
 *
 * @since 0.1.0
 */
export * as FileTree from "./FileTree.js"

/**
 * Changes an image file without the tool, as a crash, a truncated copy or another
 * program would.
 *
 * @since 0.2.0
 */
export * as ImageFile from "./ImageFile.js"

/**
 * The outcome of a run of the suite.
 *
 * @since 0.1.0
 */
export * as Report from "./Report.js"

/**
 * What changed between two reports: which cases broke, which are repaired, and
 * which no longer ran.
 *
 * @since 0.2.0
 */
export * as ReportDiff from "./ReportDiff.js"

/**
 * Runs cases on a target, each in a directory of its own, which is removed
 * afterwards, whatever the outcome.
 *
 * @since 0.1.0
 */
export * as Runner from "./Runner.js"

/**
 * The directory of a target in which the suite works: checks that it can be used,
 * and cleans it up.
 *
 * @since 0.2.0
 */
export * as Scratch from "./Scratch.js"

/**
 * The cases, in the order in which they run and are reported.
 *
 * @since 0.1.0
 */
export * as Suite from "./Suite.js"

/**
 * What the suite runs on: a backend as a layer, a directory to work in, and the
 * capabilities of the host.
 *
 * @since 0.1.0
 */
export * as Target from "./Target.js"
