import type * as Operation from "../Operation.js"
import * as PrintableText from "../PrintableText.js"

interface Failure {
  readonly operation: Operation.Name
  readonly subject: string
  readonly text: string
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly code?: string | undefined
  readonly newSnapshot?: string | undefined
}

const limit = 400

/** Lines become one. */
const oneLine = (text: string): string => PrintableText.escape(text.trim().replace(/\s*\n\s*/g, " | "))

const quoted = (text: string): string => {
  const words = oneLine(text)
  return words.length > limit ? `…${words.slice(-limit)}` : words
}

/** A subject is a path, whose end identifies it best. */
const short = (subject: string): string => {
  const text = PrintableText.escape(subject)
  return text.length > limit ? `…${text.slice(-limit)}` : text
}

/** The words are those of the tool only if it has run. */
const wordsOf = ({ exitCode, signal, text }: Failure): string => {
  if (text.trim() === "") return ""
  return exitCode === undefined && signal === undefined ? `: ${quoted(text)}` : `; ploop said: ${quoted(text)}`
}

/** `operation (subject): sentence [E_CODE 38]; ploop said: words` */
export const render = (failure: Failure, sentence: string): string => {
  const code = failure.exitCode === undefined ? "" : ` [${failure.code ?? "exit"} ${failure.exitCode}]`
  const made = failure.newSnapshot === undefined ? "" : `; the new snapshot would be ${failure.newSnapshot}`
  return `${failure.operation} (${short(failure.subject)}): ${quoted(sentence)}${code}${made}${wordsOf(failure)}`
}
