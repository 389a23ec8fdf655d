/**
 * The version of the image format.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"

/**
 * Version 1 addresses less than 2 TiB, version 2 up to 4 PiB. Raw images have
 * none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FormatVersion = Schema.Literal(1, 2).annotations({ identifier: "FormatVersion" })

/**
 * @since 0.1.0
 * @category models
 */
export type FormatVersion = typeof FormatVersion.Type

/**
 * The largest size that an image of this version can have.
 *
 * @since 0.1.0
 * @category constants
 */
export const maximumSize = (version: FormatVersion): ByteSize.ByteSize =>
  version === 1 ? ByteSize.fromSectors(0xffffffffn) : ByteSize.ByteSizeFromSelf.make((1n << 52n) - (1n << 20n))
