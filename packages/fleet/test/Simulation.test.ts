/**
 * Disks move between hosts at random, while connections are lost, processes are killed, and a person resumes moves and gives them up.
 * FLEET_SIMULATION=20x100 simulates 20 hosts with 100 disks, and FLEET_SEED chooses another run.
 */
import { Disk, Ploop } from "@effect-ploop/core"
import { Storage, Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Random } from "effect"
import * as fleets from "./utils/fleets.js"
import * as killable from "./utils/killable.js"

const [hostCount = 3, diskCount = 6] = (process.env.FLEET_SIMULATION ?? "3x6").split("x").map(Number)

const seed = Number(process.env.FLEET_SEED ?? 1)

const rounds = 2

const pathOf = (disk: number): string => `/vz/${disk}/${Disk.descriptorName}`

const disks = Array.from({ length: diskCount }, (_, index) => index + 100)

type Hosts = Readonly<Record<string, fleets.Host>>

/** A disk without a file system, whose base image has bytes of its own. */
const makeDisk = (host: fleets.Host, disk: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* fs.makeDirectory(`/vz/${disk}`)
    const id = `{11111111-2222-4333-8444-${String(disk).padStart(12, "0")}}`
    yield* ploop.create({ image: `/vz/${disk}/root.hdd`, size: "8M", clusterSize: "32K", fileSystem: "none" })
    yield* ploop.createSnapshot({ disk: pathOf(disk), id })
  }).pipe(Effect.provide(host))

type Content = Readonly<Record<string, string>>

const contents = (hosts: Hosts): Effect.Effect<ReadonlyArray<readonly [string, Content]>> =>
  Effect.orDie(Effect.forEach(
    Object.entries(hosts),
    ([name, host]) => Effect.map(fleets.everything(host), (content) => [name, content] as const)
  ))

/** The descriptor and the images of a disk in a directory; undefined when a part is missing. */
const digestIn = (content: Content, directory: string, descriptor: string): string | undefined => {
  const parts = [
    descriptor,
    ...Object.keys(content).filter((path) => path.startsWith(`${directory}/root.hdd`) && !path.endsWith(".part")).sort()
  ]
  return parts.length < 3 || content[descriptor] === undefined ? undefined : parts.map((path) => content[path]).join()
}

/** The hosts on which a tool would find the disk. */
const runnableOn = (all: ReadonlyArray<readonly [string, Content]>, disk: number): ReadonlyArray<string> =>
  all.flatMap(([name, content]) => `${disk}/${Disk.descriptorName}` in content ? [name] : [])

/** What the disk consists of, on each host that has all of it, whether or not a tool would find it. */
const copiesOf = (all: ReadonlyArray<readonly [string, Content]>, disk: number): ReadonlyArray<string> =>
  all.flatMap(([, content]) =>
    Object.keys(content)
      .filter((path) => path.startsWith(`${disk}/${Disk.descriptorName}`) && !path.endsWith(".lck"))
      .flatMap((descriptor) => digestIn(content, String(disk), descriptor) ?? [])
  )

/** No disk is lost, and none can be run on two hosts. */
const invariants = (hosts: Hosts, originals: ReadonlyMap<number, string>) =>
  Effect.map(contents(hosts), (all) => {
    for (const disk of disks) {
      expect(runnableOn(all, disk).length, `disk ${disk}`).toBeLessThanOrEqual(1)
      expect(copiesOf(all, disk), `disk ${disk}`).toContain(originals.get(disk))
    }
  })

/** Decides at random about what waits. A source whose release is given up keeps its other name, so nobody does that here. */
const person: Effect.Effect<void, never, Workflows.Workflows> = Effect.gen(function*() {
  const workflows = yield* Workflows.Workflows
  for (const workflow of yield* workflows.list()) {
    const { canGiveUp, name, step } = Workflow.state(workflow)
    if (name !== "waiting") continue
    const givesUp = canGiveUp && step !== "release the source" && (yield* Random.next) < 0.2
    yield* givesUp ? workflows.giveUp(workflow.id) : workflows.resume(workflow.id)
  }
}).pipe(Effect.ignore)

