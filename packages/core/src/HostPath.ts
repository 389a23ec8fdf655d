/**
 * Paths of files and directories on the host.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { brokenRule } from "./internal/hostPath.js"

/**
 * A path that the host and the tool can have. Spaces, quotes, tabs, a leading `-`
 * and letters of any script are all fine. A line break is not, because the tool
 * prints paths on lines; nor is any other control character that XML cannot hold,
 * because it writes them into descriptors.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostPath = Schema.String.pipe(
  Schema.filter(brokenRule),
  Schema.brand("@effect-ploop/core/HostPath")
)

/**
 * @since 0.1.0
 * @category models
 */
export type HostPath = typeof HostPath.Type

/**
 * Makes a path, or throws with the rule that was broken.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (path: string): HostPath =>
  // A path that breaks no rule has the brand. To decode it takes many times as long as the rules.
  brokenRule(path) === undefined ? path as HostPath : decode(path)

const decode = Schema.decodeSync(HostPath)
