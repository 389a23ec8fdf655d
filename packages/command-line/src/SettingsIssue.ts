/**
 * The rules that a file of settings breaks, in words for the person who wrote it.
 *
 * @since 0.2.0
 */
import * as Array from "effect/Array"
import * as ParseResult from "effect/ParseResult"

/**
 * A rule that a value breaks.
 *
 * @since 0.2.0
 * @category models
 */
export interface SettingsIssue {
  /** The path of its field. */
  readonly path: ReadonlyArray<PropertyKey>
  /** What is wrong, as a sentence whose subject is the field. */
  readonly problem: string
}

const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  // A path of the schema leads through objects and arrays alone.
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value)

const listed = (words: ReadonlyArray<string>, conjunction: string): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`

const members = (union: string): ReadonlyArray<string> => union.split(" | ")

/** What a type of the schema is called in a file. */
const nameOf = (type: string): string | undefined => {
  if (type === "string") return "a text"
  if (type === "number") return "a number"
  if (type === "boolean") return "true or false"
  if (/^(?:readonly |ReadonlyArray<|\[)/.test(type)) return "a list"
  if (type.startsWith("{")) return "settings, each with its name"
  return /^"[^"]*"$/.test(type) ? type : undefined
}

/** What the value must be, as all messages about it say; undefined when one of them says something else. */
const kindOf = (messages: ReadonlyArray<string>): string | undefined => {
  const names = messages.map((message) => nameOf(/^Expected (.*), actual /s.exec(message)?.[1] ?? ""))
  const known = names.filter((name) => name !== undefined)
  return known.length === names.length ? listed(Array.dedupe(known), "or") : undefined
}

/** The messages of a schema about one field as a sentence: the members of a union have a message each. */
const problemOf = (value: unknown, messages: Array.NonEmptyReadonlyArray<string>): string => {
  const [message] = messages
  const names = /^is unexpected, expected: (.*)$/s.exec(message)?.[1]
  if (names !== undefined) {
    const own = members(names).map((name) => name.replaceAll("\"", ""))
    return `does not exist: the settings here are ${listed(own, "and")}`
  }
  if (message.startsWith("is ")) return message
  // What is in a group is too long for a sentence.
  if (typeof value === "object" && value !== null && message.startsWith("must ")) return message
  const found = JSON.stringify(value)
  const kind = kindOf(messages)
  if (kind !== undefined) return `is ${found}, but it must be ${kind}`
  return message.startsWith("must ") ? `is ${found}, but it ${message}` : `is ${found}: ${message}`
}

/**
 * What is wrong with a value that a schema did not accept, once for each field.
 *
 * @since 0.2.0
 * @category constructors
 */
export const all = (value: unknown, error: ParseResult.ParseError): ReadonlyArray<SettingsIssue> => {
  // A field that may be left out is a union, whose other member says that it is undefined, beside the rule.
  const found = ParseResult.ArrayFormatter.formatErrorSync(error)
    .filter(({ message }) => !message.startsWith("Expected undefined"))
  return Object.values(Array.groupBy(found, ({ path }) => path.map(String).join("."))).map((own) => ({
    path: own[0].path,
    problem: problemOf(valueAt(value, own[0].path), Array.map(own, ({ message }) => message))
  }))
}
