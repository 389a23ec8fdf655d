import * as Either from "effect/Either"

const starts = (bytes: Uint8Array, ...expected: ReadonlyArray<number>): boolean =>
  expected.every((byte, index) => bytes[index] === byte)

/** The encoding that the declaration names; it is in ASCII in every encoding but UTF-16. */
const declared = (bytes: Uint8Array): string => {
  const start = String.fromCharCode(...bytes.subarray(0, 200))
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(start)?.[1]?.toLowerCase() ?? "utf-8"
}

const encodingOf = (bytes: Uint8Array): string => {
  if (starts(bytes, 0xff, 0xfe) || starts(bytes, 0x3c, 0, 0x3f, 0)) return "utf-16le"
  if (starts(bytes, 0xfe, 0xff) || starts(bytes, 0, 0x3c, 0, 0x3f)) return "utf-16be"
  const found = declared(bytes)
  return starts(bytes, 0xef, 0xbb, 0xbf) || found.startsWith("utf-16") ? "utf-8" : found
}

/** The declaration without an encoding: the text is written in UTF-8, which is the default. */
const undeclared = (text: string): string => text.replace(/^(<\?xml[^>]*?)\s+encoding\s*=\s*(["'])[^"']*\2/, "$1")

/** The text of an XML file in the encoding that it says it has, or what is wrong with it. */
export const decode = (bytes: Uint8Array): Either.Either<string, string> => {
  const encoding = encodingOf(bytes)
  return Either.try({
    try: () => {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
      return encoding === "utf-8" ? text : undeclared(text)
    },
    catch: () => `must be text in the encoding ${encoding}, which it is not, or which is not known`
  })
}
