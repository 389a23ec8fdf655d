import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Ended, misused } from "./exit.js"

/** A variable of the environment that says how the tool is run. */
export interface Variable {
  readonly name: string
  /** What it sets. */
  readonly text: string
  /** What its value must be. */
  readonly rule: string
  readonly default: string
}

const duration = "a duration with its unit, as in 30 seconds"
const count = "a whole number larger than zero"

const variable = (name: string, text: string, rule: string, initial: string): Variable => ({
  name: `PLOOP_${name}`,
  text,
  rule,
  default: initial
})

/** The variables that configure the tool, in the order of the help. */
export const variables: ReadonlyArray<Variable> = [
  variable("TOOL", "the ploop tool", "a path, or a name in PATH", "ploop"),
  variable("PREFIX", "what the tool is run with", "words with a comma between them, as in sudo,-n", "none"),
  variable("KILL_PREFIX", "what runs kill for a tool of another user", "words with a comma between them", "none"),
  variable("VERBOSITY", "how much the tool prints", "a whole number", "3"),
  variable("QUERY_LIMIT", "the time after which a query is stopped", duration, "3 minutes"),
  variable("CHANGE_LIMIT", "the time after which a change is stopped", duration, "none"),
  variable("GRACE", "the time between the signals to end and to be killed", duration, "10 seconds"),
  variable("MAX_PROCESSES", "how many changes, and how many queries, run at once", count, "8"),
  variable("MAX_OUTPUT", "how many bytes of each stream of the tool are kept", count, "1048576"),
  variable(
    "ALLOW_OUTSIDE_IMAGES",
    "whether images outside of the directory of their descriptor may change",
    "true or false",
    "true for the suite"
  ),
  variable("QUERIES", "whether queries read files or run the tool", "files or tool", "files"),
  variable("SYSFS", "where sysfs is mounted", "a path", "/sys"),
  variable("LOAD_MODULES", "whether kernel modules are loaded when they are needed", "true or false", "false")
]

const named = (error: ConfigError.ConfigError): ReadonlyArray<string> =>
  error._op === "And" || error._op === "Or" ? [...named(error.left), ...named(error.right)] : [error.path.join("_")]

const complaint = (name: string): Effect.Effect<string> =>
  Effect.map(
    Effect.option(Config.string(name)),
    (value) =>
      `${name} is ${Option.getOrElse(value, () => "not set")}, but it must be ${
        variables.find((variable) => variable.name === name)?.rule ?? "readable"
      }`
  )

/** Fails when a variable that configures the tool cannot be used: with its name, its value and the rule. */
export const check: Effect.Effect<void, Ended> = Effect.catchAll(
  Effect.asVoid(PloopCli.config),
  (error) => Effect.flatMap(Effect.forEach(named(error), complaint), (lines) => misused(lines.join("\n")))
)
