import { variables } from "@effect-ploop/backend-cli/Environment"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as CommandDescriptor from "@effect/cli/CommandDescriptor"
import { describe, type Described } from "../../packages/conformance/src/internal/cli/manual.js"
import { common } from "../../packages/conformance/src/internal/cli/pages.js"
import type { Entry } from "./roff.js"

const config = CliConfig.make({ showBuiltIns: false })

/** What the definition of a command says about it. */
export const ofCommand = <Name extends string, R, E, A>(command: Command.Command<Name, R, E, A>): Described =>
  describe(Command.getHelp(command, config))

/** What the definition of a subcommand says about it. */
export const ofDescriptor = (command: CommandDescriptor.Command<unknown>): Described =>
  describe(CommandDescriptor.getHelp(command, config))

/** The options that @effect/cli gives to every command. */
export const builtIn: ReadonlyArray<Entry> = common

/** The variables that configure how a command runs the tool. */
export const environment: ReadonlyArray<Entry> = variables.map(({ default: initial, name, rule, text }) => ({
  term: name,
  text: `${text}: ${rule}. Default: ${initial}.`
}))
