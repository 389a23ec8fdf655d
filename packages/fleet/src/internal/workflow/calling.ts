import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Options } from "../../Fleet.js"
import type { ChangeError, QueryError } from "../../FleetError.js"
import { type DiskOfHost, Problem } from "../../Workflow.js"
import * as problems from "../transfer/problem.js"
import type { Environment } from "./environment.js"
import type { Attempt } from "./step.js"

type Failure = ChangeError | QueryError | PloopError.PloopError

/** How long a call waits for its host before it is made again. */
const timeout = Duration.seconds(30)

/** Failures in which the same call can be made again, because nothing is known of it yet. */
const isUnanswered = (error: Failure): boolean =>
  error._tag === "HostUnreachable" || error._tag === "StorageFailed" || (error._tag === "Busy" && "host" in error)

/** A step inspects the disk before it changes it, so it can be repeated when a change was killed. */
const isRepeatable = ({ _tag }: Failure): boolean => _tag === "DiskHeld" || _tag === "OutcomeUnknown"

const problemOf = (error: Failure): Problem =>
  PloopError.isPloopError(error)
    ? problems.of(error)
    : new Problem({ tag: error._tag, reason: error.message, kind: isRepeatable(error) ? "transient" : "person" })

/** Calls an operation of a disk until its host responds. A change happens once for its key. */
const call = (
  { methods }: Environment,
  { waitFor }: Attempt,
  disk: DiskOfHost,
  name: Operation.Name,
  options: unknown,
  key: string | undefined
): Effect.Effect<unknown, Problem> => {
  const once = Effect.mapError(
    methods(name, options, { host: disk.host, key, timeout }),
    // An operation of a fleet has no other errors.
    (error) => error as Failure
  )
  const answered: Effect.Effect<unknown, Failure> = Effect.catchIf(
    once,
    isUnanswered,
    () => Effect.flatMap(Effect.sleep("1 second"), () => answered)
  )
  return waitFor(disk.host, Effect.mapError(answered, problemOf))
}

/** Changes a disk. */
export const change = <N extends Operation.Name>(
  env: Environment,
  attempt: Attempt,
  disk: DiskOfHost,
  name: N,
  options: Options<N>,
  key = attempt.key
): Effect.Effect<Operation.ResultOf<N>, Problem> =>
  // The table says what the result is.
  call(env, attempt, disk, name, options, key) as Effect.Effect<Operation.ResultOf<N>, Problem>

/** Queries a disk. */
export const query = <N extends Operation.Name>(
  env: Environment,
  attempt: Attempt,
  disk: DiskOfHost,
  name: N,
  options: Options<N>
): Effect.Effect<Schema.Schema.Type<(typeof Operation.table)[N]["result"]>, Problem> =>
  // The table says what the result is.
  call(env, attempt, disk, name, options, undefined) as Effect.Effect<Operation.ResultOf<N>, Problem>
