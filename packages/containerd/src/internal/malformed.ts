import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { ArgumentInvalid } from "../StorageError.js"

/** A field of a request, with the rule that another value breaks. */
export const text = Schema.String.annotations({ message: () => "must be a string" })

/** The rule of what has fields. */
export const object = { message: () => "must be an object" }

/** Why a request does not have its shape, in the words of a person who reads it. `excess` is said of a field too many. */
export const malformed = (excess: string) => (error: ParseResult.ParseError) => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return new ArgumentInvalid({
    argument: issue?.path.join(".") || "the request",
    rule: issue?._tag === "Unexpected" ? excess : issue?.message ?? "must be valid"
  })
}
