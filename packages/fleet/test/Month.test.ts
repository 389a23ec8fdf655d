/**
 * A month of a fleet on a clock of its own: disks move, snapshots are taken, and a host is drained, while processes are killed, hosts are cut off,
 * messages are late or arrive twice, connections are lost and tools fail. FLEET_MONTH=200x500 simulates 200 hosts with 500 disks each, FLEET_DAYS
 * another time, and FLEET_SEED another run. The workflows, the entities and their steps are the real ones; `utils/transport.ts` says what is simulated.
 */
import { FakeHost } from "@effect-ploop/backend-fake"
import { Ploop, SnapshotTree } from "@effect-ploop/core"
import { Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { WorkflowEngine } from "@effect/workflow"
import { Console, Context, Duration, Effect, Either, Layer, Logger, LogLevel, Random } from "effect"
import { createHash } from "node:crypto"
import * as client from "../src/internal/client.js"
import { Journal, Records } from "../src/internal/journal.js"
import * as memory from "../src/internal/storage/memory.js"
import * as steps from "../src/internal/workflow/layer.js"
import * as service from "../src/internal/workflow/service.js"
import * as fleets from "./utils/fleets.js"
import * as transport from "./utils/transport.js"
import * as virtualClock from "./utils/virtualClock.js"

const [hostCount = 4, perHost = 3] = (process.env.FLEET_MONTH ?? "4x3").split("x").map(Number)

const days = Number(process.env.FLEET_DAYS ?? 5)

const seed = Number(process.env.FLEET_SEED ?? 1)

const weather: transport.Weather = { lost: 0.03, twice: 0.05, late: 5000, slow: 60_000 }

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

const names = Array.from({ length: hostCount }, (_, index) => `node-${index + 1}`)

const diskCount = hostCount * perHost

const pathOf = (disk: number): string => `/vz/${disk}/DiskDescriptor.xml`

const diskIn = (entity: string): number => Number(/\/vz\/(\d+)\//.exec(entity)?.[1] ?? NaN)

const guid = (kind: string, number: number): string =>
  `{${kind.repeat(8)}-2222-4333-8444-${String(number).padStart(12, "0")}}`

type Hosts = Readonly<Record<string, fleets.Host>>

/** The content of a disk is the same as that of all others but for its descriptor, which names it. */
const makeDisks = (hosts: Hosts) =>
  Effect.gen(function*() {
    const template = hosts[names[0]!]!
    yield* fleets.makeSmallDisk(template, "/template/DiskDescriptor.xml")
    const from = Context.get(template, FileSystem.FileSystem)
    const files = yield* Effect.forEach(yield* from.readDirectory("/template"), (name) =>
      Effect.map(from.readFile(`/template/${name}`), (bytes) => [name, bytes] as const))
    for (let disk = 0; disk < diskCount; disk++) {
      const fs = Context.get(hosts[names[disk % hostCount]!]!, FileSystem.FileSystem)
      yield* fs.makeDirectory(`/vz/${disk}`, { recursive: true })
      for (const [name, bytes] of files) {
        if (name.endsWith(".lck")) {
          continue
        }
        const own = name === "DiskDescriptor.xml"
          ? Buffer.from(Buffer.from(bytes).toString().replaceAll(fleets.snapshot, guid("1", disk)))
          : bytes
        yield* fs.writeFile(`/vz/${disk}/${name}`, own)
      }
    }
  })

interface Change {
  readonly disk: number
  readonly host: string
  readonly key: string
  readonly id: string
}

type Ended = "done" | "refused" | "unknown"

/** Nothing has happened when it ends with one of these. */
const refusals = ["DiskHeld", "DiskNotFound"]

/** What may have happened. */
const unknowns = ["HostUnreachable", "OutcomeUnknown", "StorageFailed"]

const month = (clock: ReturnType<typeof virtualClock.make>) =>
  Effect.gen(function*() {
    const hosts: Hosts = yield* fleets.hosts(...names)
    yield* makeDisks(hosts)
    const fs = (name: string) => Context.get(hosts[name]!, FileSystem.FileSystem)
    const isRunnable = (name: string, disk: number) => Effect.orDie(fs(name).exists(pathOf(disk)))
    // The hosts that a disk may be on: asking all of them after each message would take most of the time.
    const candidates = new Map(
      Array.from({ length: diskCount }, (_, disk) => [disk, new Set([names[disk % hostCount]!])])
    )
    const violations: Array<string> = []
    const handled = (entity: string) =>
      Effect.gen(function*() {
        const disk = diskIn(entity)
        const runnable = yield* Effect.filter([...candidates.get(disk) ?? []], (name) => isRunnable(name, disk))
        if (runnable.length > 1) violations.push(`disk ${disk} can be run on ${runnable.join(" and ")}`)
      })
    const kept = yield* Layer.build(memory.layer)
    const net = yield* transport.make(hosts, Context.get(kept, Journal), weather, { handled })
    const methods = client.make(net.send, net.isManaged)
    const engine = yield* Layer.build(WorkflowEngine.layerMemory)
    const delays = [Duration.seconds(1), Duration.minutes(1)]
    const records = Context.get(kept, Records)
    yield* Layer.build(steps.layerOf({ records, send: net.send, methods, isManaged: net.isManaged, delays })).pipe(
      Effect.provide(engine)
    )
    const workflows = Context.get(
      yield* Effect.provide(Layer.build(service.layer(names)), Context.merge(kept, engine)),
      Workflows.Workflows
    )

    const anyHost = Effect.map(Random.nextIntBetween(0, hostCount), (index) => names[index]!)
    const anyDisk = Random.nextIntBetween(0, diskCount)
    const ids: Array<string> = []
    const changes: Array<{ readonly change: Change; readonly ended: Ended }> = []
    let asked = 0

    const move = (number: number) =>
      Effect.gen(function*() {
        const disk = yield* anyDisk
        const [from = names[0]!] = yield* Effect.filter([...candidates.get(disk)!], (name) => isRunnable(name, disk))
        const to = yield* anyHost
        if (to === from) return
        candidates.get(disk)!.add(to)
        const at = (host: string) => ({ host, disk: pathOf(disk) })
        ids.push(
          yield* Effect.orDie(workflows.start({ _tag: "Move", from: at(from), to: at(to) }, { key: `${number}` }))
        )
      })

    const take = (change: Change, timeout: Duration.DurationInput): Effect.Effect<Ended> =>
      methods("createSnapshot", { disk: pathOf(change.disk), id: change.id }, {
        host: change.host,
        key: change.key,
        timeout: Duration.decode(timeout)
      }).pipe(
        Effect.either,
        Effect.map((either) => {
          if (Either.isRight(either)) return "done"
          const { _tag } = either.left as { readonly _tag: string }
          // The tool may fail when it has done its work.
          return refusals.includes(_tag)
            ? "refused"
            : (expect([...unknowns, "InputOutputFailed"]).toContain(_tag), "unknown")
        })
      )

    const snapshot = (number: number) =>
      Effect.gen(function*() {
        const disk = yield* anyDisk
        const [host = names[0]!] = yield* Effect.filter([...candidates.get(disk)!], (name) => isRunnable(name, disk))
        const change = { disk, host, key: `${number}`, id: guid("2", number) }
        asked++
        yield* Effect.forkDaemon(
          Effect.map(take(change, "1 minute"), (ended) => void changes.push({ change, ended }))
        )
      })

    /** Times between events whose mean is given. */
    const times = (mean: number) => Effect.map(Random.next, (drawn) => Math.ceil(-mean * Math.log(1 - drawn)))

    const every = <E>(mean: number, what: (number: number) => Effect.Effect<unknown, E>) => {
      const next = (number: number): Effect.Effect<void, E> =>
        Effect.gen(function*() {
          yield* Effect.sleep(yield* times(mean))
          if (clock.now() > end) return
          yield* what(number)
          yield* next(number + 1)
        })
      return next(0)
    }
    const end = clock.now() + days * day
    const perDay = Math.max(6, hostCount)

    /** Decides at random about what waits. A source whose release is given up keeps its other name, so nobody does that here. */
    const person = Effect.gen(function*() {
      for (const workflow of yield* workflows.list()) {
        const { canGiveUp, name, step } = Workflow.state(workflow)
        const givesUp = canGiveUp && step !== "release the source" && (yield* Random.next) < 0.3
        if (givesUp) yield* Effect.ignore(workflows.giveUp(workflow.id))
        else if (name === "waiting") yield* Effect.ignore(workflows.resume(workflow.id))
      }
    })
    yield* Effect.forkDaemon(Effect.forever(Effect.zipRight(Effect.sleep(10 * minute), person)))

    const failing = Effect.gen(function*() {
      const operations = ["imageInfo", "createSnapshot", "listSnapshots"] as const
      const name = operations[yield* Random.nextIntBetween(0, operations.length)]!
      yield* Context.get(hosts[yield* anyHost]!, FakeHost.FakeHost).fail(name, "InputOutputFailed")
    })

    yield* Effect.all([
      every(day / perDay, move),
      every(day / perDay, snapshot),
      every((12 * hour) / hostCount, () =>
        Effect.flatMap(anyHost, (name) =>
          net.isUp(name)
            ? Effect.forkDaemon(Effect.flatMap(times(30 * minute), (down) => net.kill(name, down)))
            : Effect.void)),
      every((6 * hour) / hostCount, () =>
        Effect.flatMap(anyHost, (name) =>
          Effect.forkDaemon(Effect.flatMap(times(10 * minute), (for_) =>
            net.cutOff(name, for_))))),
      every((2 * day) / hostCount, () =>
        failing)
    ], { concurrency: "unbounded", discard: true })

    const outcomes = yield* Effect.forEach(ids, (id) => Effect.orDie(workflows.ended(id)), { concurrency: "unbounded" })
    while (changes.length < asked) {
      yield* Effect.sleep(minute)
    }
    return { hosts, figures: net.figures, outcomes, changes, take }
  })

type Month = Effect.Effect.Success<ReturnType<typeof month>>

/** Where each disk can be run. */
const placesIn = (hosts: Hosts) =>
  Effect.gen(function*() {
    const places = new Map<number, Array<string>>()
    for (const name of names) {
      const fs = Context.get(hosts[name]!, FileSystem.FileSystem)
      for (const entry of yield* fs.readDirectory("/vz")) {
        if (!/^\d+$/.test(entry) || !(yield* fs.exists(pathOf(Number(entry))))) continue
        places.set(Number(entry), [...places.get(Number(entry)) ?? [], name])
      }
    }
    return places
  })

/** The snapshots of a disk, and the content of its first image. */
const contentOf = (host: fleets.Host, disk: number) =>
  Effect.gen(function*() {
    // Failures of the tool may still be due.
    const tree = yield* Effect.retry(Context.get(host, Ploop.Ploop).listSnapshots({ disk: pathOf(disk) }), {
      times: 1000
    })
    const image = yield* Context.get(host, FileSystem.FileSystem).readFile(`/vz/${disk}/root.hdd`)
    return {
      ids: new Set<string>(SnapshotTree.nodes(tree).map(({ id }) => id)),
      image: createHash("sha256").update(image).digest("hex")
    }
  })

const noDiskIsLost = ({ hosts }: Month, template: string) =>
  Effect.gen(function*() {
    const places = yield* placesIn(hosts)
    const contents = new Map<number, ReadonlySet<string>>()
    for (let disk = 0; disk < diskCount; disk++) {
      expect(places.get(disk), `disk ${disk}`).toHaveLength(1)
      const { ids, image } = yield* contentOf(hosts[places.get(disk)![0]!]!, disk)
      expect(image, `disk ${disk}`).toBe(template)
      expect(ids.has(guid("1", disk)), `disk ${disk}`).toBe(true)
      contents.set(disk, ids)
    }
    return contents
  })

/** A caller without an outcome gets one by the same key. */
const settled = ({ changes, take }: Month) =>
  Effect.forEach(changes, ({ change, ended }) =>
    Effect.map(
      ended === "unknown" ? take(change, "1 hour") : Effect.succeed(ended),
      (now) => ({ change, ended, now })
    ))

type Settled = Effect.Effect.Success<ReturnType<typeof settled>>

/** What its caller learned of a change is true. */
const areTrue = (changes: Settled, contents: ReadonlyMap<number, ReadonlySet<string>>) => {
  for (const { change, ended, now } of changes) {
    const isThere = contents.get(change.disk)!.has(change.id)
    if (now !== "unknown") expect(isThere, `${ended} ${now} ${JSON.stringify(change)}`).toBe(now === "done")
  }
}

it(
  "in a month, no disk is lost, duplicated or run by two hosts, and every request has an outcome or is known to have none",
  async () => {
    const clock = virtualClock.make()
    const program = Effect.gen(function*() {
      const template = (yield* fleets.hosts("node-1"))["node-1"]
      yield* fleets.makeSmallDisk(template, "/vz/0/DiskDescriptor.xml")
      const { image } = yield* contentOf(template, 0)
      const ended = yield* month(clock)
      const changes = yield* settled(ended)
      areTrue(changes, yield* noDiskIsLost(ended, image))
      const told = changes.map(({ ended }) => ended)
      const count = <A>(all: ReadonlyArray<A>, one: A) => all.filter((other) => other === one).length
      const tags = ended.outcomes.map(({ _tag }) => _tag)
      return {
        ...ended.figures,
        moved: count(tags, "Done"),
        notMoved: count(tags, "Failed"),
        taken: count(told, "done"),
        refused: count(told, "refused"),
        unknown: count(told, "unknown")
      }
    }).pipe(
      Effect.scoped,
      Effect.withRandom(Random.make(seed)),
      Effect.withClock(clock.clock),
      Logger.withMinimumLogLevel(LogLevel.Warning)
    )
    const fiber = Effect.runFork(program)
    const moments = await clock.run(fiber)
    const figures = await Effect.runPromise(Effect.flatten(fiber.await))
    if (process.env.FLEET_MONTH !== undefined) await Effect.runPromise(Console.log({ moments, ...figures }))
    expect(figures.moved).toBeGreaterThan(0)
    expect(figures.kills).toBeGreaterThan(0)
    expect(figures.duplicates).toBeGreaterThan(0)
    expect(figures.faults).toBeGreaterThan(0)
  },
  7_200_000
)
