import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { type Document, LineCounter, parseDocument } from "yaml"
import { ofOffset, ofPath, type Position } from "./position.js"

/** A rule that a text breaks, and where. */
export interface Issue extends Position {
  readonly field: string
  readonly problem: string
}

/** A rule that a value breaks, by the path of its field. */
export interface Broken {
  readonly path: ReadonlyArray<PropertyKey>
  readonly problem: string
}

const fieldOf = (path: ReadonlyArray<PropertyKey>): string => path.map(String).join(".")

const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  // A path of the schema leads through objects and arrays alone.
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value)

/** The message of a schema as a sentence about its field. */
const problemOf = (value: unknown, message: string): string => {
  if (message.startsWith("is ")) return message
  const found = JSON.stringify(value)
  return message.startsWith("must ") ? `is ${found}, but it ${message}` : `is ${found}: ${message}`
}

/** Each field once: the members of a union have a message each. */
const oncePerField = (all: ReadonlyArray<Broken>): ReadonlyArray<Broken> =>
  Array.from(new Map(all.toReversed().map((one) => [fieldOf(one.path), one])).values()).toReversed()

const brokenIn = (value: unknown, error: ParseResult.ParseError): ReadonlyArray<Broken> =>
  oncePerField(
    ParseResult.ArrayFormatter.formatErrorSync(error)
      // A field that may be left out is a union, whose other member says this beside the rule.
      .filter(({ message }) => !message.startsWith("Expected undefined"))
      .map(({ message, path }) => ({ path, problem: problemOf(valueAt(value, path), message) }))
  )

const syntax = (document: Document, lines: LineCounter): ReadonlyArray<Issue> =>
  [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    ...ofOffset(lines, pos[0]),
    field: "",
    problem: message
  }))

/** The value of the text. What expands without an end has none. */
const valueOf = (document: Document) =>
  Either.try({ try: (): unknown => document.toJS() ?? {}, catch: (error) => [{ path: [], problem: `${error}` }] })

/** Reads a text as YAML, of which JSON is a part, and checks it. A failure has every rule that has failed. */
export const parse = <A, I>(
  text: string,
  schema: Schema.Schema<A, I>,
  check: (value: A) => Effect.Effect<ReadonlyArray<Broken>>
): Effect.Effect<A, ReadonlyArray<Issue>> =>
  Effect.gen(function*() {
    const lines = new LineCounter()
    const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const wrong = syntax(document, lines)
    if (wrong.length > 0) return yield* Effect.fail(wrong)
    const located = (all: ReadonlyArray<Broken>): ReadonlyArray<Issue> =>
      all.map(({ path, problem }) => ({ ...ofPath(document, lines, path), field: fieldOf(path), problem }))
        .toSorted((one, other) => one.line - other.line || one.column - other.column)
    const value = yield* Either.mapLeft(valueOf(document), located)
    const decoded = yield* Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(value).pipe(
      Either.mapLeft((error) => located(brokenIn(value, error)))
    )
    const broken = yield* check(decoded)
    return broken.length > 0 ? yield* Effect.fail(located(broken)) : decoded
  })
