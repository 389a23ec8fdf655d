import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { CheckFailed } from "../Check.js"
import { print } from "./print.js"

/** The rule that a result breaks, as in `disk: is missing`. */
const ruleOf = (issue: ParseResult.ParseIssue): string => {
  const [first] = ParseResult.ArrayFormatter.formatIssueSync(issue)
  const rule = (first?.message ?? "").replace(/^Expected (.*), actual .*$/s, "$1")
  return [...(first?.path ?? []).map(String), rule].join(": ")
}

/** A defect of a backend, which fails the case that has found it and no other. */
const inspect = (name: Operation.Name) => {
  const { result }: Operation.Row = Operation.table[name]
  const validate = ParseResult.validateEither(result)
  return <A, E>(called: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    called.pipe(
      Effect.tap((result) =>
        Either.match(validate(result), {
          onLeft: (issue) =>
            Effect.die(
              new CheckFailed({ what: `the result of ${name}`, expected: ruleOf(issue), actual: print(result) })
            ),
          onRight: () => Effect.void
        })
      ),
      Effect.tapError((error) =>
        PloopError.isPloopError(error) ? Effect.void : Effect.die(
          new CheckFailed({
            what: `the failure of ${name}`,
            expected: "an error of PloopError",
            actual: error instanceof Error ? String(error) : print(error)
          })
        )
      )
    )
}

/** An operation that is an effect, with or without options. Streams, sinks and dialogues are left as they are. */
const inspectedOf = (name: Operation.Name, implementation: unknown): unknown => {
  if (Operation.table[name].shape !== "effect") return implementation
  const inspected = inspect(name)
  if (Effect.isEffect(implementation)) return inspected(implementation as Effect.Effect<unknown, unknown>)
  return Predicate.isFunction(implementation)
    ? (...args: ReadonlyArray<unknown>) =>
      Effect.suspend(() => inspected(implementation(...args) as Effect.Effect<unknown, unknown>))
    : implementation
}

const isName = Schema.is(Operation.Name)

/** An implementation whose use is noted, whatever its shape is. */
const noted = (implementation: unknown, note: () => void): unknown => {
  if (Effect.isEffect(implementation)) {
    return Effect.zipRight(Effect.sync(note), implementation as Effect.Effect<unknown, unknown>)
  }
  return Predicate.isFunction(implementation)
    ? (...args: ReadonlyArray<unknown>) => {
      note()
      return implementation(...args)
    }
    : implementation
}

/** What is watched while a case runs. */
export interface Watched {
  /** The operations whose use is noted. */
  readonly operations: ReadonlyArray<Operation.Name>
  /** Notes the use of one of them. */
  readonly note: (name: Operation.Name) => void
}

/** A service of a backend, whose results and failures are compared with the table of operations. */
export const inspected = ({ note, operations }: Watched) => <Service extends object>(service: Service): Service =>
  // Each implementation has the shape of the one that it stands for.
  ({
    ...service,
    ...Object.fromEntries(
      Object.entries(service).flatMap(([name, implementation]) => {
        if (!isName(name)) return []
        const own = inspectedOf(name, implementation)
        return [[name, operations.includes(name) ? noted(own, () => note(name)) : own]]
      })
    )
  }) as Service
