/**
 * Paths of files and directories on the host.
 *
 * @since 0.1.0
 */
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"

const bytes = (text: string): number => Encoding.encodeHex(text).length / 2

const broken = (path: string): string | undefined => {
  if (path === "") return "must not be empty"
  if (path.includes("\0")) return "must not contain a NUL byte"
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(path)) {
    return "must be text that UTF-8 can hold (it has half of a surrogate pair)"
  }
  if (bytes(path) > 4095) return "must not be longer than 4095 bytes"
  return undefined
}

/**
 * A path as the host takes it. Spaces, quotes, newlines, a leading `-` and
 * letters of any script are all fine; a NUL byte is not.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostPath = Schema.String.pipe(
  Schema.filter(broken),
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
export const make: (path: string) => HostPath = Schema.decodeSync(HostPath)
