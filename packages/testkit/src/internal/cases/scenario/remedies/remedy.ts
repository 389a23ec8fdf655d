import type { PloopError, Tag } from "@effect-ploop/core/PloopError"
import type * as Remedy from "@effect-ploop/core/Remedy"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Case from "../../../../Case.js"
import * as Check from "../../../../Check.js"
import type { Conformance } from "../../../../Conformance.js"

type Step<A = unknown> = Effect.Effect<A, Case.Failure, Case.Services | Conformance | Scope.Scope>

/** A state in which an operation fails. */
interface State {
  /** The call that fails. */
  readonly call: Effect.Effect<unknown, PloopError, Case.Services | Conformance | Scope.Scope>
  readonly fails: Tag
  readonly remedy: Remedy.Text
  /** What must be the same at the end as before the call. */
  readonly kept?: Step
}

/** What the remedy leads to: it makes a call work, or names another call. */
type Outcome =
  | {
    /** Does what the remedy says. */
    readonly follow: Step
    /** What works then. Default: the same call. */
    readonly then?: Step
  }
  | {
    readonly follow?: never
    /** The call that the remedy names. */
    readonly then: Step
  }

type Remedied = State & Outcome

interface Options extends Partial<Pick<Case.Case, "needs" | "generations">> {
  /** The state and the remedy, after "MUST say what to do when". */
  readonly when: string
  readonly run: Step<Remedied>
}

const repeated = (error: PloopError, { call, fails }: Remedied): Step =>
  error.isRetryable ? Check.fails(call, fails, { remedy: error.remedy }) : Effect.void

/** A case that executes the remedy of this name: it makes the state, follows the remedy, and checks that all is there. */
export const remedy = (name: Remedy.Name, { generations, needs, run, when }: Options): Case.Case =>
  Case.make({
    id: `scenario/remedy-${name}`,
    title: `MUST say what to do when ${when}; that loses nothing, and works`,
    source: Case.service(`Remedy ${name}`),
    ...(needs !== undefined && { needs }),
    ...(generations !== undefined && { generations }),
    run: Effect.gen(function*() {
      const remedied = yield* run
      const { call, fails, follow = Effect.void, kept = Effect.void } = remedied
      const before = yield* kept
      const error = yield* Check.fails(call, fails, { remedy: remedied.remedy })
      yield* repeated(error, remedied)
      yield* follow
      yield* remedied.then ?? call
      yield* Check.equal(yield* kept, before, "what the disk has")
    })
  })
