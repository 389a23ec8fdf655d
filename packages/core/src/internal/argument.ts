import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import { InvalidArgument } from "../PloopError.js"
import { printable } from "./message.js"

/** What an operation is about, as far as its options tell before they are checked. */
export const subject = (options: unknown): string => {
  for (const key of ["disk", "image", "device", "target"]) {
    if (Predicate.hasProperty(options, key) && Predicate.isString(options[key])) return options[key]
  }
  return "host"
}

const valueAt = (options: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce((value, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, options)

const show = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (Predicate.isBigInt(value)) return `${value}`
  const text = Predicate.isFunction(value) || Predicate.isSymbol(value) ?
    typeof value :
    JSON.stringify(value, (_, part) => Predicate.isBigInt(part) ? `${part}` : part) ?? typeof value
  return printable(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

const expected = (message: string): string | undefined => /^Expected (.*), actual /s.exec(message)?.[1]

/** Turns what Schema says of broken options into the one rule that was broken first. */
export const refuse = (operation: string, options: unknown, error: ParseResult.ParseError): InvalidArgument => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const first = issues[0]
  const path = first?.path ?? []
  const alternatives = issues
    .filter((issue) => issue.path.join(".") === path.join("."))
    .flatMap((issue) => expected(issue.message) ?? [])
  const rule = first?._tag === "Missing"
    ? "must be given"
    : first?._tag === "Unexpected"
    ? "is not an option of this operation"
    : alternatives.length > 0
    ? `must be ${alternatives.join(" or ")}`
    : first?.message ?? "breaks a rule"
  return new InvalidArgument({
    operation,
    subject: subject(options),
    text: "",
    field: path.length === 0 ? "options" : path.map(String).join("."),
    value: show(valueAt(options, path)),
    rule
  })
}
