import type * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Record from "effect/Record"
import { type Client, encode, failed, isTransient, key, Lost } from "./client.js"
import * as copies from "./copies.js"
import { Ended } from "./lost.js"

/** A call, as far as it has come. */
interface Progress {
  /** The start of the host that the request was sent to; undefined while it was not sent. */
  sentTo: string | undefined
  /** Whether the caller has been interrupted. */
  isGivenUp: boolean
}

interface Call {
  readonly name: Operation.Name
  readonly request: unknown
  readonly key: string | undefined
  readonly isQuery: boolean
}

/** The host has been started again since the request was sent, and does not know it any more. */
const restarted = new Lost({ reason: "the host was started again" })

const attempt = ({ manager }: Client, { isQuery, key, name, request }: Call, progress: Progress) =>
  Effect.gen(function*() {
    const connection = yield* manager.get
    const { incarnation } = connection.greeting
    if (!isQuery && progress.sentTo !== undefined && progress.sentTo !== incarnation) return yield* restarted
    progress.sentTo = incarnation
    return yield* connection.call(name, { request, key })
  })

/** Repeats the call on a new connection: a query happens again, and a change with the same key happens once. */
const attempts = (client: Client, call: Call, progress: Progress): Effect.Effect<unknown, PloopError.PloopError> =>
  attempt(client, call, progress).pipe(
    Effect.retry({
      schedule: client.reconnect,
      while: (error) => error !== restarted && (call.isQuery ? isTransient(error) : error instanceof Lost)
    }),
    Effect.catchIf((error) => error instanceof Ended && progress.isGivenUp, () => Effect.interrupt),
    Effect.mapError((error) => failed(call.name, call.request, error, !call.isQuery && progress.sentTo !== undefined))
  )

const query = (client: Client, name: Operation.Name, request: unknown) =>
  attempts(client, { name, request, key: undefined, isQuery: true }, { sentTo: undefined, isGivenUp: false })

/** Ends the call on the host. The call itself says how it has ended. */
const giveUp = (client: Client, running: Fiber.RuntimeFiber<unknown, unknown>, call: Call, progress: Progress) => {
  progress.isGivenUp = true
  if (progress.sentTo === undefined) return Fiber.interruptFork(running)
  const cancel = Effect.flatMap(client.manager.get, (connection) => connection.call("cancel", { key: call.key }))
  return cancel.pipe(
    Effect.retry({ schedule: client.reconnect, while: (error) => error instanceof Lost }),
    Effect.ignore,
    Effect.interruptible,
    Effect.forkDaemon
  )
}

/**
 * A change runs on while its caller is interrupted, until it has ended on the host: so its outcome is known, and what
 * it acquired is not lost.
 */
const change = (client: Client, name: Operation.Name, request: unknown) =>
  Waiting.uninterruptibleMask((wait) =>
    Effect.gen(function*() {
      const call: Call = { name, request, key: yield* key, isQuery: false }
      const progress: Progress = { sentTo: undefined, isGivenUp: false }
      const running = yield* Effect.forkDaemon(Effect.interruptible(attempts(client, call, progress)))
      const waited = yield* Effect.exit(wait(Fiber.await(running)))
      if (Exit.isFailure(waited)) yield* giveUp(client, running, call, progress)
      return yield* Fiber.join(running)
    })
  )

/** The operations of the host, as a backend provides them. */
export const make = (client: Client): Ploop.Backend & LowLevel.Backend => {
  const methods = Record.map(Operation.table, (row: Operation.Row, name) =>
    row.request === undefined
      ? query(client, name, undefined)
      : (request: unknown) =>
        Effect.flatMap(encode(name, request), (encoded) =>
          Operation.kindOf(name, request as never) === "query"
            ? query(client, name, encoded)
            : change(client, name, encoded)))
  // Each name has its own types, which one function for all names cannot express.
  return { ...methods, ...copies.make(client) } as unknown as Ploop.Backend & LowLevel.Backend
}
