/** Finds the words of the word list in the prose of a file. */
import { proseOf } from "./prose.js"
import type { Word } from "./wordList.js"
import { words } from "./wordList.js"

const inProse = ({ exactCase, pattern }: Word): RegExp =>
  new RegExp(
    `(?<![\\w-])(?:${pattern.source.replaceAll(" ", "\\s+")})(?![\\w-])`,
    exactCase === true ? "g" : "gi"
  )

const patterns = words.map((word) => ({ ...word, pattern: inProse(word) }))

const lineOf = (text: string, position: number): number => text.slice(0, position).split("\n").length

/** Each match as `file:line`, with the word that is there and the one to use. */
export const vocabulary = (path: string, text: string): ReadonlyArray<string> => {
  const prose = proseOf(path, text)
  return patterns
    .flatMap(({ pattern, use, why }) =>
      [...prose.matchAll(pattern)].map(({ 0: found, index }) => ({ found, use, why, line: lineOf(prose, index) }))
    )
    .sort((a, b) => a.line - b.line)
    .map(({ found, line, use, why }) => `${path}:${line}: "${found.replace(/\s+/g, " ")}": use ${use} (${why})`)
}
