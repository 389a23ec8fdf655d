/**
 * The directories of volumes: a disk each, and links to the volumes that stand on
 * it. `ploop-volume` of generations 7 and 9 makes them.
 *
 * @example
 * import { DiskDescriptor, DiskVolume } from "@effect-ploop/core"
 *
 * // The directory that a volume stands on, as its descriptor names it.
 * const parent = ({ volume }: DiskDescriptor.DiskDescriptor) => volume?.parent
 * const links = (directory: string) => `${directory}/${DiskVolume.linksName}`
 *
 * @since 0.2.0
 */
import type * as DiskDescriptor from "./DiskDescriptor.js"
import * as SnapshotId from "./SnapshotId.js"

/**
 * The directory in that of a volume which has a symbolic link to each volume that
 * stands on it.
 *
 * @since 0.2.0
 * @category constants
 */
export const linksName = "children"

/**
 * How many volumes can stand on one another: the tool reads no more.
 *
 * @since 0.2.0
 * @category constants
 */
export const longestLine = 256

/**
 * What is wrong with volumes of which more stand on one another.
 *
 * @since 0.2.0
 * @category constants
 */
export const tooLong = `more than ${longestLine} volumes stand on one another, or they form a circle`

/**
 * The file of the top delta, as the descriptor names it; undefined when it names none.
 *
 * @since 0.2.0
 * @category accessors
 */
export const topFile = ({ images }: DiskDescriptor.DiskDescriptor): string | undefined =>
  images.find(({ id }) => id === SnapshotId.top)?.file
