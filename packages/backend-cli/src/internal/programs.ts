/**
 * The programs that a prefix runs, besides the tool itself. The rule for `sudo` in
 * the README names them all.
 */

/** Of the same package as the tool, and in its directory. */
export const besideTool = ["ploop-cbt", "ploop-volume"] as const

export type BesideTool = (typeof besideTool)[number]

/** Of the host. */
export const helpers = ["dmsetup", "mkfs", "tune2fs", "debugfs", "resize2fs", "parted"] as const

export type Helper = (typeof helpers)[number]
