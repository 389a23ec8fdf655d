import * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import { CreateSnapshot } from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PersistenceError } from "@effect/cluster/ClusterError"
import * as Entity from "@effect/cluster/Entity"
import type * as Sharding from "@effect/cluster/Sharding"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Rpc from "@effect/rpc/Rpc"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { DiskHeld, OutcomeUnknown } from "../FleetError.js"
import * as address from "./address.js"
import * as finding from "./finding.js"
import { Directories, Hosts } from "./hosts.js"
import { Journal } from "./journal.js"
import { type Change, DiskEntity, type Ended, names, type TakeStep } from "./protocol.js"
import { type Send, send } from "./send.js"
import { readPart } from "./transfer/copy.js"
import { beside, directoryOf, type Place } from "./transfer/place.js"
import * as problems from "./transfer/problem.js"
import type { Read } from "./transfer/steps.js"
import { type Reader, take } from "./transfer/take.js"

type Services = Ploop.Ploop & LowLevel.LowLevel

type Run = (name: Operation.Name, request: unknown) => Effect.Effect<unknown, unknown>

const runOn = (services: Services): Run => (name, request) => {
  const member = services[name]
  // The services check their options. Copies are not among the procedures.
  return Effect.isEffect(member)
    ? member as Effect.Effect<unknown, unknown>
    : (member as (_: unknown) => Effect.Effect<unknown, unknown>)(request)
}

/** Goes on as soon as the storage is there. A runner that stops need not wait for that. */
const stored = <A>(ask: () => Effect.Effect<A, PersistenceError>, wait: Wait): Effect.Effect<A> =>
  Effect.catchAll(
    Effect.retry(ask(), { times: 2 }),
    () => Effect.zipRight(wait(Effect.sleep("1 second")), stored(ask, wait))
  )

const heldBy = (disk: Disk, workflow: string) =>
  new DiskHeld({ host: address.hostOf(disk.id), subject: address.subjectIn(disk.id), workflow })

type Wait = <A>(self: Effect.Effect<A>) => Effect.Effect<A>

/** While a workflow holds the disk, no tool finds it. */
const query = (disk: Disk, name: Operation.Name, request: unknown) =>
  Effect.catchAll(runOn(disk.services)(name, request), (error) =>
    Effect.flatMap(
      Effect.orElseSucceed(disk.journal.holder(disk.id), () => Option.none<string>()),
      (holder) => Effect.fail(Option.isSome(holder) ? heldBy(disk, holder.value) : error)
    ))

/** The snapshot that a killed process was to take, if it has: its identifier was chosen before. */
const taken = (services: Services, request: unknown) =>
  Effect.gen(function*() {
    const { disk, id } = yield* Schema.decodeUnknown(CreateSnapshot)(request)
    return id === undefined ? Option.none() : SnapshotTree.get(yield* services.listSnapshots({ disk }), id)
  })

/** A disk, and what is done at it. */
export interface Disk {
  readonly services: Services
  readonly fs: FileSystem.FileSystem
  /** The directories of the host that have disks. */
  readonly directories: ReadonlyArray<string>
  readonly send: Send
  readonly id: string
  /** One change at a time. */
  readonly changes: Effect.Semaphore
  readonly journal: Context.Tag.Service<Journal>
}

const outcomeUnknown = (disk: Disk, name: Operation.Name) =>
  new OutcomeUnknown({
    host: address.hostOf(disk.id),
    operation: name,
    subject: address.subjectIn(disk.id)
  })

/** The end of a change that a process had begun before it was killed. */
const afterKill = (disk: Disk, name: Operation.Name, request: unknown): Effect.Effect<unknown, unknown> => {
  if (name !== "createSnapshot") return outcomeUnknown(disk, name)
  return taken(disk.services, request).pipe(
    // The disk may have been moved since, with or without the snapshot.
    Effect.mapError(() => outcomeUnknown(disk, name)),
    Effect.flatMap(Option.match({
      onNone: () => runOn(disk.services)(name, request),
      onSome: ({ id }) => Effect.succeed<unknown>(id)
    }))
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
        const text = JSON.stringify(request) ?? ""
        const holder = yield* stored(() => disk.journal.holder(disk.id), restore)
        if (Option.isSome(holder)) {
          // A process may have begun it, and been killed, before the workflow held the disk.
          const hasBegun = yield* stored(() => disk.journal.hasBegun(String(message.requestId)), restore)
          const error = hasBegun ? outcomeUnknown(disk, name) : heldBy(disk, holder.value)
          return { _tag: "Failed", request: text, error } as const
        }
        const isFirst = yield* stored(() => disk.journal.begin(String(message.requestId)), restore)
        return yield* Effect.match(isFirst ? runOn(disk.services)(name, request) : afterKill(disk, name, request), {
          onFailure: (error): Ended => ({ _tag: "Failed", request: text, error }),
          onSuccess: (result): Ended => ({ _tag: "Done", request: text, result })
        })
      })
    ))

