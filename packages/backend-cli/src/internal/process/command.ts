import * as Command from "@effect/platform/Command"
import type { ProcessConfig } from "./types.js"

/**
 * Debian's build of 1.15 reads about 4 KiB past the end of its argv, and crashes
 * when the environment that follows there is smaller than that.
 */
const padding = "x".repeat(8192)

/**
 * The texts are matched in English. Both variables are set for the prefix too,
 * which has to pass them on: in its arguments no rule of sudoers could name the
 * command line.
 */
const environment = { LC_ALL: "C", PLOOP_PAD: padding }

/**
 * `/dev/null`. The executor hands it over to Node, as it does with the two words
 * that its type has; a stream that is empty costs as much as all the rest.
 */
const noInput = "ignore" as Command.Command.Input

/** Where the tool's name stands in a command line, so that a tape can leave out what stands before it. */
const prefixLengths = new WeakMap<Command.Command, number>()

type Config = Pick<ProcessConfig, "prefix" | "tool">

/** The command line: the prefix, the tool and its arguments, and nothing else. */
export const argv = (config: Config, args: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...config.prefix,
  config.tool,
  ...args
]

export const make = (config: Config, args: ReadonlyArray<string>, stdin: "empty" | "fed"): Command.Command => {
  const [program = config.tool, ...rest] = argv(config, args)
  const command = Command.env(Command.make(program, ...rest), environment)
  const made = stdin === "empty" ? Command.stdin(command, noInput) : command
  prefixLengths.set(made, config.prefix.length)
  return made
}

/** The tool and its arguments, without the prefix; any other command as it is. */
export const withoutPrefix = (command: Command.Command): ReadonlyArray<string> =>
  Command.flatten(command)
    .flatMap((part) => [part.command, ...part.args])
    .slice(prefixLengths.get(command) ?? 0)
