import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type { AlreadyProcessingMessage, MailboxFull, PersistenceError } from "@effect/cluster/ClusterError"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as FleetError from "../FleetError.js"
import * as address from "./address.js"
import { snapshotId } from "./digest.js"
import type { Ended } from "./protocol.js"
import type { Send as SendTo } from "./send.js"

/** How a call is made, beside its options. */
export interface Call {
  readonly host: string
  /** Absent for a query. */
  readonly key: string | undefined
  readonly timeout: Duration.Duration
}

/** The call that the methods below make: they have the parameters of the operations. */
const current: FiberRef.FiberRef<Option.Option<Call>> = GlobalValue.globalValue(
  "@effect-ploop/fleet/call",
  () => FiberRef.unsafeMake(Option.none<Call>())
)

/** An error of the fleet, on its way through the methods of an operation. */
class Failure {
  constructor(readonly error: FleetError.QueryError | FleetError.ChangeError) {}
}

const dieWith = (error: FleetError.QueryError | FleetError.ChangeError): Effect.Effect<never> =>
  Effect.die(new Failure(error))

type ClusterError = MailboxFull | AlreadyProcessingMessage | PersistenceError

/** Whether a process manages the host now. */
export type IsManaged = (host: string) => Effect.Effect<boolean>

interface Client {
  readonly send: SendTo
  readonly isManaged: IsManaged
}

const messageOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

const ofCluster = (call: Call, subject: string, error: unknown): Effect.Effect<never, PloopError.PloopError> => {
  if (error instanceof FleetError.DiskHeld) return dieWith(error)
  switch ((error as ClusterError)._tag) {
    case "MailboxFull":
      return dieWith(new FleetError.Busy({ host: call.host, subject }))
    case "PersistenceError":
    case "AlreadyProcessingMessage":
      return dieWith(
        new FleetError.StorageFailed({
          reason: messageOf(Predicate.hasProperty(error, "cause") ? error.cause : error),
          isRecorded: call.key !== undefined
        })
      )
    default:
      // The schema of the procedure knows no other errors.
      return Effect.fail(error as PloopError.PloopError)
  }
}

const encodeRequest = (name: Operation.Name, request: unknown): Effect.Effect<unknown> => {
  const row: Operation.Row = Operation.table[name]
  // What was checked can be encoded.
  return row.request === undefined ? Effect.succeed(undefined) : Effect.orDie(Schema.encode(row.request)(request))
}

const unreachable = (call: Call, reason: string) =>
  dieWith(new FleetError.HostUnreachable({ host: call.host, reason, isRecorded: call.key !== undefined }))

const query = (client: Client, call: Call, name: Operation.Name, request: unknown) => {
  const subject = address.subjectOf(request)
  return client.send(address.format(call.host, subject))[`query/${name}`]!({ request }).pipe(
    Effect.timeoutTo({
      duration: call.timeout,
      onSuccess: Effect.succeed,
      onTimeout: () => unreachable(call, `it did not respond within ${Duration.format(call.timeout)}`)
    }),
    // A failure is one of the call; that of the timeout is a defect.
    Effect.flatMap((response) => response as Effect.Effect<unknown>),
    Effect.catchAll((error) => ofCluster(call, subject, error))
  )
}

/** Ends when no process has managed the host for as long as the caller waits. */
const absent = ({ isManaged }: Client, call: Call): Effect.Effect<never> =>
  Effect.gen(function*() {
    const every = Duration.min(Duration.times(call.timeout, 1 / 4), Duration.seconds(5))
    let missing = 0
    while (missing < 4) {
      yield* Effect.sleep(every)
      missing = (yield* isManaged(call.host)) ? 0 : missing + 1
    }
    return yield* unreachable(call, "no process manages it")
  })

/** Snapshots have their identifiers before the first attempt, so that another one finds what it has made. */
const withIdentifier = (call: Call, subject: string, name: Operation.Name, request: unknown) => {
  const field = name === "snapshotAndSwitch" ? "keepAs" : "id"
  const makesOne = name === "createSnapshot" || name === "createTemporarySnapshot" || name === "snapshotAndSwitch"
  if (!makesOne || (Predicate.hasProperty(request, field) && request[field] !== undefined)) {
    return Effect.succeed(request)
  }
  return Effect.map(
    snapshotId(`${address.format(call.host, subject)} ${name} ${call.key}`),
    (id) => ({ ...(request as object), [field]: id })
  )
}

const change = (client: Client, call: Call, key: string, name: Operation.Name, given: unknown) =>
  Effect.gen(function*() {
    const subject = address.subjectOf(given)
    const request = yield* withIdentifier(call, subject, name, given)
    const ended = yield* client.send(address.format(call.host, subject))[`change/${name}`]!({ request, key }).pipe(
      Effect.map((ended) => ended as Ended),
      Effect.catchAll((error) => ofCluster(call, subject, error)),
      Effect.raceFirst(absent(client, call))
    )
    if (ended.request !== (JSON.stringify(request) ?? "")) {
      return yield* dieWith(new FleetError.KeyReused({ key, operation: name }))
    }
    if (ended._tag === "Done") return ended.result
    return yield* (ended.error instanceof FleetError.OutcomeUnknown || ended.error instanceof FleetError.DiskHeld
      ? dieWith(ended.error)
      : Effect.fail(ended.error as PloopError.PloopError))
  })

const run = (client: Client, name: Operation.Name, request: unknown) =>
  Effect.flatMap(FiberRef.get(current), (call) => {
    if (Option.isNone(call)) return Effect.dieMessage("an operation of a fleet was called outside of it")
    const { key } = call.value
    return Effect.flatMap(encodeRequest(name, request), (encoded) =>
      key === undefined
        ? query(client, call.value, name, encoded)
        : change(client, call.value, key, name, encoded))
  })

/** The methods of a host. As those of any backend, they check their options and are counted. */
export type Methods = (name: Operation.Name, options: unknown, call: Call) => Effect.Effect<unknown, unknown>

const failureOf = (cause: Cause.Cause<unknown>): Option.Option<Failure> =>
  Cause.find(
    cause,
    (part) => part._tag === "Die" && part.defect instanceof Failure ? Option.some(part.defect) : Option.none()
  )

/** The methods of all hosts. */
export const make = (sendTo: SendTo, isManaged: IsManaged): Methods => {
  const client: Client = { send: sendTo, isManaged }
  const backend = Record.map(
    Operation.table,
    (row: Operation.Row, name) =>
      row.request === undefined ? run(client, name, undefined) : (request: unknown) => run(client, name, request)
  )
  // Each name has its own types, which one function for all names cannot express.
  const services = {
    ...Ploop.make(backend as unknown as Ploop.Backend),
    ...LowLevel.make(backend as unknown as LowLevel.Backend)
  } as Readonly<globalThis.Record<Operation.Name, unknown>>
  return (name, options, call) => {
    const member = services[name]
    const effect = Effect.isEffect(member)
      ? member
      : (member as (options: unknown) => Effect.Effect<unknown, unknown>)(options)
    return Effect.flatMap(
      Effect.exit(Effect.locally(effect as Effect.Effect<unknown, unknown>, current, Option.some(call))),
      (exit): Effect.Effect<unknown, unknown> => {
        if (Exit.isSuccess(exit)) return exit
        const failure = failureOf(exit.cause)
        return Option.isSome(failure) ? Effect.fail(failure.value.error) : exit
      }
    )
  }
}
