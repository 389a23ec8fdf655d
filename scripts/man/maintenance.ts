import * as Command from "@effect/cli/Command"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import { codes, examples } from "../../packages/maintenance/src/internal/cli/examples.js"
import { command, description } from "../../packages/maintenance/src/internal/cli/main.js"
import { version } from "../../packages/maintenance/src/internal/cli/version.js"
import { builtIn, environment, ofDescriptor } from "./help.js"
import type { Manual, Subcommand } from "./roff.js"

const known = Command.getSubcommands(command)

const subcommand = (name: string): ReadonlyArray<Subcommand> =>
  Option.match(HashMap.get(known, name), {
    onNone: () => [],
    onSome: (one) => {
      const described = ofDescriptor(one)
      const words = [`ploop-maintenance ${name} [OPTION]...`, ...described.arguments.map(({ term }) => term)]
      return [{
        name,
        usage: words.join(" "),
        ...described,
        examples: (examples[name] ?? []).map(({ args, does }) => ({
          term: `ploop-maintenance ${name} ${args}`,
          text: does
        }))
      }]
    }
  })

/** The manual of `ploop-maintenance`, from its own definition. */
export const manual = (): Manual => ({
  name: "ploop-maintenance",
  version,
  summary: "plans and applies the maintenance of ploop disks",
  usage: "COMMAND [OPTION]... ARGUMENT...",
  description,
  subcommands: Object.keys(examples).flatMap(subcommand),
  options: builtIn,
  environment,
  exitCodes: codes.map(([term, text]) => ({ term, text }))
})
