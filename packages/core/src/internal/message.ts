import type * as ExitCode from "../ExitCode.js"

interface Failure {
  readonly operation: string
  readonly subject: string
  readonly text: string
  readonly exitCode?: number | undefined
  readonly code?: ExitCode.Symbol | undefined
}

const limit = 400

/** Makes text safe to print: the tool may have been given a file name with control characters. */
export const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

const quoted = (text: string): string => {
  const words = printable(text.trim()).replace(/\s*\n\s*/g, " | ")
  return words.length > limit ? `…${words.slice(-limit)}` : words
}

/** `operation (subject): sentence [E_CODE 38]; ploop said: words` */
export const render = (failure: Failure, sentence: string): string => {
  const code = failure.exitCode === undefined ? "" : ` [${failure.code ?? "exit"} ${failure.exitCode}]`
  const words = failure.text.trim() === "" ? "" : `; ploop said: ${quoted(failure.text)}`
  return `${failure.operation} (${printable(failure.subject)}): ${printable(sentence)}${code}${words}`
}
