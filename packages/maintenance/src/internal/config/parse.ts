import * as SettingsIssue from "@effect-ploop/command-line/SettingsIssue"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type Document, LineCounter, parseDocument } from "yaml"
import { ofOffset, ofPath, type Position } from "./position.js"

/** A rule that a text breaks, and where. */
export interface Issue extends Position {
  readonly field: string
  readonly problem: string
}

const fieldOf = (path: ReadonlyArray<PropertyKey>): string => path.map(String).join(".")

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
  check: (value: A) => Effect.Effect<ReadonlyArray<SettingsIssue.SettingsIssue>>
): Effect.Effect<A, ReadonlyArray<Issue>> =>
  Effect.gen(function*() {
    const lines = new LineCounter()
    const document: Document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const wrong = syntax(document, lines)
    if (wrong.length > 0) return yield* Effect.fail(wrong)
    const located = (all: ReadonlyArray<SettingsIssue.SettingsIssue>): ReadonlyArray<Issue> =>
      all.map(({ path, problem }) => ({ ...ofPath(document, lines, path), field: fieldOf(path), problem }))
        .toSorted((one, other) => one.line - other.line || one.column - other.column)
    const value = yield* Either.mapLeft(valueOf(document), located)
    const decoded = yield* Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(value).pipe(
      Either.mapLeft((error) => located(SettingsIssue.all(value, error)))
    )
    const broken = yield* check(decoded)
    return broken.length > 0 ? yield* Effect.fail(located(broken)) : decoded
  })
