/**
 * A command with its help, its completions, and errors that say what would be right.
 *
 * @since 0.2.0
 */
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as Descriptor from "@effect/cli/CommandDescriptor"
import type { ValidationError } from "@effect/cli/ValidationError"
import type * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Book, Page } from "./Book.js"
import type { Ended } from "./Ended.js"
import { shells } from "./internal/completions.js"
import * as help from "./internal/help.js"
import { knownOf } from "./internal/known.js"
import * as running from "./internal/running.js"
import * as words from "./internal/words.js"
import * as Manual from "./Manual.js"
import * as Telemetry from "./Telemetry.js"

/**
 * A program, as a shell starts it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Program<E, R> extends Book {
  /** Runs the words of a command line. It fails with an error that nothing has printed yet. */
  readonly parse: (
    argv: ReadonlyArray<string>
  ) => Effect.Effect<void, E | Ended | ValidationError, R | CliApp.CliApp.Environment>
  /** Prints the error that an effect ends with, and fails with it. Without a terminal, what it prints has no colors. */
  readonly explained: <A, E2, R2>(
    effect: Effect.Effect<A, E2, R2>
  ) => Effect.Effect<A, E2, R2 | CliApp.CliApp.Environment>
  /** Runs the words of a command line, prints the error that it ends with, and fails with it. */
  readonly run: (
    argv: ReadonlyArray<string>
  ) => Effect.Effect<void, E | Ended | ValidationError, R | CliApp.CliApp.Environment>
}

/**
 * What a program is made of.
 *
 * @since 0.2.0
 * @category models
 */
export interface ProgramOptions<Name extends string, R, E, A> {
  /** The definition, with its subcommands and its description. */
  readonly command: Command.Command<Name, R, E, A>
  /** The version of its package. */
  readonly version: string
  /** What it does, in a few words without a period. */
  readonly summary: string
  /** The least level of what it logs. Default: `info`. */
  readonly logLevel?: string | undefined
  /** Each exit code, and what it means. */
  readonly exitCodes: ReadonlyArray<readonly [code: string, meaning: string]>
  /** The variables of the environment that configure it. Default: none. */
  readonly environment?: ReadonlyArray<Manual.Entry> | undefined
  /** The words that an option takes, by its name, when its help does not begin with them. Default: none. */
  readonly words?: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  /** The subcommands that read none of them. Default: every one reads them. */
  readonly withoutEnvironment?: ReadonlyArray<string> | undefined
  /**
   * The examples of each subcommand, in the order of the help: its arguments, and what it does. Those of a command
   * without subcommands have an empty name.
   */
  readonly examples: Readonly<Record<string, ReadonlyArray<readonly [args: string, does: string]>>>
}

const config = CliConfig.make({ showBuiltIns: false })

const levels = ["all", "trace", "debug", "info", "warning", "error", "fatal", "none"]

const common = (logLevel: string): ReadonlyArray<Manual.Entry> => [
  { term: "-h, --help", text: "Print this help." },
  { term: "--version", text: "Print the version." },
  { term: `--completions ${shells.join("|")}`, text: "Print the completions for a shell." },
  {
    term: "--log-level LEVEL",
    text: `The least level of what is logged, to the standard error: ${levels.slice(0, -1).join(", ")} or ${
      levels.at(-1)
    }. Default: ${logLevel}.`,
    words: levels
  }
]

const pagesOf = <Name extends string, R, E, A>(
  program: string,
  { command, environment = [], examples, withoutEnvironment = [], words: own = {} }: ProgramOptions<Name, R, E, A>
): ReadonlyArray<Page> => {
  const known = Command.getSubcommands(command)
  // A command without subcommands is its own.
  const names = new Set([...Object.keys(examples), ...(examples[""] === undefined ? HashMap.keys(known) : [])])
  return [...names].flatMap((name) => {
    const descriptor = name === "" ? Option.some(command.descriptor) : HashMap.get(known, name)
    if (Option.isNone(descriptor)) return []
    const start = name === "" ? program : `${program} ${name}`
    const described = Manual.describe(Descriptor.getHelp(descriptor.value, config))
    return [{
      name,
      ...described,
      options: described.options.map((option) => ({ ...option, words: own[knownOf(option).name] })),
      usage: help.usage(start, described),
      environment: withoutEnvironment.includes(name) ? [] : environment,
      examples: (examples[name] ?? []).map(([args, text]) => ({ term: args === "" ? start : `${start} ${args}`, text }))
    }]
  })
}

/**
 * A program of a definition.
 *
 * @since 0.2.0
 * @category constructors
 */
export const make = <Name extends string, R, E, A>(options: ProgramOptions<Name, R, E, A>): Program<E, R> => {
  const { command, environment = [], exitCodes, logLevel = "info", summary, version } = options
  const [name = ""] = Descriptor.getNames(command.descriptor)
  const book: Book = {
    name,
    version,
    summary,
    description: Manual.describe(Descriptor.getHelp(command.descriptor, config)).description,
    pages: pagesOf(name, options),
    options: common(logLevel),
    exitCodes: exitCodes.map(([term, text]) => ({ term, text })),
    environment,
    commonEnvironment: Manual.ofVariables(Telemetry.variables)
  }
  const parse = running.parsing(book, command)
  const explained = running.explained(book)
  return { ...book, parse, explained, run: (argv) => explained(parse(argv)) }
}

/**
 * The help of a subcommand, or of the whole program, wrapped at a number of columns.
 *
 * @since 0.2.0
 * @category getters
 */
export const helpOf = (book: Book, subcommand: string | undefined, columns: number): string =>
  help.render(book, words.pageOf(book, subcommand), columns)
