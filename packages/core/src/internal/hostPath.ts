import { unwritable } from "./xmlText.js"

const longest = 4095

const encoder = new TextEncoder()

/** A character takes at most three bytes for each of its units, so that only a long path is encoded to know. */
const isTooLong = (path: string): boolean =>
  path.length > longest || (3 * path.length > longest && encoder.encode(path).length > longest)

/** The rule that the text of a path breaks wherever it is written, if it breaks one. */
export const brokenTextRule = (path: string): string | undefined => {
  if (path === "") return "must not be empty"
  if (path.includes("\0")) return "must not contain a NUL byte"
  if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(path)) {
    return "must be text that UTF-8 can hold (it has half of a surrogate pair)"
  }
  if (isTooLong(path)) return `must not be longer than ${longest} bytes`
  return undefined
}

/**
 * The rule that a path breaks, if it breaks one. The tool prints paths on lines,
 * and writes them into XML: what neither can hold, it loses.
 */
export const brokenRule = (path: string): string | undefined => {
  if (path.includes("\n")) return "must not contain a line break, at which the tool cuts paths"
  return brokenTextRule(path) ??
    (unwritable.test(path) ? "must not contain a control character that XML cannot hold, except a tab" : undefined)
}
