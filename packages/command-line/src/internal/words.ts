import * as Either from "effect/Either"
import type { Book, Page } from "../Book.js"
import { type Ended, misused } from "../Ended.js"
import { type Known, knownOf } from "./known.js"

/** What a command line asks for. */
export interface Asked {
  readonly page: Page | undefined
  /** Whether the help is asked for. */
  readonly help: boolean
  /** The shell whose completions are asked for. */
  readonly completions: string | undefined
  /** The words as the parser reads them: a value stands apart from its option. */
  readonly words: ReadonlyArray<string>
}

const isOption = (word: string): boolean => word.startsWith("--") && word !== "--"

/** The page of a subcommand, or the only one. */
export const pageOf = ({ pages }: Book, subcommand: string | undefined): Page | undefined =>
  pages.find(({ name }) => name === "" || name === subcommand)

const lines = (...texts: ReadonlyArray<string>): string => texts.join("\n")

/** How to ask for the help of a page. */
export const hint = ({ name }: Book, page: Page | undefined): string =>
  `See ${[name, page?.name ?? ""].filter((word) => word !== "").join(" ")} --help`

/** The first word that is neither an option nor the value of one. */
const firstOf = (words: ReadonlyArray<string>, builtIn: ReadonlyArray<Known>): string | undefined =>
  words.find((word, index) => {
    const before = builtIn.find(({ name }) => name === words[index - 1])
    return !word.startsWith("-") && before?.value === undefined
  })

const withoutPage = (
  book: Book,
  first: string | undefined,
  words: ReadonlyArray<string>,
  builtIn: ReadonlyArray<Known>
) => {
  const before = words.slice(0, first === undefined ? undefined : words.indexOf(first))
  const stranger = before.find((word) => isOption(word) && !builtIn.some(({ name }) => name === word.split("=", 1)[0]))
  if (stranger !== undefined) {
    return `${stranger} is not an option of ${book.name}: the options of a command come after its name`
  }
  const last = builtIn.find(({ name, value }) => value !== undefined && name === words.at(-1))
  if (last !== undefined) return `${last.name} needs a value: ${last.name} ${last.value}`
  return first === undefined
    ? undefined
    : `${first} is not a command; it must be one of ${book.pages.map(({ name }) => name).join(", ")}`
}

/** Why the option at an index is wrong. */
const problemAt = (book: Book, page: Page, all: ReadonlyArray<Known>, words: ReadonlyArray<string>, index: number) => {
  const word = words[index]!
  const known = all.find(({ name }) => name === word)
  if (known === undefined) {
    const names = page.options.map((option) => knownOf(option).name).join(", ")
    return `${word} is not an option of ${page.name === "" ? book.name : page.name}, which has ${
      names === "" ? "none" : names
    }`
  }
  const value = words[index + 1]
  return known.value !== undefined && (value === undefined || all.some(({ name }) => name === value))
    ? `${word} needs a value: ${word} ${known.value}`
    : undefined
}

/** Why the value of an option is wrong that every command has. The others check their values themselves. */
const problemOfBuiltIn = (builtIn: ReadonlyArray<Known>, words: ReadonlyArray<string>): string | undefined =>
  builtIn.flatMap(({ name, words: choices }) => {
    const at = words.indexOf(name)
    const value = words[at + 1]
    return at < 0 || value === undefined || choices.length === 0 || choices.includes(value)
      ? []
      : [`${name} is ${value}, but it must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`]
  })[0]

/** `--name=value` as two words, when the option has a value. */
const apart = (words: ReadonlyArray<string>, all: ReadonlyArray<Known>): ReadonlyArray<string> =>
  words.flatMap((word) => {
    const at = word.indexOf("=")
    return at > 0 && isOption(word) && all.some(({ name, value }) => value !== undefined && name === word.slice(0, at))
      ? [word.slice(0, at), word.slice(at + 1)]
      : [word]
  })

/** The words before `--` as options and arguments, and those from there on. */
const split = (words: ReadonlyArray<string>) => {
  const end = words.indexOf("--")
  return end === -1 ? [words, []] as const : [words.slice(0, end), words.slice(end)] as const
}

/** Whether the word at an index is the value of the option before it. */
const isValue = (words: ReadonlyArray<string>, all: ReadonlyArray<Known>, index: number): boolean =>
  all.some(({ name, value }) => value !== undefined && name === words[index - 1])

/**
 * What the words after the program ask for. Fails for a command or an option that does not exist, and for one that
 * lacks its value, which the parser would take as an argument or only call unknown.
 */
export const read = (book: Book, given: ReadonlyArray<string>): Either.Either<Asked, Ended> => {
  const builtIn = book.options.map(knownOf)
  const [before, after] = split(given)
  const first = firstOf(before, builtIn)
  const page = pageOf(book, first)
  const all = [...(page?.options ?? []).map(knownOf), ...builtIn]
  const words = apart(before, all)
  const help = words.includes("--help") || words.includes("-h")
  const completions = words.find((_, index) => words[index - 1] === "--completions")
  const asked = { page, help, completions, words: [...words, ...after] }
  if (help) return Either.right(asked)
  const problem = problemOfBuiltIn(builtIn, words) ?? (page === undefined
    ? withoutPage(book, first, words, builtIn)
    : words.map((word, index) =>
      isOption(word) && !isValue(words, all, index) ? problemAt(book, page, all, words, index) : undefined
    ).find((found) => found !== undefined))
  return problem === undefined ? Either.right(asked) : Either.left(misused(lines(problem, hint(book, page))))
}
