/**
 * The directories of volumes: a disk each, and links to the children of the
 * volume. `ploop-volume` of generations 7 and 9 makes them.
 *
 * @example
 * import { DiskDescriptor, DiskVolume } from "@effect-ploop/core"
 *
 * // The directory of the parent of a volume, as its descriptor names it.
 * const parent = ({ volume }: DiskDescriptor.DiskDescriptor) => volume?.parent
 * const links = (directory: string) => `${directory}/${DiskVolume.linksName}`
 *
 * @since 0.2.0
 */
import type * as DiskDescriptor from "./DiskDescriptor.js"
import * as SnapshotId from "./SnapshotId.js"

/**
 * The directory in that of a volume which has a symbolic link to each of its
 * children.
 *
 * @since 0.2.0
 * @category constants
 */
export const linksName = "children"

/**
 * How many volumes a chain can have, from one to its last ancestor: the tool reads no more.
 *
 * @since 0.2.0
 * @category constants
 */
export const longestChain = 256

/**
 * What is wrong with a chain of more volumes.
 *
 * @since 0.2.0
 * @category constants
 */
export const tooLong = `more than ${longestChain} volumes are in a chain, or they form a circle`

/**
 * The file of the top delta, as the descriptor names it; undefined when it names none.
 *
 * @since 0.2.0
 * @category accessors
 */
export const topFile = ({ images }: DiskDescriptor.DiskDescriptor): string | undefined =>
  images.find(({ id }) => id === SnapshotId.top)?.file
