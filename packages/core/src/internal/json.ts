import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"

const number = (value: bigint): number | string => {
  const exact = Number(value)
  return Number.isSafeInteger(exact) ? exact : `${value}`
}

const plain = (value: unknown): unknown => {
  if (Predicate.isBigInt(value)) return number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (!Predicate.isRecord(value)) return value
  return Predicate.isFunction(value["toJSON"]) ? value["toJSON"]() : Record.map(value, plain)
}

/**
 * The fields of a value without bigints, which JSON does not have: each becomes
 * a number where that is exact, and else its digits.
 */
export const fields = (value: object): Record<string, unknown> => Record.map({ ...value }, plain)

const isPlain = (value: unknown): value is object =>
  Predicate.isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

const hasBigInt = (value: unknown): boolean =>
  Predicate.isBigInt(value) ||
  (Array.isArray(value) ? value.some(hasBigInt) : isPlain(value) && Object.values(value).some(hasBigInt))

/**
 * Lets `JSON.stringify` and loggers take a value that has bigints, or an array of such values. What is added
 * is not enumerable, so that comparisons, copies and clones do not see it.
 */
export const serializable = <A>(value: A): A => {
  if (Array.isArray(value)) value.forEach(serializable)
  if (isPlain(value) && !("toJSON" in value) && Object.isExtensible(value) && hasBigInt(value)) {
    Object.defineProperty(value, "toJSON", { value: () => fields(value) })
  }
  return value
}
