import * as Encoding from "effect/Encoding"

const bytes = (text: string): number => Encoding.encodeHex(text).length / 2

/** The rule that a path breaks, if it breaks one. */
export const brokenRule = (path: string): string | undefined => {
  if (path === "") return "must not be empty"
  if (path.includes("\0")) return "must not contain a NUL byte"
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(path)) {
    return "must be text that UTF-8 can hold (it has half of a surrogate pair)"
  }
  if (bytes(path) > 4095) return "must not be longer than 4095 bytes"
  return undefined
}
