import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"

/** Reads `key=value,key2=value2`, with values that are percent-encoded; undefined for another text. */
const read = (isPair: (key: string, value: string) => boolean) =>
(
  text: string
): Readonly<Record<string, string>> | undefined => {
  const pairs: Array<readonly [string, string]> = []
  for (const part of text.split(",")) {
    const [, key = "", encoded = ""] = /^\s*([^\s=]+)\s*=\s*(.*?)\s*$/.exec(part) ?? []
    const value = Either.getOrUndefined(Encoding.decodeUriComponent(encoded))
    if (key === "" || value === undefined || !isPair(key, value)) return undefined
    pairs.push([key, value])
  }
  return Object.fromEntries(pairs)
}

/** Attributes. */
export const attributes = read(() => true)

/** Headers, which HTTP can send. */
export const headers = read((key, value) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(key) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
)
