import { FakeHost } from "@effect-ploop/backend-fake"
import { Ploop, SnapshotTree } from "@effect-ploop/core"
import { Storage, type Workflow, Workflows } from "@effect-ploop/fleet"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as fleets from "./utils/fleets.js"
import * as killable from "./utils/killable.js"

const disk = "/vz/101/DiskDescriptor.xml"

const names = ["node-1", "node-2"] as const

const disks = [{ host: "node-1", disk }, { host: "node-2", disk }] as const

type Hosts = Record<(typeof names)[number], fleets.Host>

/** The snapshots of each disk, and which of them the top delta is built on. */
const shapes = (hosts: Hosts) =>
  Effect.forEach(names, (name) =>
    Effect.map(Context.get(hosts[name], Ploop.Ploop).listSnapshots({ disk }), (tree) => ({
      ids: SnapshotTree.nodes(tree).map(({ id }) => id).sort(),
      parent: SnapshotTree.top(tree).parent
    })))

type Shapes = Effect.Effect.Success<ReturnType<typeof shapes>>

interface Scenario {
  readonly what: string
  readonly request: typeof Workflow.Request.Encoded
  readonly fails?: "createSnapshot" | "snapshotAndSwitch"
  readonly check: (after: Shapes, before: Shapes) => void
}

const unchanged = (after: Shapes, before: Shapes) => expect(after).toEqual(before)

const back = { _tag: "RollBack", disks, snapshot: fleets.snapshot } as const

const set = { _tag: "SnapshotSet", disks } as const

const scenarios: ReadonlyArray<Scenario> = [
  {
    what: "a set",
    request: set,
    check: (after, before) => {
      const made = after.map(({ ids }, index) => ids.filter((id) => !before[index]!.ids.includes(id)))
      expect(made[0]).toHaveLength(1)
      expect(made[1]).toEqual(made[0])
    }
  },
  { what: "a set of which one disk fails", request: set, fails: "createSnapshot", check: unchanged },
  {
    what: "a roll-back",
    request: back,
    check: (after, before) => {
      expect(after.map(({ parent }) => parent)).toEqual([fleets.snapshot, fleets.snapshot])
      expect(after.map(({ ids }) => ids.length)).toEqual(before.map(({ ids }) => ids.length + 1))
    }
  },
  { what: "a roll-back of which one disk fails", request: back, fails: "snapshotAndSwitch", check: unchanged }
]

const carryOut = (request: typeof Workflow.Request.Encoded) =>
  Effect.gen(function*() {
    const workflows = yield* Workflows.Workflows
    return yield* workflows.ended(yield* workflows.start(request, { key: "once" }))
  })

const prepare = ({ fails }: Scenario) =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts(...names)
    yield* Effect.forEach(names, (name) => fleets.makeSmallDisk(hosts[name], disk))
    if (fails !== undefined) {
      yield* Context.get(hosts["node-2"], FakeHost.FakeHost).fail(fails, "DiskNotFound", "always")
    }
    return { hosts, stored: yield* Layer.build(Storage.layerMemory), before: yield* shapes(hosts) }
  })

const killedAfter = (scenario: Scenario, killAfter: number) =>
  Effect.gen(function*() {
    const { before, hosts, stored } = yield* prepare(scenario)
    const program = carryOut(scenario.request)
    yield* killable.run({ stored, hosts, program, killAfter })
    const { result } = yield* killable.run({ stored, hosts, program })
    expect(result, `killed after ${killAfter} calls`).toMatchObject({
      _tag: scenario.fails === undefined ? "Done" : "Failed",
      left: []
    })
    scenario.check(yield* shapes(hosts), before)
  }).pipe(Effect.scoped)

/** All of them take minutes: FLEET_KILLS=all. */
const stride = process.env.FLEET_KILLS === "all" ? 1 : 5

for (const scenario of scenarios) {
  it.scopedLive(
    `${scenario.what} ends as it should, after whichever call its process is killed`,
    () =>
      Effect.gen(function*() {
        const { hosts, stored } = yield* prepare(scenario)
        const { calls } = yield* killable.run({ stored, hosts, program: carryOut(scenario.request) })
        const kills = Array.from({ length: Math.ceil(calls / stride) }, (_, index) => index * stride + 1)
        yield* Effect.forEach(kills, (call) => killedAfter(scenario, call), { concurrency: 4 })
      }),
    600_000
  )
}
