import { Ploop, SnapshotTree } from "@effect-ploop/core"
import { Storage, Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Option, Schedule } from "effect"
import * as fleets from "./utils/fleets.js"
import * as killable from "./utils/killable.js"

const disk = "/vz/101/DiskDescriptor.xml"

const mountPoint = "/mnt"

const request = {
  _tag: "Move",
  from: { host: "node-1", disk },
  to: { host: "node-2", disk },
  live: true
} as const

const start = Effect.flatMap(Workflows.Workflows, (workflows) => workflows.start(request, { key: "live" }))

type Hosts = Record<"node-1" | "node-2", fleets.Host>

/** Two hosts. On the first one a disk is mounted that has two snapshots. */
const prepare = Effect.gen(function*() {
  const hosts: Hosts = yield* fleets.hosts("node-1", "node-2")
  yield* fleets.makeDisk(hosts["node-1"], disk, { "one.txt": "one", "two.txt": "two" })
  const snapshots = yield* snapshotsOf(hosts["node-1"])
  yield* Context.get(hosts["node-1"], Ploop.Ploop).mount({ disk, target: mountPoint })
  return { hosts, snapshots }
})

const snapshotsOf = (host: fleets.Host) =>
  Effect.map(
    Context.get(host, Ploop.Ploop).listSnapshots({ disk }),
    (tree) => SnapshotTree.nodes(tree).map(({ id }) => id).sort()
  )

const baseOf = (host: fleets.Host) => Effect.map(fleets.everything(host), (content) => content["101/root.hdd"])

const imagesOf = (host: fleets.Host) =>
  Effect.map(
    fleets.everything(host),
    (content) => Object.fromEntries(Object.entries(content).filter(([path]) => path.startsWith("101/root.hdd")))
  )

const write = ({ hosts }: { readonly hosts: Hosts }, name: string) =>
  Context.get(hosts["node-1"], FileSystem.FileSystem).writeFileString(`${mountPoint}/${name}`, name)

const unmount = (hosts: Hosts) => Context.get(hosts["node-1"], Ploop.Ploop).umount({ disk })

/** A live move that waits for the unmount of the disk. */
const begun = Effect.gen(function*() {
  const workflows = yield* Workflows.Workflows
  const id = yield* start
  return { id, state: yield* fleets.until(id, "waiting"), workflows }
})

it.live("a live move copies a disk while it runs, waits until it is unmounted, and takes over what was written since", () =>
  Effect.gen(function*() {
    const made = yield* prepare
    const { hosts, snapshots } = made
    yield* Effect.gen(function*() {
      const { id, state, workflows } = yield* begun
      expect(state).toMatchObject({ step: "hold the source", problem: { tag: "DiskInUse" } })
      const directory = `/vz/101.receiving-${id}`
      const copied = yield* Context.get(hosts["node-2"], FileSystem.FileSystem).readDirectory(directory)
      expect(copied.length).toBe(snapshots.length)
      yield* write(made, "late.txt")
      yield* unmount(hosts)
      yield* workflows.resume(id)
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
    }).pipe(Effect.provide(fleets.withoutRetries(hosts)))
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({
      "one.txt": "one",
      "two.txt": "two",
      "late.txt": "late.txt"
    })
    expect(yield* snapshotsOf(hosts["node-2"])).toEqual(snapshots)
    expect((yield* Effect.flip(snapshotsOf(hosts["node-1"])))._tag).toBe("DiskNotFound")
  }))

