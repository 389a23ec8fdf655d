import * as Either from "effect/Either"

type Test =
  | { readonly _tag: "Present" }
  | { readonly _tag: "Equal"; readonly value: string }
  | { readonly _tag: "NotEqual"; readonly value: string }
  | { readonly _tag: "Matches"; readonly expression: RegExp }

export interface Selector {
  readonly path: ReadonlyArray<string>
  readonly test: Test
}

export const matches = ({ test }: Selector, value: string | undefined): boolean => {
  switch (test._tag) {
    case "Present":
      return value !== undefined
    case "Equal":
      return value === test.value
    case "NotEqual":
      return (value ?? "") !== test.value
    case "Matches":
      return test.expression.test(value ?? "")
  }
}

/** The rule that a text breaks, with the place. */
type Parsed<A> = Either.Either<A, string>

/** The rest of a text, from the left to the right. */
class Input {
  #at = 0
  constructor(readonly text: string) {}

  /** Takes what the pattern, which is sticky, matches here. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  get isAtEnd(): boolean {
    return this.#at === this.text.length
  }

  broken(expected: string): Parsed<never> {
    return Either.left(`must be a filter: ${expected} is expected at character ${this.#at + 1}`)
  }
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }

const utf8 = new TextEncoder()

/** The bytes of one escape of a quoted text, without its backslash. */
const escaped = (escape: string, quote: string): Uint8Array | undefined => {
  const [kind, digits] = [escape[0]!, escape.slice(1)]
  if (kind === "x") return Uint8Array.of(Number.parseInt(digits, 16))
  if (/[0-7]/.test(kind)) {
    const value = Number.parseInt(escape, 8)
    return value > 255 ? undefined : Uint8Array.of(value)
  }
  if (kind === "u" || kind === "U") {
    const point = Number.parseInt(digits, 16)
    return point > 0x10ffff ? undefined : utf8.encode(String.fromCodePoint(point))
  }
  if (kind === "\\" || kind === quote) return utf8.encode(kind)
  return Object.hasOwn(escapes, kind) ? Uint8Array.of(escapes[kind]!) : undefined
}

const pieces = /\\(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[0-7]{3}|.)|[^\\]+/giu

const unquote = (quoted: string): string | undefined => {
  const bytes: Array<number> = []
  for (const [piece, escape] of quoted.slice(1, -1).matchAll(pieces)) {
    const part = escape === undefined ? utf8.encode(piece) : escaped(escape, quoted[0]!)
    if (part === undefined) return undefined
    bytes.push(...part)
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

const blanks = /\s*/y
const doubleQuoted = /"(?:[^"\\\n]|\\.)*"/uy
const alternatives = /"(?:[^"\\\n]|\\.)*"|\/(?:[^/\\\n]|\\.)*\/|\|(?:[^|\\\n]|\\.)*\|/uy
const bareName = /\w+/y
const bareValue = /[^\s,/|"][^\s,]*/uy
const dot = /\s*\./y
const comma = /\s*,/y
const operator = /\s*[=!~]+/y

/** A quoted text, or one without quotes. */
const text = (input: Input, quoted: RegExp, bare: RegExp, what: string): Parsed<string> => {
  input.take(blanks)
  const found = input.take(quoted)
  if (found === undefined) {
    return Either.fromNullable(input.take(bare), () => "").pipe(Either.orElse(() => input.broken(what)))
  }
  const value = unquote(found)
  return value === undefined ? input.broken("a quoted text with escapes as in Go") : Either.right(value)
}

const path = (input: Input): Parsed<ReadonlyArray<string>> =>
  Either.gen(function*() {
    const names = [yield* text(input, doubleQuoted, bareName, "the name of a field")]
    while (input.take(dot) !== undefined) names.push(yield* text(input, doubleQuoted, bareName, "the name of a field"))
    return names
  })

const expression = (input: Input, source: string): Parsed<RegExp> =>
  Either.orElse(Either.try(() => new RegExp(source, "u")), () => input.broken("a regular expression before here"))

const test = (input: Input): Parsed<Test> =>
  Either.gen(function*() {
    const found = input.take(operator)?.trim()
    switch (found) {
      case undefined:
        return { _tag: "Present" }
      case "==":
        return { _tag: "Equal", value: yield* text(input, doubleQuoted, bareValue, "a value") }
      case "!=":
        return { _tag: "NotEqual", value: yield* text(input, doubleQuoted, bareValue, "a value") }
      case "~=":
        return {
          _tag: "Matches",
          expression: yield* expression(input, yield* text(input, alternatives, bareValue, "a value"))
        }
      default:
        return yield* input.broken("one of ==, != and ~= before here")
    }
  })

export const parse = (source: string): Parsed<ReadonlyArray<Selector>> =>
  Either.gen(function*() {
    if (source === "") return []
    const input = new Input(source)
    const selectors: Array<Selector> = []
    do {
      selectors.push({ path: yield* path(input), test: yield* test(input) })
    } while (input.take(comma) !== undefined)
    input.take(blanks)
    return input.isAtEnd ? selectors : yield* input.broken("a comma or the end")
  })
