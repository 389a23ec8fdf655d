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
  /** The case that began last. */
  readonly latest: string
}

const shown = ({ all, done, failed }: Counted, id: string, columns: number): string => {
  const width = String(all).length
  const failures = failed === 0 ? "" : `, ${failed} failed`
  return `[${String(done).padStart(width)}/${all}${failures}] ${id}`.slice(0, Math.max(columns - 1, 20))
}

const interval = Duration.seconds(10)

/** A line of its own for a log: how far the run is, for how long it has run, and what it began last. */
const beat = ({ all, done, failed, latest }: Counted, elapsed: Duration.Duration): string =>
  `${done} of ${all} cases after ${Duration.format(elapsed)}, ${failed} failed${
    latest === "" ? "" : `; the latest is ${latest}`
  }\n`

/** On a terminal, one line that changes; elsewhere, the failures, and a line every ten seconds. */
export const make: Effect.Effect<Progress, never, Terminal.Terminal> = Effect.gen(function*() {
  const terminal = yield* Terminal.Terminal
  const isTerminal = yield* terminal.isTTY
  const counted = yield* Ref.make<Counted>({ all: 0, done: 0, failed: 0, latest: "" })
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
      const elapsed = Duration.millis((yield* Clock.currentTimeMillis) - begin)
      yield* say(beat(yield* Ref.get(counted), elapsed))
    }))
  })

  return {
    heartbeat: isTerminal ? Effect.never : beats,
    clear: isTerminal ? say(startOfLine) : Effect.void,
    onEvent: (event) => {
      switch (event._tag) {
        case "Started":
          return Ref.set(counted, { all: event.cases, done: 0, failed: 0, latest: "" })
        case "CaseStarted":
          return Effect.zipRight(
            Ref.update(counted, (now) => ({ ...now, latest: event.case.id })),
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
            failed: now.failed + (failed ? 1 : 0)
          })).pipe(Effect.zipRight(line === "" ? Effect.void : say(line)), Effect.zipRight(show(id)))
        }
      }
    }
  }
})
