import * as Command from "@effect/cli/Command"
import * as HashMap from "effect/HashMap"
import { codes, examples } from "../../packages/fleet/src/internal/cli/exit.js"
import { command, description, name, summary } from "../../packages/fleet/src/internal/cli/main.js"
import { version } from "../../packages/fleet/src/internal/cli/version.js"
import { builtIn, ofDescriptor } from "./help.js"
import type { Manual } from "./roff.js"

const subcommands = [...HashMap.entries(Command.getSubcommands(command))].toSorted(([one], [other]) =>
  one < other ? -1 : 1
)

/** The manual of `ploop-fleet`, from its own definition. */
export const manual = (): Manual => ({
  name,
  version,
  summary,
  usage: "COMMAND [OPTION]...",
  description,
  subcommands: subcommands.map(([subcommand, one]) => {
    const described = ofDescriptor(one)
    return {
      name: subcommand,
      usage: [`${name} ${subcommand} [OPTION]...`, ...described.arguments.map(({ term }) => term)].join(" "),
      ...described,
      examples: examples.filter(([line]) => line.startsWith(`${name} ${subcommand} `)).map(([term, text]) => ({
        term,
        text
      }))
    }
  }),
  options: builtIn,
  environment: [],
  exitCodes: codes.map(([term, text]) => ({ term, text }))
})
