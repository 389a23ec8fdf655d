/**
 * The generations of the tool that are in use, and what sets them apart.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * - `1.15`: Debian's package, for the driver of OpenVZ kernels;
 * - `7`: OpenVZ and Virtuozzo 7, the same driver;
 * - `9`: OpenVZ 9, over device-mapper targets.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Generation = Schema.Literal("1.15", "7", "9").annotations({ identifier: "Generation" })

/**
 * @since 0.1.0
 * @category models
 */
export type Generation = typeof Generation.Type
