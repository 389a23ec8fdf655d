/**
 * The unit in which an image file grows: a power of two from 32 KiB to 64 MiB.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"

const rule = "must be a power of two from 32K to 64M (64 to 131072 sectors)"

/**
 * A cluster size, in bytes.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ClusterSize = ByteSize.ByteSize.pipe(
  Schema.filter((bytes) => bytes >= 32n << 10n && bytes <= 64n << 20n && (bytes & (bytes - 1n)) === 0n, {
    message: () => rule
  }),
  Schema.brand("@effect-ploop/core/ClusterSize")
)

/**
 * @since 0.1.0
 * @category models
 */
export type ClusterSize = typeof ClusterSize.Type

/**
 * Makes a cluster size, or throws with the rule that was broken.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (input: ByteSize.ByteSizeInput) => ClusterSize = Schema.decodeSync(ClusterSize)

/**
 * What ploop takes when nobody says otherwise: 1 MiB.
 *
 * @since 0.1.0
 * @category constants
 */
export const standard: ClusterSize = make("1M")

/**
 * A size rounded up to whole clusters, as ploop rounds the size of a disk.
 *
 * @since 0.1.0
 * @category conversions
 */
export const roundUp = (size: ByteSize.ByteSize, cluster: ClusterSize): ByteSize.ByteSize =>
  ByteSize.ByteSizeFromSelf.make((size + cluster - 1n) / cluster * cluster)
