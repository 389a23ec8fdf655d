import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Calls, FieldlessTag } from "../FakeHost.js"

/** An injected delay or failure. */
interface Fault {
  readonly operation: Operation.Name
  /** The number of the call that it affects, counted down with each call. */
  readonly left: number
  readonly always: boolean
  readonly delay: Duration.Duration
  readonly error: PloopError.PloopError | FieldlessTag | undefined
}

export interface Faults {
  readonly add: (
    operation: Operation.Name,
    calls: Calls | undefined,
    what: Partial<Pick<Fault, "delay" | "error">>
  ) => Effect.Effect<void>
  readonly reset: Effect.Effect<void>
  /**
   * Counts a call, and delays and fails it as requested; undefined for a call to which nothing happens, which are nearly
   * all of them. The error is one of the operation's own.
   */
  readonly before: (
    operation: Operation.Name,
    subject: string
  ) => Effect.Effect<void, PloopError.PloopError> | undefined
}

/** Counts a call: returns the faults that are due, and those that stay. */
const count = (
  faults: ReadonlyArray<Fault>,
  operation: Operation.Name
): readonly [ReadonlyArray<Fault>, ReadonlyArray<Fault>] => {
  const due: Array<Fault> = []
  const rest: Array<Fault> = []
  for (const fault of faults) {
    if (fault.operation !== operation) rest.push(fault)
    else if (fault.left > 1) rest.push({ ...fault, left: fault.left - 1 })
    else {
      due.push(fault)
      if (fault.always) rest.push(fault)
    }
  }
  return [due, rest]
}

export const make: Effect.Effect<Faults> = Effect.sync(() => {
  let faults: ReadonlyArray<Fault> = []
  return {
    add: (operation, calls = 1, { delay = Duration.zero, error }) =>
      typeof calls === "number" && (!Number.isInteger(calls) || calls < 1)
        ? Effect.dieMessage(`calls is ${calls}, but it must be "always" or a whole number larger than zero`)
        : Effect.sync(() => {
          const always = calls === "always"
          faults = [...faults, { operation, left: always ? 1 : calls, always, delay, error }]
        }),
    reset: Effect.sync(() => {
      faults = []
    }),
    before: (operation, subject) => {
      if (faults.length === 0) return undefined
      const [due, rest] = count(faults, operation)
      faults = rest
      return due.length === 0 ? undefined : happen(due, operation, subject)
    }
  }
})

/** Waits for the sum of all delays, then fails with the error that was added first. */
const happen = (
  due: ReadonlyArray<Fault>,
  operation: Operation.Name,
  subject: string
): Effect.Effect<void, PloopError.PloopError> => {
  const delay = due.reduce((sum, fault) => Duration.sum(sum, fault.delay), Duration.zero)
  const error = due.find((fault) => fault.error !== undefined)?.error
  return Effect.zipRight(
    Duration.greaterThan(delay, Duration.zero) ? Effect.sleep(delay) : Effect.void,
    error === undefined
      ? Effect.void
      : Effect.fail(
        Predicate.isString(error) ? new PloopError.classes[error]({ operation, subject, text: "" }) : error
      )
  )
}
