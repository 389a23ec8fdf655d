import type * as Runner from "@effect-ploop/testkit/Runner"
import type { PlatformError } from "@effect/platform/Error"
import * as Terminal from "@effect/platform/Terminal"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"

export interface Progress {
  readonly onEvent: (event: Runner.Event) => Effect.Effect<void>
  /** Erases the line that shows progress. */
  readonly clear: Effect.Effect<void>
  /** Where there is no terminal, prints every ten seconds how far the run is. It never ends by itself. */
  readonly heartbeat: Effect.Effect<never>
}

const startOfLine = "\r\u001b[K"

const failedOnTerminal = `${startOfLine}\u001b[31mfailed:\u001b[0m`

/** The other lines, such as a stack, are in the report. */
const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

interface Counted {
  readonly all: number
  readonly done: number
  readonly failed: number
  /** The cases that are running, that which began first first. */
  readonly running: ReadonlyArray<string>
}

const shown = ({ all, done, failed }: Counted, id: string, columns: number): string => {
  const width = String(all).length
  const failures = failed === 0 ? "" : `, ${failed} failed`
  return `[${String(done).padStart(width)}/${all}${failures}] ${id}`.slice(0, Math.max(columns - 1, 20))
}

const interval = Duration.seconds(10)

/** How many running cases a line names. */
const namedCases = 3

const runningOf = (ids: ReadonlyArray<string>): string => {
  const others = ids.length - namedCases
  return ids.length === 0
    ? ""
    : `; running: ${ids.slice(0, namedCases).join(", ")}${others > 0 ? ` and ${others} more` : ""}`
}

/** A line of its own for a log: how far the run is, for how long it has run, and what is running. */
const beat = ({ all, done, failed, running }: Counted, seconds: number): string =>
  `${done} of ${all} cases after ${Duration.format(Duration.seconds(seconds))}, ${failed} failed${runningOf(running)}\n`

/** On a terminal, one line that changes; elsewhere, the failures, and a line every ten seconds. */
export const make: Effect.Effect<Progress, never, Terminal.Terminal> = Effect.gen(function*() {
  const terminal = yield* Terminal.Terminal
  const isTerminal = yield* terminal.isTTY
  const counted = yield* Ref.make<Counted>({ all: 0, done: 0, failed: 0, running: [] })
  const say = (text: string): Effect.Effect<void> => Effect.ignore<void, PlatformError, never>(terminal.display(text))
  const show = (id: string) =>
    isTerminal
      ? Effect.flatMap(
        Effect.all([Ref.get(counted), terminal.columns]),
        ([now, columns]) => say(`${startOfLine}${shown(now, id, columns)}`)
      )
      : Effect.void

  const beats = Effect.gen(function*() {
    const begin = yield* Clock.currentTimeMillis
    return yield* Effect.forever(Effect.gen(function*() {
      yield* Effect.sleep(interval)
      const elapsed = (yield* Clock.currentTimeMillis) - begin
      yield* say(beat(yield* Ref.get(counted), Math.floor(elapsed / 1000)))
    }))
  })

  return {
    heartbeat: isTerminal ? Effect.never : beats,
    clear: isTerminal ? say(startOfLine) : Effect.void,
    onEvent: (event) => {
      switch (event._tag) {
        case "Started":
          return Ref.set(counted, { all: event.cases, done: 0, failed: 0, running: [] })
        case "CaseStarted":
          return Effect.zipRight(
            Ref.update(counted, (now) => ({ ...now, running: [...now.running, event.case.id] })),
            show(event.case.id)
          )
        case "CaseEnded": {
          const { id, outcome } = event.result
          const failed = outcome._tag === "Failed"
          const line = failed
            ? `${isTerminal ? failedOnTerminal : "failed:"} ${id}: ${firstLine(outcome.message)}\n`
            : ""
          return Ref.update(counted, (now) => ({
            ...now,
            done: now.done + 1,
            failed: now.failed + (failed ? 1 : 0),
            running: now.running.filter((running) => running !== id)
          })).pipe(Effect.zipRight(line === "" ? Effect.void : say(line)), Effect.zipRight(show(id)))
        }
      }
    }
  }
})
