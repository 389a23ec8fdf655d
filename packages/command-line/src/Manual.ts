/**
 * What a definition of `@effect/cli` says about a command, as terms and their texts.
 *
 * @since 0.2.0
 */
import type { Variable } from "@effect-ploop/backend-cli/Environment"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type { Span } from "@effect/cli/HelpDoc/Span"

/**
 * A term and what it means, as an option and its description.
 *
 * @since 0.2.0
 * @category models
 */
export interface Entry {
  /** As in `--json`. */
  readonly term: string
  /** In sentences. */
  readonly text: string
  /** The words that an option takes, when its term does not have them. Default: none. */
  readonly words?: ReadonlyArray<string> | undefined
}

/**
 * What the definition of a command says about it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Described {
  /** What it does, in sentences. */
  readonly description: string
  /** Its arguments, in their order. */
  readonly arguments: ReadonlyArray<Entry>
  /** Its own options. */
  readonly options: ReadonlyArray<Entry>
}

const textOf = (span: Span): string => {
  switch (span._tag) {
    case "Highlight":
    case "Strong":
    case "Weak":
      return textOf(span.value)
    case "Sequence":
      return textOf(span.left) + textOf(span.right)
    case "Text":
    case "URI":
      return span.value
  }
}

const parts = (doc: HelpDoc.HelpDoc): ReadonlyArray<HelpDoc.HelpDoc> =>
  HelpDoc.isSequence(doc) ? [...parts(doc.left), ...parts(doc.right)] : [doc]

const paragraphs = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  parts(doc).flatMap((part) => HelpDoc.isParagraph(part) ? [textOf(part.value)] : [])

/** The parts below a heading. */
const below = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<HelpDoc.HelpDoc> => {
  const all = parts(doc)
  const isHeading = (part: HelpDoc.HelpDoc) => HelpDoc.isHeader(part)
  const first = all.findIndex((part) => HelpDoc.isHeader(part) && textOf(part.value) === heading) + 1
  if (first === 0) return []
  const next = all.slice(first).findIndex(isHeading)
  return all.slice(first, next === -1 ? undefined : first + next)
}

/** Sentences of the library that the descriptions say better. The first paragraph is the type of the value. */
const isOfLibrary = (text: string, index: number): boolean => index === 0 || /^This (?:setting|option) /.test(text)

const entries = (doc: HelpDoc.HelpDoc, heading: string): ReadonlyArray<Entry> =>
  below(doc, heading).flatMap((part) =>
    HelpDoc.isDescriptionList(part)
      ? part.definitions.map(([span, doc]) => ({
        term: textOf(span).replace(/\s+/g, " ").replace(/\.\.\.$/, "").trim(),
        text: paragraphs(doc).filter((text, index) => !isOfLibrary(text, index)).join(" ")
      }))
      : []
  )

/**
 * What the help of a command has: its description, its arguments and its options.
 *
 * @since 0.2.0
 * @category constructors
 */
export const describe = (help: HelpDoc.HelpDoc): Described => ({
  description: below(help, "DESCRIPTION").flatMap(paragraphs).join(" "),
  arguments: entries(help, "ARGUMENTS"),
  options: entries(help, "OPTIONS")
})

/**
 * Variables of the environment: what each sets, its rule and its default.
 *
 * @since 0.2.0
 * @category constructors
 */
export const ofVariables = (variables: ReadonlyArray<Variable>): ReadonlyArray<Entry> =>
  variables.map(({ default: initial, name, rule, text }) => ({
    term: name,
    text: `${text}: ${rule}. Default: ${initial}.`
  }))
