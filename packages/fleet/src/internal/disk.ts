import * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Entity from "@effect/cluster/Entity"
import type * as Sharding from "@effect/cluster/Sharding"
import type * as Rpc from "@effect/rpc/Rpc"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import { OutcomeUnknown } from "../FleetError.js"
import * as address from "./address.js"
import { Hosts } from "./hosts.js"
import { Journal } from "./journal.js"
import { type Change, DiskEntity, type Ended, names } from "./protocol.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

type Run = (name: Operation.Name, request: unknown) => Effect.Effect<unknown, unknown>

const runOn = (services: Services): Run => (name, request) => {
  const member = services[name]
  // The services check their options. Copies are not among the procedures.
  return Effect.isEffect(member)
    ? member as Effect.Effect<unknown, unknown>
    : (member as (_: unknown) => Effect.Effect<unknown, unknown>)(request)
}

/** Begins as soon as the storage is there. A runner that stops need not wait for that. */
const begin = (journal: Disk["journal"], id: string, wait: <A>(self: Effect.Effect<A>) => Effect.Effect<A>) =>
  Effect.catchAll(
    Effect.retry(journal.begin(id), { times: 2 }),
    (): Effect.Effect<boolean> => Effect.zipRight(wait(Effect.sleep("1 second")), begin(journal, id, wait))
  )

/** Whether the snapshot that a killed process was to take exists: its identifier was chosen before. */
const isTaken = (services: Services, request: unknown) =>
  Effect.gen(function*() {
    if (!Predicate.hasProperty(request, "id") || !Predicate.hasProperty(request, "disk")) return false
    const tree = yield* services.listSnapshots({ disk: String(request.disk) })
    return SnapshotTree.nodes(tree).some(({ id }) => id === request.id)
  })

interface Disk {
  readonly services: Services
  readonly id: string
  /** One change at a time. */
  readonly changes: Effect.Semaphore
  readonly journal: Context.Tag.Service<Journal>
}

/** The end of a change that a process had begun before it was killed. */
const afterKill = (disk: Disk, name: Operation.Name, request: unknown): Effect.Effect<unknown, unknown> => {
  const unknown = new OutcomeUnknown({
    host: address.hostOf(disk.id),
    operation: name,
    subject: address.subjectIn(disk.id)
  })
  if (name !== "createSnapshot") return unknown
  return Effect.flatMap(
    isTaken(disk.services, request),
    (isTaken): Effect.Effect<unknown, unknown> =>
      isTaken && Predicate.hasProperty(request, "id")
        ? Effect.succeed(request.id)
        : runOn(disk.services)(name, request)
  )
}

/**
 * A runner that stops waits for a change that has begun. One that is killed does not: the storage then delivers the
 * change again.
 */
const change =
  (disk: Disk, name: Operation.Name) => (message: Entity.Request<Rpc.Any> & { readonly payload: Change }) =>
    disk.changes.withPermits(1)(Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const { request } = message.payload
        const isFirst = yield* begin(disk.journal, String(message.requestId), restore)
        const text = JSON.stringify(request) ?? ""
        return yield* Effect.match(isFirst ? runOn(disk.services)(name, request) : afterKill(disk, name, request), {
          onFailure: (error): Ended => ({ _tag: "Failed", request: text, error }),
          onSuccess: (result): Ended => ({ _tag: "Done", request: text, result })
        })
      })
    ))

const handlersOf = (disk: Disk) =>
  Object.fromEntries(
    names.flatMap((name) => [
      [`query/${name}`, ({ payload }: { readonly payload: { readonly request?: unknown } }) =>
        runOn(disk.services)(name, payload.request)] as const,
      [`change/${name}`, change(disk, name)] as const
    ]).filter(([procedure]) =>
      DiskEntity.protocol.requests.has(procedure)
    )
  )

/** The disks of the hosts that this process manages. */
export const layer = DiskEntity.toLayer(
  Effect.gen(function*() {
    const id = (yield* Entity.CurrentAddress).entityId
    const host = (yield* Hosts).get(address.hostOf(id))
    if (host === undefined) return yield* Effect.dieMessage(`this process does not manage the host of ${id}`)
    return handlersOf({
      services: { ...Context.get(host, Ploop.Ploop), ...Context.get(host, LowLevel.LowLevel) },
      id,
      changes: yield* Effect.makeSemaphore(1),
      journal: yield* Journal
    })
  }),
  { concurrency: "unbounded", disableFatalDefects: true }
  // The procedures need no context; that of the handlers is in view above.
) as Layer.Layer<never, never, Hosts | Journal | Sharding.Sharding>
