import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"

type Of<A> = (text: string) => A | undefined

/** The value of a text. For a text that breaks the rule, the error names the option, the text and the rule. */
const decode =
  <A>(name: string, rule: string, of: Of<A>) => (text: string): Effect.Effect<A, ValidationError.ValidationError> => {
    const value = of(text)
    return value === undefined
      ? Effect.fail(ValidationError.invalidValue(HelpDoc.p(`--${name} is ${text}, but it must be ${rule}`)))
      : Effect.succeed(value)
  }

const read = <A>(name: string, rule: string, of: Of<A>): Options.Options<A> =>
  Options.mapEffect(Options.text(name), decode(name, rule, of))

/** An option that may be repeated. */
const readAll = <A>(name: string, rules: ReadonlyArray<string>, of: Of<A>): Options.Options<ReadonlyArray<A>> => {
  const one = decode(name, rules.join(" or "), of)
  return Options.text(name).pipe(
    Options.withPseudoName(rules.join("|")),
    Options.repeated,
    Options.mapEffect(Effect.forEach((text) => one(text)))
  )
}

const member = <A extends string>(all: ReadonlyArray<A>): Of<A> => (text) => all.find((one) => one === text)

/** An option with a default, which its description ends with. */
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

/** One of several words. */
export const choice = <const A extends string>(name: string, words: ReadonlyArray<A>): Options.Options<A> =>
  read(name, words.join(" or "), member(words)).pipe(Options.withPseudoName(words.join("|")))

/** Some of several words. The option may be repeated. */
export const choices = <const A extends string>(
  name: string,
  words: ReadonlyArray<A>
): Options.Options<ReadonlyArray<A>> => readAll(name, words, member(words))

const number = (text: string): number | undefined =>
  /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined

/** A whole number. */
export const integer = (name: string): Options.Options<number> =>
  read(name, "a whole number", number).pipe(Options.withPseudoName("N"))

/** A whole number larger than zero. */
export const positive = (name: string): Options.Options<number> =>
  read(name, "a whole number larger than zero", (text) => {
    const value = number(text)
    return value === undefined || value < 1 ? undefined : value
  }).pipe(Options.withPseudoName("N"))

/** A key, an equals sign and a value. The option may be repeated. */
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
