/**
 * How a host of a fleet is named.
 *
 * @example
 * import { HostName } from "@effect-ploop/fleet"
 *
 * const host = HostName.make("node-1.example.org")
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

/**
 * The name of a host: 1 to 60 lower-case letters, digits, dots and hyphens. It begins and ends with a letter or a digit.
 *
 * The name is not resolved: it says which runner the disks of the host belong to. So it must stay the same for as
 * long as the disks do.
 *
 * @since 0.2.0
 * @category schemas
 */
export const HostName = Schema.String.pipe(
  Schema.pattern(/^[a-z0-9](?:[a-z0-9.-]{0,58}[a-z0-9])?$/, {
    message: () =>
      "must be 1 to 60 lower-case letters, digits, dots and hyphens, with a letter or a digit at each end, as in node-1"
  }),
  // The group of the workflows has this name.
  Schema.filter((name) => name !== "default" || "must not be default"),
  Schema.brand("@effect-ploop/fleet/HostName")
)

/**
 * @since 0.2.0
 * @category models
 */
export type HostName = typeof HostName.Type

/**
 * Checks a name, or throws with the rule that it breaks.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make: (name: string) => HostName = Schema.decodeSync(HostName)
