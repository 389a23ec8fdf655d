/**
 * How an image keeps its data.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * - `expanded`: grows as data is written;
 * - `preallocated`: takes its full size at once;
 * - `raw`: a plain file of the full size, without a header.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ImageFormat = Schema.Literal("expanded", "preallocated", "raw").annotations({
  identifier: "ImageFormat"
})

/**
 * @since 0.1.0
 * @category models
 */
export type ImageFormat = typeof ImageFormat.Type
