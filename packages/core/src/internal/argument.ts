import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Operation from "../Operation.js"
import { InvalidArgument } from "../PloopError.js"
import * as PrintableText from "../PrintableText.js"

const valueAt = (options: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce((value, key) => Predicate.hasProperty(value, key) ? value[key] : undefined, options)

const show = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (Predicate.isBigInt(value)) return `${value}`
  const text = Predicate.isFunction(value) || Predicate.isSymbol(value) ?
    typeof value :
    JSON.stringify(value, (_, part) => Predicate.isBigInt(part) ? `${part}` : part) ?? typeof value
  return PrintableText.escape(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}

const expected = (message: string): string | undefined => /^Expected (.*), actual /s.exec(message)?.[1]

/** Turns what Schema says of broken options into the one rule that was broken first. */
export const refuse = (operation: Operation.Name, options: unknown, error: ParseResult.ParseError): InvalidArgument => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const first = issues[0]
  const path = first?.path ?? []
  const field = path.map(String).join(".")
  const there = issues.filter((issue) => issue.path.map(String).join(".") === field)
  // A rule of ours says more than what Schema expected of the other members of a union.
  const own = there.find((issue) => issue._tag !== "Missing" && expected(issue.message) === undefined)
  const alternatives = there
    .flatMap((issue) => expected(issue.message) ?? [])
    .filter((alternative) => alternative !== "undefined")
  const rule = first?._tag === "Missing"
    ? "must be given"
    : first?._tag === "Unexpected"
    ? "is not an option of this operation"
    : own?.message ?? `must be ${alternatives.join(" or ")}`
  return new InvalidArgument({
    operation,
    subject: Operation.subjectOf(options),
    text: "",
    field: path.length === 0 ? "options" : field,
    value: show(valueAt(options, path)),
    rule
  })
}
