/**
 * Hosts of a fleet, and messages between them, as a storage carries them: each arrives at some time, sometimes twice, and as soon as its host
 * is there. A host that is killed forgets what it was doing, and gets again what it has not completed. What is real: the entities, their steps, the
 * journal and the hosts in memory. What is simulated: the processes, the storage and the network.
 */
import { LowLevel, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Context, Deferred, Effect, Fiber } from "effect"
import * as disks from "../../src/internal/disk.js"
import type { Journal } from "../../src/internal/journal.js"
import type { Send } from "../../src/internal/send.js"
import type * as fleets from "./fleets.js"
import * as killable from "./killable.js"

/** How often something goes wrong, and for how long. */
export interface Weather {
  /** The chance that a call of a host loses its connection. */
  readonly lost: number
  /** The chance that a message arrives twice. */
  readonly twice: number
  /** How late a message may arrive, in milliseconds. */
  readonly late: number
  /** How long a change of a host may take, in milliseconds. */
  readonly slow: number
}

type Procedure = (message: { readonly payload: unknown; readonly requestId: string }) => Effect.Effect<unknown, unknown>

interface Node {
  readonly host: fleets.Host
  isUp: boolean
  /** Whether the process runs, but neither gets messages nor sends any. */
  isCutOff: boolean
  gate: killable.Gate
  entities: Map<string, Readonly<Record<string, Procedure>>>
}

interface Stored {
  readonly id: string
  readonly answer: Deferred.Deferred<unknown, unknown>
}

const isStored = (procedure: string): boolean => procedure.startsWith("change/") || procedure === "workflow/take"

const counts: killable.Counts = (method) => killable.changes.includes(method)

export interface Watch {
  /** After each message that may have changed the disk. */
  readonly handled: (disk: string) => Effect.Effect<void>
}

export const make = (
  hosts: Readonly<Record<string, fleets.Host>>,
  journal: Context.Tag.Service<Journal>,
  weather: Weather,
  watch: Watch
) =>
  Effect.gen(function*() {
    const random = yield* Effect.randomWith(Effect.succeed)
    const chance = () => Effect.runSync(random.next)
    const figures = { messages: 0, kills: 0, duplicates: 0, redelivered: 0, faults: 0 }
    const fault: killable.Fault = () => {
      const drawn = chance()
      if (drawn >= weather.lost) return undefined
      figures.faults++
      return drawn < weather.lost / 2 ? "before" : "after"
    }
    const pace = Effect.suspend(() => Effect.sleep(Math.floor(chance() * weather.slow)))
    const newGate = () => new killable.Gate(undefined, fault, pace)
    const nodes = new Map<string, Node>(
      Object.entries(hosts).map(([name, host]) => [
        name,
        { host, isUp: true, isCutOff: false, gate: newGate(), entities: new Map() }
      ])
    )
    const stored = new Map<string, Stored>()

    const entityOf = (node: Node, id: string) => {
      const before = node.entities.get(id)
      if (before !== undefined) return before
      const { gate, host } = node
      const made = disks.handlersOf({
        directories: ["/vz"],
        fs: gate.around(Context.get(host, FileSystem.FileSystem), counts, gate.fault),
        services: gate.around({ ...Context.get(host, Ploop.Ploop), ...Context.get(host, LowLevel.LowLevel) }, counts),
        send,
        id,
        changes: Effect.unsafeMakeSemaphore(1),
        journal: gate.around(journal, () => false)
      }) as Readonly<Record<string, Procedure>>
      node.entities.set(id, made)
      return made
    }

    const isThere = (node: Node) => node.isUp && !node.isCutOff

    const arriving = (node: Node): Effect.Effect<void> =>
      Effect.suspend(() => isThere(node) ? Effect.void : Effect.zipRight(Effect.sleep("30 seconds"), arriving(node)))

    const delay = Effect.suspend(() => Effect.sleep(Math.floor(chance() * weather.late)))

    const nodeOf = (id: string) => nodes.get(id.slice(0, id.indexOf(":")))!

    /** One delivery: it ends with the answer, or without one when the process was killed before it could be recorded. */
    const deliver = (id: string, procedure: string, payload: unknown, message: Stored): Effect.Effect<void> =>
      Effect.gen(function*() {
        const node = nodeOf(id)
        yield* delay
        yield* arriving(node)
        const { gate } = node
        figures.messages++
        const handling = entityOf(node, id)[procedure]!({ payload, requestId: message.id })
        // A process that is killed does not wait for what it was doing.
        const fiber = yield* Effect.forkDaemon(handling)
        const exit = yield* Effect.raceFirst(Fiber.await(fiber), Effect.as(gate.death, undefined))
        if (exit === undefined || gate.isDead) return
        yield* watch.handled(id)
        yield* arriving(node)
        if (!gate.isDead) yield* Deferred.done(message.answer, exit)
      })

    /** Delivers until there is an answer. */
    const delivering = (id: string, procedure: string, payload: unknown, message: Stored): Effect.Effect<void> =>
      Effect.flatMap(deliver(id, procedure, payload, message), () =>
        Effect.flatMap(Deferred.isDone(message.answer), (isDone) => {
          if (isDone) {
            return Effect.void
          }
          figures.redelivered++
          return delivering(id, procedure, payload, message)
        }))

    const sendStored = (id: string, procedure: string, payload: { readonly key: string }) =>
      Effect.gen(function*() {
        const name = `${id} ${procedure} ${payload.key}`
        const before = stored.get(name)
        if (before !== undefined) {
          return yield* Deferred.await(before.answer)
        }
        const message: Stored = { id: String(stored.size), answer: yield* Deferred.make<unknown, unknown>() }
        stored.set(name, message)
        yield* Effect.forkDaemon(delivering(id, procedure, payload, message))
        if (chance() < weather.twice) {
          figures.duplicates++
          yield* Effect.forkDaemon(deliver(id, procedure, payload, message))
        }
        return yield* Deferred.await(message.answer)
      })

    const sendVolatile = (id: string, procedure: string, payload: unknown) =>
      Effect.gen(function*() {
        const node = nodeOf(id)
        yield* Effect.sleep(Math.floor(chance() * 100))
        if (!isThere(node)) {
          return yield* Effect.never
        }
        const { gate } = node
        figures.messages++
        const result = yield* entityOf(node, id)[procedure]!({ payload, requestId: "" })
        return gate.isDead || !isThere(node) ? yield* Effect.never : result
      })

    const send: Send = (id) =>
      new Proxy({}, {
        get: (_, procedure) => (payload: unknown) =>
          isStored(String(procedure))
            ? sendStored(id, String(procedure), payload as { readonly key: string })
            : sendVolatile(id, String(procedure), payload)
      })

    /** The process of a host ends at once, and another one begins after some time. */
    const kill = (name: string, downFor: number) =>
      Effect.gen(function*() {
        const node = nodes.get(name)!
        figures.kills++
        node.isUp = false
        yield* node.gate.die
        yield* Effect.sleep(downFor)
        node.gate = newGate()
        node.entities = new Map()
        node.isUp = true
      })

    const cutOff = (name: string, duration: number) =>
      Effect.gen(function*() {
        const node = nodes.get(name)!
        node.isCutOff = true
        yield* Effect.sleep(duration)
        node.isCutOff = false
      })

    return {
      send,
      kill,
      cutOff,
      figures,
      isManaged: (name: string) =>
        Effect.sync(() =>
          isThere(nodes.get(name)!)
        ),
      isUp: (name: string) => nodes.get(name)!.isUp
    }
  })
