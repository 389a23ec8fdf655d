import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { Ended } from "./exit.js"
import { misused } from "./exit.js"
import * as help from "./help.js"
import type { Page } from "./pages.js"
import { common, pages, program } from "./pages.js"

/** The name of an option and the name of its value, if it has one. */
const optionOf = (term: string): { readonly name: string; readonly value: string | undefined } => {
  const [name = "", value] = (term.split(", ").at(-1) ?? "").split(" ")
  return { name, value }
}

const builtIn = [...common.map(({ term }) => term), "--log-level LEVEL", "--wizard"].map(optionOf)

/** Fails for an option that the subcommand does not have, or that lacks its value. */
const check = (page: Page, words: ReadonlyArray<string>): Effect.Effect<void, Ended> => {
  const own = page.options.map(({ term }) => optionOf(term))
  const all = [...own, ...builtIn]
  const problem = words.map((word, index) => {
    if (!word.startsWith("--") || word === "--") return undefined
    const known = all.find(({ name }) => name === word.split("=", 1)[0])
    if (known === undefined) {
      const names = own.map(({ name }) => name).join(", ")
      return `${word} is not an option of ${page.name}, which has ${names === "" ? "none" : names}`
    }
    if (known.value === undefined || word.includes("=")) return undefined
    const value = words[index + 1]
    return value === undefined || all.some(({ name }) => name === value)
      ? `${word} needs a value: ${word} ${known.value}`
      : undefined
  }).find((problem) => problem !== undefined)
  return problem === undefined
    ? Effect.void
    : Effect.fail(misused(`${problem}\nSee ${program} ${page.name} --help`))
}

/** The words of a command line after the program, and the subcommand that they name. */
const read = (argv: ReadonlyArray<string>) => {
  const words = argv.slice(2)
  return { words, page: pages.find(({ name }) => name === words.find((word) => !word.startsWith("-"))) }
}

/**
 * Prints the help when the words ask for it, and returns whether it did. Fails for an option that does not exist or
 * lacks its value, which the parser would only call unknown.
 */
export const answered = (argv: ReadonlyArray<string>, columns: number): Effect.Effect<boolean, Ended> => {
  const { page, words } = read(argv)
  if (words.length === 0 || words.includes("--help") || words.includes("-h")) {
    return Effect.as(Console.log(help.render(page, columns)), true)
  }
  return page === undefined ? Effect.succeed(false) : Effect.as(check(page, words), false)
}
