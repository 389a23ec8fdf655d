import * as Activity from "@effect/workflow/Activity"
import * as DurableClock from "@effect/workflow/DurableClock"
import * as DurableDeferred from "@effect/workflow/DurableDeferred"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import { Decision, Problem } from "../../Workflow.js"
import { durable, type Environment, record } from "./environment.js"

/** What the workflow needs beside its own results. */
export type Durable<A, E = never> = Effect.Effect<A, E, WorkflowEngine | WorkflowInstance>

/** An attempt of a step. */
export interface Attempt {
  /** Names what it asks of a host: the host does it once. */
  readonly key: string
  /** Waits for a host, for as long as that takes. A person may give it up. */
  readonly waitFor: <A>(host: string, response: Effect.Effect<A, Problem>) => Effect.Effect<A, Problem>
}

interface Options<A, I> {
  /** Its name, which no other step of the workflow has. */
  readonly name: string
  readonly success: Schema.Schema<A, I>
  /** It may happen more than once. */
  readonly run: (attempt: Attempt) => Effect.Effect<A, Problem>
  /** Whether a person may give it up. Default: yes. */
  readonly canGiveUp?: boolean | undefined
}

/** The name of what a person decides about an attempt. */
export const decisionName = (step: string, attempt: number): string => `${step}/${attempt}/decided`

/** The key of an attempt. */
const keyOf = ({ id }: Environment, step: string, attempt: number): string => `${id}/${step}/${attempt}`

/** The key of the last attempt of a step, whose request may still be on its way; undefined when there was none. */
export const lastKey = (env: Environment, step: string, attempt = 1): Effect.Effect<string | undefined> =>
  Effect.flatMap(durable(env.records.hasEvent(env.id, `${step}/${attempt}/begun`)), (hasBegun) =>
    hasBegun
      ? Effect.map(lastKey(env, step, attempt + 1), (later) => later ?? keyOf(env, step, attempt))
      : Effect.succeed(undefined))

/** What a person decides about an attempt. */
export const decisionOf = (step: string, attempt: number) =>
  DurableDeferred.make(decisionName(step, attempt), { success: Decision })

const givenUp = (reason: string) => new Problem({ tag: "GivenUp", reason, kind: "givenUp" })

/** How often a step that waits asks whether its host is there, and whether it was given up. */
const interval = Duration.seconds(1)

/** How often in a row a host must be missing until the history says so. */
const misses = 2

const watching = (env: Environment, name: string, step: string, attempt: number, host: string, canGiveUp: boolean) => {
  const watch = (missing: number): Effect.Effect<never, Problem> =>
    Effect.gen(function*() {
      yield* Effect.sleep(interval)
      const isMissing = !(yield* env.isManaged(host))
      if (isMissing && missing === misses) {
        yield* record(env, `${name}/unreachable`, { _tag: "Unreachable", step, attempt, host })
      }
      if (canGiveUp && (yield* durable(env.records.hasEvent(env.id, decisionName(step, attempt))))) {
        return yield* givenUp(`a person did not want to wait for ${host}`)
      }
      return yield* watch(isMissing ? missing + 1 : 0)
    })
  return watch(1)
}

/** A problem, and when to try again. */
const withRetry = (env: Environment, attempt: number, problem: Problem): Problem => {
  if (problem.kind !== "transient") return problem
  const delay = env.delays[attempt - 1]
  const { reason, tag } = problem
  return delay === undefined
    ? new Problem({ tag, reason, kind: "person" })
    : new Problem({ tag, reason, kind: "transient", retryAfter: Duration.toMillis(delay) })
}

const execute = <A, I>(env: Environment, options: Options<A, I>, attempt: number): Effect.Effect<A, Problem> => {
  const { canGiveUp = true, name: step, run } = options
  const name = `${step}/${attempt}`
  return Effect.gen(function*() {
    yield* record(env, `${name}/begun`, { _tag: "Begun", step, attempt, canGiveUp })
    const result = yield* run({
      key: keyOf(env, step, attempt),
      waitFor: (host, response) => Effect.raceFirst(response, watching(env, name, step, attempt, host, canGiveUp))
    })
    yield* record(env, `${name}/succeeded`, { _tag: "Succeeded", step, attempt })
    return result
  }).pipe(
    // A bug must not end a workflow half-way: a person can resume it with another version.
    Effect.catchAllDefect((defect) => new Problem({ tag: "Defect", reason: String(defect), kind: "person" })),
    Effect.mapError((problem) => withRetry(env, attempt, problem)),
    Effect.tapError((problem) => record(env, `${name}/failed`, { _tag: "Failed", step, attempt, problem }))
  )
}

const after = <A, I>(
  env: Environment,
  options: Options<A, I>,
  attempt: number,
  problem: Problem
): Durable<A, Problem> =>
  Effect.gen(function*() {
    if (problem.kind === "refused" || problem.kind === "givenUp") return yield* problem
    if (problem.retryAfter !== undefined) {
      yield* DurableClock.sleep({ name: `${options.name}/${attempt}`, duration: problem.retryAfter })
    } else if ((yield* DurableDeferred.await(decisionOf(options.name, attempt))) === "giveUp") {
      return yield* givenUp(problem.message)
    }
    return yield* attempted(env, options, attempt + 1)
  })

const attempted = <A, I>(env: Environment, options: Options<A, I>, attempt: number): Durable<A, Problem> =>
  Effect.catchAll(
    Activity.make({
      name: `${options.name}/${attempt}`,
      success: options.success,
      error: Problem,
      execute: execute(env, options, attempt)
    }),
    (problem) => after(env, options, attempt, problem)
  )

/**
 * A step of a workflow. One that fails is repeated by itself, or when a person says so. It fails when it was refused, or
 * when a person has given it up.
 */
export const step = <A, I>(env: Environment, options: Options<A, I>): Durable<A, Problem> => attempted(env, options, 1)

/** A step that a person may give up at the price of something that is left. It returns what that is. */
export const orLeave = <A>(self: Durable<A, Problem>, left: string): Durable<Option.Option<string>> =>
  Effect.match(self, { onFailure: () => Option.some(left), onSuccess: () => Option.none() })
