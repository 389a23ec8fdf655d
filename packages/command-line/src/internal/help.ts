import type { Book, Page } from "../Book.js"
import type { Described, Entry } from "../Manual.js"

/** Indented text, wrapped at a number of columns. Only a longer word makes a longer line. */
const paragraph = (text: string, columns: number, indent = 0): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last === undefined || indent + last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line) => `${" ".repeat(indent)}${line}`)
}

const section = (title: string, entries: ReadonlyArray<Entry>, columns: number): ReadonlyArray<string> =>
  entries.length === 0
    ? []
    : ["", `${title}:`, ...entries.flatMap(({ term, text }) => [`  ${term}`, ...paragraph(text, columns, 6)])]

const example = ({ term, text }: Entry): Entry => ({ term: `$ ${term}`, text })

/** The usage in one line. */
export const usage = (start: string, { arguments: args, options }: Described): string =>
  [start, ...options.length === 0 ? [] : ["[OPTION]..."], ...args.map(({ term }) => term)].join(" ")

const ofPage = (book: Book, page: Page, columns: number): ReadonlyArray<string> => [
  `Usage: ${page.usage}`,
  "",
  ...paragraph(page.description, columns),
  ...section("Arguments", page.arguments, columns),
  ...section("Options", [...page.options, ...book.options], columns),
  // Those of every subcommand are in the help of the program.
  ...section(
    "Environment",
    page.name === "" ? [...page.environment, ...book.commonEnvironment] : page.environment,
    columns
  ),
  ...section("Exit codes", book.exitCodes, columns),
  ...section("Examples", page.examples.map(example), columns)
]

const ofProgram = (book: Book, columns: number): ReadonlyArray<string> => [
  `Usage: ${book.name} COMMAND [OPTION]...`,
  "",
  ...paragraph(book.description, columns),
  ...section("Commands", book.pages.map(({ description, name }) => ({ term: name, text: description })), columns),
  ...section("Options", book.options, columns),
  ...section("Environment", book.commonEnvironment, columns),
  ...section("Exit codes", book.exitCodes, columns),
  ...section("Examples", book.pages.flatMap(({ examples }) => examples.slice(0, 1)).map(example), columns),
  "",
  ...paragraph(`${book.name} COMMAND --help has the options of a command and the variables that it reads.`, columns)
]

/** The help of a subcommand, or of the program. */
export const render = (book: Book, page: Page | undefined, columns: number): string =>
  (page === undefined ? ofProgram(book, columns) : ofPage(book, page, columns)).join("\n")
