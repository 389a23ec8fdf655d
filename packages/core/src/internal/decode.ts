import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type * as Operation from "../Operation.js"
import type { InvalidArgument } from "../PloopError.js"
import * as argument from "./argument.js"
import * as json from "./json.js"

/** The options that a request may have. */
const optionsOf = (schema: Schema.Schema.AnyNoContext): ReadonlySet<PropertyKey> =>
  new Set(SchemaAST.getPropertySignatures(SchemaAST.typeAST(schema.ast)).map(({ name }) => name))

/** Whether all options are known, and none has options of its own. */
const isFlat = (known: ReadonlySet<PropertyKey>, options: unknown): boolean => {
  if (!Predicate.isRecord(options)) return false
  for (const key of Reflect.ownKeys(options)) {
    if (!known.has(key) || Predicate.isObject(options[key])) return false
  }
  return true
}

/**
 * Checks the options of a call, and completes them. Schema compares each key with
 * every known one, which takes as long as the rest: it does so only where there
 * may be an unknown one.
 */
export const decode = (name: Operation.Name, schema: Schema.Schema.AnyNoContext) => {
  const known = optionsOf(schema)
  const strictly = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  const flat = Schema.decodeUnknownEither(schema)
  return (options: unknown): Either.Either<unknown, InvalidArgument> => {
    const decoded = isFlat(known, options) ? flat(options) : strictly(options)
    return Either.isRight(decoded)
      ? Either.right(json.serializable(decoded.right))
      : Either.left(argument.refuse(name, options, decoded.left))
  }
}
