import type { Book, Page } from "@effect-ploop/command-line/Book"
import type { Entry } from "@effect-ploop/command-line/Manual"

/** A backslash, a hyphen, and a dot or an apostrophe at the beginning mean something else to roff. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/gm, "\\&$&")

/** A line in bold. It may be broken after a bar, since a choice of many words is longer than a line. */
const bold = (text: string): string => `.B ${escaped(text).replaceAll("\"", "\\(dq").replaceAll("|", "|\\:")}`

const entry = ({ term, text }: Entry): ReadonlyArray<string> => [".TP", bold(term), escaped(text)]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : [`.SH ${title}`, ...lines]

const part = (title: string, entries: ReadonlyArray<Entry>): ReadonlyArray<string> =>
  entries.length === 0 ? [] : [".PP", `${title}:`, ...entries.flatMap(entry)]

const subcommand = (one: Page): ReadonlyArray<string> => [
  `.SS ${escaped(one.name)}`,
  bold(one.usage),
  ".PP",
  escaped(one.description),
  ...part("Arguments", one.arguments),
  ...part("Options", one.options),
  ...part("Examples", one.examples)
]

const completions = (name: string): ReadonlyArray<string> => [
  escaped("--completions prints what a shell completes. These commands put it where the shells find it:"),
  ...[
    { term: "bash", text: `${name} --completions bash > /etc/bash_completion.d/${name}` },
    { term: "zsh", text: `${name} --completions zsh > /usr/local/share/zsh/site-functions/_${name}` },
    { term: "fish", text: `${name} --completions fish > /etc/fish/completions/${name}.fish` }
  ].flatMap(entry)
]

/** The sections of a command with subcommands, or of one that has none. */
const commands = ({ options, pages }: Book): ReadonlyArray<string> => {
  const [only] = pages
  return only?.name === ""
    ? [
      ...section("OPTIONS", [...only.options, ...options].flatMap(entry)),
      ...section("EXAMPLES", only.examples.flatMap(entry))
    ]
    : [
      ...section("COMMANDS", pages.flatMap(subcommand)),
      ...section("OPTIONS OF EVERY COMMAND", options.flatMap(entry))
    ]
}

const synopsis = ({ pages }: Book): string =>
  pages[0]?.name === "" ? "[OPTION]..." : "COMMAND [OPTION]... [ARGUMENT]..."

/** A manual page as roff. It neither hyphenates nor stretches lines, since it has long paths. */
export const render = (book: Book): string =>
  [
    `.TH ${escaped(book.name.toUpperCase())} 8 "" "${escaped(`${book.name} ${book.version}`)}" "System Administration"`,
    ".ad l",
    ".nh",
    ...section("NAME", [`${escaped(book.name)} \\- ${escaped(book.summary)}`]),
    ...section("SYNOPSIS", [bold(book.name), escaped(synopsis(book))]),
    ...section("DESCRIPTION", [escaped(book.description)]),
    ...commands(book),
    ...section("ENVIRONMENT", [...book.environment, ...book.commonEnvironment].flatMap(entry)),
    ...section("EXIT STATUS", book.exitCodes.flatMap(entry)),
    ...section("SHELL COMPLETION", completions(book.name)),
    ""
  ].join("\n")