interface Wish {
  readonly key: string
  readonly from: string
  readonly to: string
  readonly disk: number
}

/** A move of every disk, and of some a second one at the same time. */
const wishes = (hosts: Hosts, round: number) =>
  Effect.gen(function*() {
    const all = yield* contents(hosts)
    const names = Object.keys(hosts)
    const wish = (disk: number, key: string) =>
      Effect.gen(function*() {
        const [from = names[0]!] = runnableOn(all, disk)
        const others = names.filter((name) => name !== from)
        return { key, from, to: others[yield* Random.nextIntBetween(0, others.length)]!, disk }
      })
    return (yield* Effect.forEach(disks, (disk) =>
      Effect.gen(function*() {
        const first = yield* wish(disk, `${round}/${disk}`)
        return (yield* Random.next) < 0.3 ? [first, yield* wish(disk, `${round}/${disk}/again`)] : [first]
      }))).flat()
  })

/** Starts every move, and waits until all have ended. */
const carryOut = (all: ReadonlyArray<Wish>) =>
  Effect.gen(function*() {
    const workflows = yield* Workflows.Workflows
    const ids = yield* Effect.forEach(all, ({ disk, from, key, to }) =>
      workflows.start({
        _tag: "Move",
        from: { host: from, disk: pathOf(disk) },
        to: { host: to, disk: pathOf(disk) }
      }, { key }))
    const deciding = Effect.forever(Effect.zipRight(person, Effect.sleep("20 millis")))
    return yield* Effect.raceFirst(
      Effect.forEach(ids, (id) => workflows.ended(id), { concurrency: "unbounded" }),
      deciding
    )
  })

/** Runs processes that are killed one after the other, and then one that is not. */
const roundOf = (hosts: Hosts, stored: killable.Stored, originals: ReadonlyMap<number, string>, round: number) =>
  Effect.gen(function*() {
    const all = yield* wishes(hosts, round)
    const random = yield* Effect.randomWith(Effect.succeed)
    for (let process = 0; process < 3; process++) {
      const killAfter = yield* Random.nextIntBetween(1, 30 * all.length)
      // An effect cannot be asked in the middle of a call of a host.
      const fault: killable.Fault = () => {
        const chance = Effect.runSync(random.next)
        return chance < 0.005 ? "before" : chance < 0.01 ? "after" : undefined
      }
      yield* killable.run({ stored, hosts, program: carryOut(all), killAfter, fault })
      yield* invariants(hosts, originals)
    }
    const { result } = yield* killable.run({ stored, hosts, program: carryOut(all) })
    expect(result).toHaveLength(all.length)
    yield* invariants(hosts, originals)
    return result ?? []
  })

it.scopedLive(
  "no disk is lost, none can be run on two hosts, and every move has an outcome, whatever fails",
  () =>
    Effect.gen(function*() {
      const names = Array.from({ length: hostCount }, (_, index) => `node-${index + 1}`)
      const hosts: Hosts = yield* fleets.hosts(...names)
      yield* Effect.forEach(disks, (disk, index) => makeDisk(hosts[names[index % names.length]!]!, disk))
      const before = yield* contents(hosts)
      const originals = new Map(disks.map((disk) => [disk, copiesOf(before, disk)[0]!]))
      const stored = yield* Layer.build(Storage.layerMemory)
      const outcomes: Array<Workflow.Outcome> = []
      for (let round = 0; round < rounds; round++) outcomes.push(...yield* roundOf(hosts, stored, originals, round))

      const all = yield* contents(hosts)
      for (const disk of disks) expect(runnableOn(all, disk), `disk ${disk}`).toHaveLength(1)
      expect(outcomes.filter(({ _tag }) => _tag === "Done").length).toBeGreaterThan(0)
    }).pipe(Effect.withRandom(Random.make(seed))),
  3_600_000
)
