import * as Progress from "@effect-ploop/core/Progress"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Where the progress of operations is shown. */
export interface Screen {
  /** The width of a terminal, in characters; undefined where lines are printed. */
  readonly columns: number | undefined
  readonly write: (text: string) => Effect.Effect<void>
}

/** How long an operation takes before it is shown, and how long there is no line after one, in milliseconds. */
const patience = { bar: 2000, line: 10_000 } as const

const widthOfBar = 30

const clearLine = "\r\u001b[K"

/** Removes the bar of an operation that has failed. */
export const clear = ({ columns, write }: Screen): Effect.Effect<void> =>
  columns === undefined ? Effect.void : write(clearLine)

const cut = (text: string, width: number): string => text.length > width ? `${text.slice(0, width - 1)}…` : text

/**
 * Shows how far operations are that take long: a bar in the last line of a terminal, or else a line every ten seconds.
 * Of an operation that is done soon, nothing is shown.
 */
export const listener = ({ columns, write }: Screen): Progress.Listener => {
  const shown = new Map<string, number>()
  const isTerminal = columns !== undefined
  const show = (progress: Progress.Progress): string =>
    isTerminal
      ? `${clearLine}${cut(`${Progress.bar(progress, widthOfBar)} ${Progress.format(progress)}`, columns - 1)}`
      : `${Progress.format(progress)}\n`
  return (progress) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const key = `${progress.operation} ${progress.subject}`
      const due = shown.get(key)
      if (due === undefined) {
        shown.set(key, now + (isTerminal ? patience.bar : patience.line))
        return Effect.void
      }
      if (progress.finished) {
        shown.delete(key)
        return isTerminal && now >= due ? write(clearLine) : Effect.void
      }
      if (now < due) return Effect.void
      if (!isTerminal) shown.set(key, now + patience.line)
      return write(show(progress))
    })
}
