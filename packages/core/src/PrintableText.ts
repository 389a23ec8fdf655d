/**
 * Text from a host that is safe to print: a file name, and so the tool's output,
 * may hold any character, and control characters can move the cursor of a
 * terminal or forge a line of a log.
 *
 * @since 0.2.0
 */

/**
 * The text on one line, with every control character (except the tab), line
 * separator and change of direction written as `\u` and four digits.
 *
 * @example
 * import { PrintableText } from "@effect-ploop/core"
 *
 * console.log(PrintableText.escape("/vz/\u001b[2Jroot.hdd")) // /vz/\u001b[2Jroot.hdd, as printable characters
 *
 * @since 0.2.0
 * @category formatting
 */
export const escape = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
