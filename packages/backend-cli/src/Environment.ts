/**
 * The variables of the environment that configure the tool: what each sets, the rule for its value and its default.
 * Commands print them in their help, and check them before anything runs.
 *
 * @since 0.2.0
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { config } from "./PloopCli.js"

/**
 * A variable of the environment.
 *
 * @since 0.2.0
 * @category models
 */
export interface Variable {
  /** Its name, as in `PLOOP_TOOL`. */
  readonly name: string
  /** What it sets. */
  readonly text: string
  /** What its value must be. */
  readonly rule: string
  /** What holds without it. */
  readonly default: string
  /** Whether no message may have its value. Default: false. */
  readonly isSecret?: boolean | undefined
}

const duration = "a duration with its unit, as in 30 seconds"
const count = "a whole number larger than zero"

const variable = (name: string, text: string, rule: string, initial: string): Variable => ({
  name: `PLOOP_${name}`,
  text,
  rule,
  default: initial
})

/**
 * The variables that {@link PloopCli.config} reads.
 *
 * @since 0.2.0
 * @category config
 */
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
    "false"
  ),
  variable("QUERIES", "whether queries read files or run the tool", "files or tool", "files"),
  variable("SYSFS", "where sysfs is mounted", "a path", "/sys"),
  variable("LOAD_MODULES", "whether kernel modules are loaded when they are needed", "true or false", "false")
]

/**
 * A variable breaks its rule. The message has a line for each such variable.
 *
 * @since 0.2.0
 * @category errors
 */
export class VariableInvalid extends Schema.TaggedError<VariableInvalid>()("VariableInvalid", {
  /** For each variable: its name, its value and the rule. */
  reasons: Schema.NonEmptyArray(Schema.String)
}) {
  override get message(): string {
    return this.reasons.join("\n")
  }
}

const named = (error: ConfigError.ConfigError): readonly [string, ...Array<string>] =>
  error._op === "And" || error._op === "Or" ? [...named(error.left), ...named(error.right)] : [error.path.join("_")]

/** A URL may have a password. */
const withoutPassword = (value: string): string => value.replace(/\/\/.*@/, "//...@")

const complaint = (variables: ReadonlyArray<Variable>) => (name: string): Effect.Effect<string> =>
  Effect.map(Effect.option(Config.string(name)), (value) => {
    const { isSecret = false, rule = "readable" } = variables.find((variable) => variable.name === name) ?? {}
    if (isSecret) return `${name}, whose value is not shown, must be ${rule}`
    const shown = Option.match(value, { onNone: () => "not set", onSome: withoutPassword })
    return `${name} is ${shown}, but it must be ${rule}`
  })

/**
 * Reads a config of variables. For those that break their rules, the error has the rules that the list has.
 *
 * @since 0.2.0
 * @category config
 */
export const read = <A>(
  config: Config.Config<A>,
  variables: ReadonlyArray<Variable>
): Effect.Effect<A, VariableInvalid> =>
  Effect.catchAll(config, (error) => {
    const [first, ...rest] = named(error)
    const complain = complaint(variables)
    return Effect.flatMap(
      Effect.all([complain(first), ...rest.map(complain)]),
      (reasons) => new VariableInvalid({ reasons })
    )
  })

/**
 * Fails when a variable breaks its rule.
 *
 * @since 0.2.0
 * @category config
 * @example
 * import { Environment, PloopCli } from "@effect-ploop/backend-cli"
 * import { Ploop } from "@effect-ploop/core"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * const HostLive = PloopCli.layerConfig(PloopCli.config).pipe(Layer.provide(NodeContext.layer))
 *
 * // PLOOP_QUERY_LIMIT is soon, but it must be a duration with its unit, as in 30 seconds
 * export const program = Environment.check.pipe(
 *   Effect.zipRight(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool).pipe(Effect.provide(HostLive)))
 * )
 */
export const check: Effect.Effect<void, VariableInvalid> = Effect.asVoid(read(config, variables))
