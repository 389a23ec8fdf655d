import type { Book, Page } from "../Book.js"
import type { Entry } from "../Manual.js"
import { type Known, knownOf } from "./known.js"

/** An option, and the first sentence about it. */
interface Completed extends Known {
  readonly text: string
}

const sentence = (text: string): string => text.split(/\.(?: |$)/, 1)[0] ?? ""

const completed = (entry: Entry): Completed => ({ ...knownOf(entry), text: sentence(entry.text) })

const optionsOf = (book: Book, page: Page | undefined): ReadonlyArray<Completed> =>
  [...page?.options ?? [], ...book.options].map(completed)

const isAlone = ({ pages }: Book): boolean => pages.length === 1 && pages[0]?.name === ""

const functionOf = ({ name }: Book): string => `_${name.replaceAll("-", "_")}`

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const namesOf = (options: ReadonlyArray<Completed>): string => options.flatMap(({ names }) => names).join(" ")

/** A branch for each option that takes a value. The shell itself completes the name of a file where there is no word. */
const bashValues = (options: ReadonlyArray<Completed>): ReadonlyArray<string> =>
  options.filter(({ value }) => value !== undefined).map(({ names, words }) =>
    `        ${names.join("|")}) words=${quoted(words.join(" "))} ;;`
  )

const bashBranch = (pattern: string, options: ReadonlyArray<Completed>, otherwise: string): ReadonlyArray<string> => [
  `    ${pattern})`,
  "      case $before in",
  ...bashValues(options),
  `        *) ${otherwise} ;;`,
  "      esac ;;"
]

/** A page that has arguments offers its options only after a hyphen. */
const bashPage = (book: Book, page: Page): ReadonlyArray<string> => {
  const options = optionsOf(book, page)
  const own = `words=${quoted(namesOf(options))}`
  const otherwise = page.arguments.length === 0 ? own : `[[ $current == -* ]] && ${own}`
  return bashBranch(page.name === "" ? "*" : page.name, options, otherwise)
}

const bashCommands = (book: Book): ReadonlyArray<string> => {
  const options = optionsOf(book, undefined)
  const commands = book.pages.map(({ name }) => name).join(" ")
  return bashBranch("*", options, `words=${quoted(`${commands} ${namesOf(options)}`)}`)
}

const bash = (book: Book): ReadonlyArray<string> => [
  `${functionOf(book)}() {`,
  "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' words='' word",
  "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do",
  "    case $word in",
  `      ${book.pages.map(({ name }) => name === "" ? "''" : name).join("|")}) command=$word; break ;;`,
  "    esac",
  "  done",
  "  case $command in",
  ...book.pages.flatMap((page) => bashPage(book, page)),
  ...isAlone(book) ? [] : bashCommands(book),
  "  esac",
  "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))",
  "  if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi",
  "}",
  `complete -o default -F ${functionOf(book)} ${book.name}`
]

const fishOption = (start: string, { names, text, value, words }: Completed): string =>
  [
    start,
    ...names.map((name) => name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`),
    ...value !== undefined ? [words.length === 0 ? "-r" : `-x -a ${quoted(words.join(" "))}`] : [],
    `-d ${quoted(text)}`
  ].join(" ")

const fish = (book: Book): ReadonlyArray<string> => {
  const start = `complete -c ${book.name}`
  const common = book.options.map((entry) => fishOption(start, completed(entry)))
  return [
    ...common,
    ...book.pages.flatMap((page) => {
      const own = page.name === "" ? start : `${start} -n ${quoted(`__fish_seen_subcommand_from ${page.name}`)}`
      return [
        ...page.name === ""
          ? []
          : [`${start} -n __fish_use_subcommand -f -a ${page.name} -d ${quoted(sentence(page.description))}`],
        ...page.options.map((entry) => fishOption(own, completed(entry)))
      ]
    })
  ]
}

/** A text between brackets, or after a colon. */
const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, "\\$&")

const zshOption = ({ names, text, value, words }: Completed): ReadonlyArray<string> =>
  names.map((name) => {
    const taken = value !== undefined ? `:value:${words.length === 0 ? "_files" : `(${words.join(" ")})`}` : ""
    return quoted(`*${name}[${escaped(text)}]${taken}`)
  })

const zshPage = (book: Book, page: Page): string =>
  [
    "_arguments -s",
    ...optionsOf(book, page).flatMap(zshOption),
    ...page.arguments.length === 0 ? [] : [quoted("*:file:_files")]
  ].join(" ")

const zsh = (book: Book): ReadonlyArray<string> => [
  `#compdef ${book.name}`,
  `${functionOf(book)}() {`,
  ...isAlone(book) ? book.pages.map((page) => `  ${zshPage(book, page)}`) : [
    `  local curcontext="$curcontext" state line`,
    `  local -a commands=(${
      book.pages.map(({ description, name }) => quoted(`${name}:${escaped(sentence(description))}`)).join(" ")
    })`,
    `  _arguments -C ${
      optionsOf(book, undefined).flatMap(zshOption).join(" ")
    } '1:command:->command' '*::argument:->argument'`,
    `  case $state in`,
    `    command) _describe command commands ;;`,
    `    argument)`,
    `      case $line[1] in`,
    ...book.pages.map((page) => `        ${page.name}) ${zshPage(book, page)} ;;`),
    `      esac ;;`,
    `  esac`
  ],
  `}`,
  `if [ "$funcstack[1]" = ${functionOf(book)} ]; then ${functionOf(book)} "$@"; else compdef ${
    functionOf(book)
  } ${book.name}; fi`
]

const scripts: Readonly<Record<string, (book: Book) => ReadonlyArray<string>>> = { sh: bash, bash, fish, zsh }

/** The shells that have a script. */
export const shells: ReadonlyArray<string> = Object.keys(scripts)

/** The script for one of the shells, which completes commands, options and the words that options take. */
export const script = (book: Book, shell: string): string => (scripts[shell] ?? bash)(book).join("\n")