const placeOf = (disk: Disk, workflow: string): Place => ({
  fs: disk.fs,
  ploop: disk.services,
  journal: disk.journal,
  id: disk.id,
  disk: address.subjectIn(disk.id),
  workflow
})

/** Reads from the disk of another host, or of this one. */
const readerOf = ({ send }: Disk, workflow: string): Reader => (from, origin) => (name, offset) =>
  send(from)["workflow/read"]!({ workflow, origin, name, offset }).pipe(
    Effect.timeoutFail({
      duration: "1 minute",
      onTimeout: () => problems.unreachable(address.hostOf(from))
    }),
    Effect.mapBoth({ onFailure: problems.ofSource, onSuccess: (bytes) => bytes as Uint8Array })
  )

/** A step waits for the changes of the disk. One that a killed process has begun is taken again. */
const takeStep = (disk: Disk) => ({ payload: { step, workflow } }: { readonly payload: TakeStep }) =>
  disk.changes.withPermits(1)(take(placeOf(disk, workflow), step, readerOf(disk, workflow)))

const read = (disk: Disk) => ({ payload: { name, offset, origin, workflow } }: { readonly payload: Read }) => {
  const place = placeOf(disk, workflow)
  const directory = origin === "clone" ? beside(place, "clone") : directoryOf(place.disk)
  return Effect.mapError(readPart(place, directory, name, offset), problems.of)
}

interface Asked {
  readonly payload: { readonly request?: unknown }
}

const textIn = (payload: unknown, name: "key" | "workflow") =>
  Predicate.hasProperty(payload, name) && Predicate.isString(payload[name]) ? payload[name] : undefined

/** What every line of the log about a message to a disk has. A request is known by its key. */
const annotationsOf = ({ id }: Disk, payload: unknown): Readonly<Record<string, string>> => {
  const [key, workflow] = [textIn(payload, "key"), textIn(payload, "workflow")]
  return {
    host: address.hostOf(id),
    disk: address.subjectIn(id),
    ...(key !== undefined && { request: key }),
    ...(workflow !== undefined && { workflow })
  }
}

/** Logs how a message has ended, with the host, the disk and the request, which its spans have too. */
const logged = <Message extends { readonly payload: unknown }, A, E>(
  disk: Disk,
  what: string,
  run: (message: Message) => Effect.Effect<A, E>,
  level: LogLevel.LogLevel = LogLevel.Info
) =>
(message: Message): Effect.Effect<A, E> => {
  const annotations = annotationsOf(disk, message.payload)
  return Effect.onExit(run(message), (exit) => Effect.logWithLevel(level, `${what} has ended: ${endOf(exit)}`)).pipe(
    Effect.annotateLogs(annotations),
    Effect.annotateSpans(annotations)
  )
}

/** How a message has ended. Steps and changes say it in their results. */
const endOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isFailure(exit)) return Cause.isInterrupted(exit.cause) ? "interrupted" : "failed"
  return Predicate.hasProperty(exit.value, "_tag") ? String(exit.value._tag) : "done"
}

/** The procedures of a disk. */
export const handlersOf = (disk: Disk) =>
  Object.fromEntries([
    ...names.flatMap((name) => [
      [
        `query/${name}`,
        logged(disk, name, ({ payload }: Asked) => query(disk, name, payload.request), LogLevel.Debug)
      ] as const,
      [`change/${name}`, logged(disk, name, change(disk, name))] as const
    ]).filter(([procedure]) => DiskEntity.protocol.requests.has(procedure)),
    ["workflow/take", logged(disk, "a step", takeStep(disk))],
    ["workflow/read", logged(disk, "a read", read(disk), LogLevel.Trace)],
    ["host/find", () => finding.find(disk.fs, disk.directories)]
  ])

/**
 * One change of a disk at a time. An entity that lost its lock still waits for a change that has begun, while the next
 * entity of the disk gets the same change again.
 */
const makeQueues = Effect.sync(() => {
  const queues = new Map<string, Effect.Semaphore>()
  return (id: string): Effect.Semaphore => {
    const queue = queues.get(id) ?? Effect.unsafeMakeSemaphore(1)
    queues.set(id, queue)
    return queue
  }
})

/** The disks of the hosts that this process manages. */
export const layer = Layer.unwrapEffect(Effect.map(makeQueues, (queueOf) =>
  DiskEntity.toLayer(
    Effect.gen(function*() {
      const id = (yield* Entity.CurrentAddress).entityId
      const host = (yield* Hosts).get(address.hostOf(id))
      if (host === undefined) return yield* Effect.dieMessage(`this process does not manage the host of ${id}`)
      return handlersOf({
        directories: yield* Directories,
        fs: Context.get(host, FileSystem.FileSystem),
        send: yield* send,
        services: { ...Context.get(host, Ploop.Ploop), ...Context.get(host, LowLevel.LowLevel) },
        id,
        changes: queueOf(id),
        journal: yield* Journal
      })
    }),
    { concurrency: "unbounded", disableFatalDefects: true }
    // The procedures need no context; that of the handlers is in view above.
  ) as Layer.Layer<never, never, Hosts | Journal | Sharding.Sharding>))
