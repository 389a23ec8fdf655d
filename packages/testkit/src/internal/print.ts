import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

class Plain {
  constructor(readonly text: string) {}
}

/** A text that is printed without quotes. */
export const plain = (text: string): unknown => new Plain(text)

const entries = (value: object): ReadonlyArray<readonly [string, unknown]> =>
  Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)

/** Prints a value on one line. Values of the same structure print the same. */
export const print = (value: unknown): string => {
  if (value instanceof Plain) return value.text
  if (Predicate.isString(value)) return JSON.stringify(value)
  if (Predicate.isBigInt(value)) return `${value}n`
  if (value instanceof Uint8Array) return `bytes [${value.join(" ")}]`
  if (value instanceof Date) return value.toISOString()
  if (Option.isOption(value)) return Option.isNone(value) ? "none" : `some ${print(value.value)}`
  if (Array.isArray(value)) return `[${value.map(print).join(", ")}]`
  if (value instanceof Map || value instanceof Set) return print([...value])
  if (Predicate.isObject(value) && !Predicate.isFunction(value)) {
    return `{${entries(value).map(([name, inner]) => `${name}: ${print(inner)}`).join(", ")}}`
  }
  return String(value)
}
