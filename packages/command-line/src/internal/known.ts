import type { Entry } from "../Manual.js"

/** An option as its term in the help describes it. */
export interface Known {
  /** Its long name. */
  readonly name: string
  /** All its names. */
  readonly names: ReadonlyArray<string>
  /** The name of its value; undefined of a switch. */
  readonly value: string | undefined
  /** The words that it takes; empty for any text. */
  readonly words: ReadonlyArray<string>
}

/** The words of a value such as `cli|fake`, and the beginnings of those of one such as `html=FILE|json=FILE`. */
const wordsOf = (value = ""): ReadonlyArray<string> =>
  value.includes("|") ? value.split("|").map((word) => word.replace(/=.*/, "=")) : []

/** The option of a term such as `-h, --help` or `--backend cli|fake`. */
export const knownOf = ({ term, words }: Entry): Known => {
  const parts = term.split(", ")
  const [name = "", value] = (parts.at(-1) ?? "").split(" ")
  return { name, names: [...parts.slice(0, -1), name], value, words: words ?? wordsOf(value) }
}