it.live("while a live move waits, the disk is used as before; given up, it is as it was", () =>
  Effect.gen(function*() {
    const made = yield* prepare
    const { hosts, snapshots } = made
    yield* Effect.gen(function*() {
      const { id, workflows } = yield* begun
      yield* write(made, "late.txt")
      const extra = yield* Context.get(hosts["node-1"], Ploop.Ploop).createSnapshot({ disk })
      yield* workflows.giveUp(id)
      expect(yield* workflows.ended(id)).toMatchObject({ _tag: "Failed", problem: { tag: "GivenUp" }, left: [] })
      expect(yield* snapshotsOf(hosts["node-1"])).toEqual([...snapshots, extra].sort())
    }).pipe(Effect.provide(fleets.withoutRetries(hosts)))
    expect(yield* Context.get(hosts["node-2"], FileSystem.FileSystem).readDirectory("/vz")).toEqual([])
    yield* unmount(hosts)
    expect(yield* fleets.filesOf(hosts["node-1"], disk)).toMatchObject({ "late.txt": "late.txt" })
  }))

it.live("what was copied ahead is copied again when its snapshots were merged meanwhile", () =>
  Effect.gen(function*() {
    const made = yield* prepare
    const { hosts, snapshots } = made
    const ploop = Context.get(hosts["node-1"], Ploop.Ploop)
    yield* Effect.gen(function*() {
      const { id, workflows } = yield* begun
      yield* unmount(hosts)
      const { id: merged } = SnapshotTree.base(yield* ploop.listSnapshots({ disk }))
      yield* ploop.deleteSnapshot({ disk, id: merged })
      const base = yield* baseOf(hosts["node-1"])
      yield* workflows.resume(id)
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
      expect(yield* snapshotsOf(hosts["node-2"])).toEqual(snapshots.filter((each) => each !== merged))
      expect(yield* baseOf(hosts["node-2"])).toBe(base)
    }).pipe(Effect.provide(fleets.withoutRetries(hosts)))
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
  }))

it.live("what was copied ahead is copied again when the snapshot was merged, also where no time of a file shows it", () =>
  Effect.gen(function*() {
    const made = yield* prepare
    const { hosts } = made
    const ploop = Context.get(hosts["node-1"], Ploop.Ploop)
    const fs = Context.get(hosts["node-1"], FileSystem.FileSystem)
    yield* Effect.gen(function*() {
      const { id, workflows } = yield* begun
      const names = (yield* fs.readDirectory("/vz/101")).filter((name) => name.startsWith("root.hdd"))
      const before = yield* Effect.forEach(
        names,
        (name) => Effect.map(fs.stat(`/vz/101/${name}`), ({ mtime }) => mtime)
      )
      yield* write(made, "late.txt")
      yield* ploop.deleteSnapshot({ disk, id: yield* Workflow.snapshotOfMove(id) })
      yield* write(made, "later.txt")
      yield* ploop.createSnapshot({ disk })
      yield* unmount(hosts)
      yield* Effect.forEach(names, (name, index) => {
        const time = Option.getOrThrow(before[index]!)
        return Effect.ignore(fs.utimes(`/vz/101/${name}`, time, time))
      })
      const images = yield* imagesOf(hosts["node-1"])
      yield* workflows.resume(id)
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
      expect(yield* imagesOf(hosts["node-2"])).toEqual(images)
    }).pipe(Effect.provide(fleets.withoutRetries(hosts)))
  }))

/** Waits until a workflow has started another one. */
const started = (id: string) =>
  Effect.flatMap(Workflows.Workflows, (workflows) =>
    Effect.retry(workflows.get(id), {
      while: ({ _tag }) => _tag === "UnknownWorkflow",
      schedule: Schedule.spaced("20 millis")
    }))

