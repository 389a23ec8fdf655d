/** A term and what it means, as an option and its description. */
export interface Entry {
  readonly term: string
  readonly text: string
}

/** A subcommand. */
export interface Subcommand {
  readonly name: string
  /** Its usage in one line. */
  readonly usage: string
  readonly description: string
  readonly arguments: ReadonlyArray<Entry>
  readonly options: ReadonlyArray<Entry>
  readonly examples: ReadonlyArray<Entry>
}

/** What the manual page of a command says. */
export interface Manual {
  readonly name: string
  readonly version: string
  /** What the command does, in a few words without a period. */
  readonly summary: string
  /** The usage after the name. */
  readonly usage: string
  readonly description: string
  readonly subcommands: ReadonlyArray<Subcommand>
  /** The options of the command itself, or those of every subcommand. */
  readonly options: ReadonlyArray<Entry>
  readonly environment: ReadonlyArray<Entry>
  readonly exitCodes: ReadonlyArray<Entry>
}

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

const subcommand = (one: Subcommand): ReadonlyArray<string> => [
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

/** A manual page as roff. It neither hyphenates nor stretches lines, since it has long paths. */
export const render = (manual: Manual): string =>
  [
    `.TH ${escaped(manual.name.toUpperCase())} 8 "" "${
      escaped(`${manual.name} ${manual.version}`)
    }" "System Administration"`,
    ".ad l",
    ".nh",
    ...section("NAME", [`${escaped(manual.name)} \\- ${escaped(manual.summary)}`]),
    ...section("SYNOPSIS", [bold(manual.name), escaped(manual.usage)]),
    ...section("DESCRIPTION", [escaped(manual.description)]),
    ...section("COMMANDS", manual.subcommands.flatMap(subcommand)),
    ...section(
      manual.subcommands.length === 0 ? "OPTIONS" : "OPTIONS OF EVERY COMMAND",
      manual.options.flatMap(entry)
    ),
    ...section("ENVIRONMENT", manual.environment.flatMap(entry)),
    ...section("EXIT STATUS", manual.exitCodes.flatMap(entry)),
    ...section("SHELL COMPLETION", completions(manual.name)),
    ""
  ].join("\n")
