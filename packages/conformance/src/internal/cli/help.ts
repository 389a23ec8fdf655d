import type { Entry } from "./manual.js"
import type { Page } from "./pages.js"
import { common, exitCodes, pages, program, summary, variables } from "./pages.js"

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
export const synopsis = ({ arguments: args, name, options }: Page): string =>
  [program, name, ...options.length === 0 ? [] : ["[OPTION]..."], ...args.map(({ term }) => term)].join(" ")

const ofPage = (page: Page, columns: number): ReadonlyArray<string> => [
  `Usage: ${synopsis(page)}`,
  "",
  ...paragraph(page.description, columns),
  ...section("Arguments", page.arguments, columns),
  ...section("Options", [...page.options, ...common], columns),
  ...page.runsTool ? section("Environment", variables, columns) : [],
  ...section("Exit codes", exitCodes, columns),
  ...section("Examples", page.examples.map(example), columns)
]

const ofProgram = (columns: number): ReadonlyArray<string> => [
  `Usage: ${program} COMMAND [OPTION]...`,
  "",
  ...paragraph(summary, columns),
  ...section("Commands", pages.map(({ description, name }) => ({ term: name, text: description })), columns),
  ...section("Options", common, columns),
  ...section("Exit codes", exitCodes, columns),
  ...section("Examples", pages.flatMap(({ examples }) => examples.slice(0, 1)).map(example), columns),
  "",
  ...paragraph(`${program} COMMAND --help has the options of a command and the variables that it reads.`, columns)
]

/** The help of a subcommand, or of the program. */
export const render = (page: Page | undefined, columns: number): string =>
  (page === undefined ? ofProgram(columns) : ofPage(page, columns)).join("\n")
