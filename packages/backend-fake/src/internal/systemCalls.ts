import type { PlatformError } from "@effect/platform/Error"
import { BadArgument } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Call, Failure } from "./errno.js"
import * as errno from "./errno.js"
import type { Host } from "./host.js"
import * as argument from "./nodeArguments.js"
import type { Transaction } from "./transaction.js"

/** The outcome of a method, which makes one or several system calls. */
export type Outcome<A> = Either.Either<A, Failure>

/** Runs a method: all its system calls are one transition, unless an argument is bad. */
export type Run = <A>(
  call: Call,
  transition: (tx: Transaction) => Outcome<A>,
  problem?: argument.Problem
) => Effect.Effect<A, PlatformError>

const problemOf = ({ other, subject }: Call): argument.Problem | undefined =>
  (typeof subject === "string" ? argument.path("path", subject) : undefined)
    ?? (other === undefined ? undefined : argument.path("path", other))

export const run = (host: Host): Run => (call, transition, problem) => {
  const cause = problem ?? problemOf(call)
  const fail = (failure: Failure): PlatformError => errno.toPlatformError(call, failure)
  return cause === undefined
    ? host.run(
      (tx) => Either.mapLeft(transition(tx), fail),
      (code) => fail({ code, syscall: "write", paths: [] })
    )
    : Effect.fail(new BadArgument({ module: "FileSystem", method: call.method, cause }))
}

/** Keeps the effects of the system calls so far when a later one of the method fails. */
export const checkpoint = (tx: Transaction): Outcome<void> =>
  Either.map(errno.during("write", [])(tx.settle()), () => tx.checkpoint())

/** One of several system calls, whose effect is kept. */
export const step = <A>(tx: Transaction, outcome: Outcome<A>): Outcome<A> => {
  if (Either.isLeft(outcome)) return outcome
  const kept = checkpoint(tx)
  return Either.isLeft(kept) ? Either.left(kept.left) : outcome
}
