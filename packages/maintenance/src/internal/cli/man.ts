import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { examples, examplesOf, exitCodes } from "./examples.js"
import { command, description } from "./main.js"
import { version } from "./version.js"

const textOf = (span: Span.Span): string => {
  switch (span._tag) {
    case "Sequence":
      return textOf(span.left) + textOf(span.right)
    case "Text":
    case "URI":
      return span.value
    default:
      return textOf(span.value)
  }
}

/** A backslash, a hyphen, and a dot or an apostrophe at the beginning mean something else to roff. */
const escaped = (text: string): string =>
  text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^[.']/gm, "\\&$&")

const bold = (text: string): string => `.B ${escaped(text).replaceAll("\"", "\\(dq")}`

/** What @effect/cli says about the kind of each option, which its placeholder says already. */
const noise = /^(A user-defined piece of text|A true or false value|This setting is optional)\.$/

/** The help of one command as roff. */
const roff = (help: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (help._tag) {
    case "Empty":
      return []
    case "Header":
      return [`.PP`, bold(textOf(help.value)), ".PP"]
    case "Paragraph": {
      const text = textOf(help.value).trim()
      return text === "" || noise.test(text) ? [] : [escaped(text)]
    }
    case "DescriptionList":
      return help.definitions.flatMap(([term, what]) => [".TP", bold(textOf(term)), ...roff(what)])
    case "Enumeration":
      return help.elements.flatMap(roff)
    case "Sequence":
      return [...roff(help.left), ...roff(help.right)]
  }
}

const config = CliConfig.make({ showBuiltIns: false })

const subcommand = (name: string, one: HelpDoc.HelpDoc): ReadonlyArray<string> => [
  `.SS ${escaped(name)}`,
  ...roff(one),
  ".PP",
  "Examples:",
  ...roff(examplesOf(name))
]

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [`.SH ${title}`, ...lines]

const known = Command.getSubcommands(command)

/** The manual page of the command, from its own definition. */
export const page = (): string =>
  [
    `.TH PLOOP\\-MAINTENANCE 8 "" "ploop\\-maintenance ${version}" "System Administration"`,
    ...section("NAME", ["ploop\\-maintenance \\- plans and applies the maintenance of ploop disks"]),
    ...section("SYNOPSIS", [".B ploop\\-maintenance", ".I command", "[options] <arguments>"]),
    ...section("DESCRIPTION", [escaped(description)]),
    ...section(
      "COMMANDS",
      Object.keys(examples).flatMap((name) =>
        Option.match(HashMap.get(known, name), {
          onNone: () => [],
          onSome: (one) => subcommand(name, CommandDescriptor.getHelp(one, config))
        })
      )
    ),
    ...section("EXIT STATUS", roff(exitCodes)),
    ""
  ].join("\n")
