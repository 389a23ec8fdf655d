/**
 * Options whose errors name the option, its value and the rule that it breaks.
 *
 * @since 0.2.0
 */
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as internal from "./internal/number.js"

/**
 * Reads the value of a text; undefined for a text that breaks the rule.
 *
 * @since 0.2.0
 * @category models
 */
export type Of<A> = (text: string) => A | undefined

/**
 * Where an option is named in an error: by its own name, and by the variable that sets it too.
 *
 * @since 0.2.0
 * @category models
 */
export interface Name {
  /** The name without its hyphens. */
  readonly name: string
  /** The variable of the environment. Default: none. */
  readonly variable?: string | undefined
}

/**
 * The value of a text. For a text that breaks the rule, the error names the option, the text and the rule.
 *
 * @since 0.2.0
 * @category decoding
 */
export const decode = <A>({ name, variable }: Name, rule: string, of: Of<A>) =>
(
  text: string
): Effect.Effect<A, ValidationError.ValidationError> => {
  const value = of(text)
  const named = variable === undefined ? `--${name}` : `--${name}, or ${variable},`
  return value === undefined
    ? Effect.fail(ValidationError.invalidValue(HelpDoc.p(`${named} is ${text}, but it must be ${rule}`)))
    : Effect.succeed(value)
}

/**
 * An option whose value has a rule, as in `a whole number`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const read = <A>(name: string, rule: string, of: Of<A>): Options.Options<A> =>
  Options.mapEffect(Options.text(name), decode({ name }, rule, of))

/** An option that may be repeated. */
const readAll = <A>(name: string, rules: ReadonlyArray<string>, of: Of<A>): Options.Options<ReadonlyArray<A>> => {
  const one = decode({ name }, rules.join(" or "), of)
  return Options.text(name).pipe(
    Options.withPseudoName(rules.join("|")),
    Options.repeated,
    Options.mapEffect(Effect.forEach((text) => one(text)))
  )
}

const member = <A extends string>(all: ReadonlyArray<A>): Of<A> => (text) => all.find((one) => one === text)

/**
 * An option with a default, which its description ends with.
 *
 * @since 0.2.0
 * @category combinators
 */
export const withDefault = <A extends string | number>(
  self: Options.Options<A>,
  description: string,
  initial: NoInfer<A>
): Options.Options<A> =>
  self.pipe(
    Options.withDescription(`${description} Default: ${initial}.`),
    Options.withDefault(initial),
    Options.map((value): A => value)
  )

/**
 * One of several words.
 *
 * @since 0.2.0
 * @category constructors
 */
export const choice = <const A extends string>(name: string, words: ReadonlyArray<A>): Options.Options<A> =>
  read(name, words.join(" or "), member(words)).pipe(Options.withPseudoName(words.join("|")))

/**
 * Some of several words. The option may be repeated.
 *
 * @since 0.2.0
 * @category constructors
 */
export const choices = <const A extends string>(
  name: string,
  words: ReadonlyArray<A>
): Options.Options<ReadonlyArray<A>> => readAll(name, words, member(words))

/**
 * A whole number.
 *
 * @since 0.2.0
 * @category constructors
 */
export const integer = (name: string): Options.Options<number> =>
  read(name, "a whole number", internal.integer).pipe(Options.withPseudoName("N"))

/**
 * A whole number larger than zero.
 *
 * @since 0.2.0
 * @category constructors
 */
export const positive = (name: string): Options.Options<number> =>
  read(name, internal.positiveRule, internal.positive).pipe(Options.withPseudoName("N"))

/**
 * A key, an equals sign and a value. The option may be repeated.
 *
 * @since 0.2.0
 * @category constructors
 */
export const pairs = <const Key extends string>(
  name: string,
  keys: ReadonlyArray<Key>,
  value: string
): Options.Options<ReadonlyArray<{ readonly key: Key; readonly value: string }>> =>
  readAll(name, keys.map((key) => `${key}=${value}`), (text) => {
    const at = text.indexOf("=")
    const key = member(keys)(text.slice(0, at))
    return key === undefined || at === text.length - 1 ? undefined : { key, value: text.slice(at + 1) }
  })

/**
 * A text that a variable of the environment can give too, which its description ends with.
 *
 * @since 0.2.0
 * @category constructors
 */
export const setting = (name: string, value: string, variable: string, description: string): Options.Options<string> =>
  Options.text(name).pipe(
    Options.withPseudoName(value),
    Options.withDescription(`${description} Variable: ${variable}.`),
    Options.withFallbackConfig(Config.string(variable))
  )

/**
 * A whole number larger than zero that a variable of the environment can give too.
 *
 * @since 0.2.0
 * @category constructors
 */
export const positiveSetting = (name: string, variable: string, description: string): Options.Options<number> =>
  Options.mapEffect(
    setting(name, "N", variable, description),
    decode({ name, variable }, internal.positiveRule, internal.positive)
  )