it.live("a live drain moves each disk of a host live: the one that runs waits for its unmount, and stays when it is given up", () =>
  Effect.gen(function*() {
    const other = "/vz/102/DiskDescriptor.xml"
    const { hosts } = yield* prepare
    yield* fleets.makeSmallDisk(hosts["node-1"], other)
    const drained = (key: string) =>
      Effect.flatMap(
        Workflows.Workflows,
        (workflows) => workflows.start({ _tag: "Drain", host: "node-1", to: ["node-2"], live: true }, { key })
      )
    yield* Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const first = yield* drained("first")
      yield* started(`${first}-2`)
      expect(yield* fleets.until(`${first}-1`, "waiting")).toMatchObject({ problem: { tag: "DiskInUse" } })
      expect(yield* workflows.ended(`${first}-2`)).toEqual({ _tag: "Done", left: [] })
      yield* workflows.giveUp(`${first}-1`)
      expect(yield* workflows.ended(first)).toMatchObject({ left: [expect.stringContaining(disk)] })
      const second = yield* drained("second")
      yield* started(`${second}-1`)
      yield* fleets.until(`${second}-1`, "waiting")
      yield* unmount(hosts)
      yield* workflows.resume(`${second}-1`)
      expect(yield* workflows.ended(second)).toEqual({ _tag: "Done", left: [] })
    }).pipe(Effect.provide(fleets.withoutRetries(hosts)))
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
    expect(Object.keys(yield* fleets.everything(hosts["node-2"]))).toContain("102/DiskDescriptor.xml")
    expect(yield* canRun(hosts["node-1"])).toBe(false)
  }))

it.live("a live move of a disk that is not there is refused, and nothing is left", () =>
  Effect.gen(function*() {
    const hosts: Hosts = yield* fleets.hosts("node-1", "node-2")
    const outcome = yield* Effect.flatMap(start, (id) =>
      Effect.flatMap(Workflows.Workflows, (workflows) => workflows.ended(id))).pipe(
        Effect.provide(fleets.withoutRetries(hosts))
      )
    expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "DiskNotFound" }, left: [] })
  }))

/** Unmounts the disk as soon as the workflow waits for it, and resumes the workflow. */
const carryOut = (hosts: Hosts) =>
  Effect.gen(function*() {
    const workflows = yield* Workflows.Workflows
    const id = yield* start
    const person = Effect.gen(function*() {
      yield* fleets.until(id, "waiting")
      yield* Effect.ignore(unmount(hosts))
      yield* Effect.ignore(workflows.resume(id))
    })
    return yield* Effect.raceFirst(workflows.ended(id), Effect.zipRight(Effect.forever(person), Effect.never))
  })

const canRun = (host: fleets.Host) =>
  Effect.map(fleets.everything(host), (content) => "101/DiskDescriptor.xml" in content)

/** Each step has more calls than are left out. */
const stride = process.env.FLEET_KILLS === "all" ? 1 : 9

const killedAfter = (killAfter: number) =>
  Effect.gen(function*() {
    const { hosts, snapshots } = yield* prepare
    const stored = yield* Layer.build(Storage.layerMemory)
    const killed = yield* killable.run({ stored, hosts, program: carryOut(hosts), killAfter })
    expect((yield* canRun(hosts["node-1"])) && (yield* canRun(hosts["node-2"]))).toBe(false)
    const { result } = yield* killable.run({ stored, hosts, program: carryOut(hosts) })
    expect(result, `killed after ${killAfter} calls`).toEqual({ _tag: "Done", left: [] })
    expect(yield* snapshotsOf(hosts["node-2"]), `killed after ${killAfter} calls`).toEqual(snapshots)
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
    expect(yield* canRun(hosts["node-1"])).toBe(false)
    return killed.result === undefined
  }).pipe(Effect.scoped)

it.scopedLive(
  "a live move ends as it should, after whichever call its process is killed",
  () =>
    Effect.gen(function*() {
      const { hosts } = yield* prepare
      const stored = yield* Layer.build(Storage.layerMemory)
      const { calls, result } = yield* killable.run({ stored, hosts, program: carryOut(hosts) })
      expect(result).toEqual({ _tag: "Done", left: [] })
      const kills = Array.from({ length: Math.ceil(calls / stride) }, (_, index) => index * stride + 1)
      const killed = yield* Effect.forEach(kills, killedAfter, { concurrency: 4 })
      expect(killed.filter(Boolean).length).toBeGreaterThan(kills.length * 0.8)
    }),
  600_000
)
