import { Storage, type Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as fleets from "./utils/fleets.js"
import * as killable from "./utils/killable.js"

const disk = "/vz/101/DiskDescriptor.xml"

const carryOut = (request: typeof Workflow.Request.Encoded) =>
  Effect.gen(function*() {
    const workflows = yield* Workflows.Workflows
    return yield* workflows.ended(yield* workflows.start(request, { key: "once" }))
  })

type Content = Readonly<Record<string, string>>

interface Hosts {
  readonly source: Content
  readonly target: Content
}

const both = (hosts: Record<"node-1" | "node-2", fleets.Host>) =>
  Effect.all({ source: fleets.everything(hosts["node-1"]), target: fleets.everything(hosts["node-2"]) })

interface Scenario {
  readonly what: string
  readonly request: typeof Workflow.Request.Encoded
  readonly target?: (fs: FileSystem.FileSystem) => Effect.Effect<void, unknown>
  readonly outcome: Workflow.Outcome["_tag"]
  /** What must be there at the end, of what was there before. */
  readonly after: (before: Hosts) => Hosts
  /** What must be there after a kill at any moment. */
  readonly always?: (now: Hosts, before: Hosts) => void
}

const from = { host: "node-1", disk }

const to = { host: "node-2", disk }

/** The images, by their paths. */
const imagesOf = (content: Content) =>
  Object.fromEntries(Object.entries(content).filter(([path]) => /^101\/root\.hdd/.test(path)))

const canRun = (content: Content): boolean => "101/DiskDescriptor.xml" in content

/** The disk is at one of its hosts in full, and can be run on one of them at most. */
const isThereOnce = ({ source, target }: Hosts, before: Hosts) => {
  expect(canRun(source) && canRun(target)).toBe(false)
  const images = imagesOf(before.source)
  expect([imagesOf(source), imagesOf(target)]).toContainEqual(images)
  if (canRun(target)) expect(imagesOf(target)).toEqual(images)
}

const scenarios: ReadonlyArray<Scenario> = [
  {
    what: "a move",
    request: { _tag: "Move", from, to },
    outcome: "Done",
    after: ({ source }) => ({ source: { "101": "directory" }, target: source }),
    always: isThereOnce
  },
  {
    what: "a move to a directory that is not empty",
    request: { _tag: "Move", from, to },
    target: (fs) => Effect.zipRight(fs.makeDirectory("/vz/101"), fs.writeFileString("/vz/101/precious", "precious")),
    outcome: "Failed",
    after: (before) => before,
    always: isThereOnce
  },
  {
    what: "a drain",
    request: { _tag: "Drain", host: "node-1", to: ["node-2"] },
    outcome: "Done",
    after: ({ source }) => ({ source: { "101": "directory" }, target: source }),
    always: isThereOnce
  },
  {
    what: "a clone",
    request: { _tag: "Clone", from, snapshot: fleets.snapshot, to },
    outcome: "Done",
    after: ({ source, target }) => ({ source, target }),
    always: ({ source }, before) => expect(imagesOf(source)).toEqual(imagesOf(before.source))
  }
]

const prepare = ({ target }: Scenario) =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1", "node-2")
    yield* fleets.makeSmallDisk(hosts["node-1"], disk)
    if (target !== undefined) yield* target(Context.get(hosts["node-2"], FileSystem.FileSystem))
    return { hosts, stored: yield* Layer.build(Storage.layerMemory), before: yield* both(hosts) }
  })

/** Each step has more calls than are left out. All of them take minutes: FLEET_KILLS=all. */
const stride = process.env.FLEET_KILLS === "all" ? 1 : 5

/** A process is killed after so many calls, and another one goes on. */
const killedAfter = (scenario: Scenario, killAfter: number) =>
  Effect.gen(function*() {
    const { before, hosts, stored } = yield* prepare(scenario)
    const program = carryOut(scenario.request)
    const killed = yield* killable.run({ stored, hosts, program, killAfter })
    scenario.always?.(yield* both(hosts), before)
    const { result } = yield* killable.run({ stored, hosts, program })
    expect(result?._tag, `killed after ${killAfter} calls`).toBe(scenario.outcome)
    const after = yield* both(hosts)
    const expected = scenario.after(before)
    expect(after.source, `killed after ${killAfter} calls`).toEqual(expected.source)
    if (scenario.request._tag === "Clone") expect(imagesOf(after.target)).not.toEqual({})
    else expect(after.target, `killed after ${killAfter} calls`).toEqual(expected.target)
    return killed.result === undefined
  }).pipe(Effect.scoped)

for (const scenario of scenarios) {
  it.scopedLive(
    `${scenario.what} ends as it should, after whichever call its process is killed`,
    () =>
      Effect.gen(function*() {
        const { hosts, stored } = yield* prepare(scenario)
        const { calls, result } = yield* killable.run({ stored, hosts, program: carryOut(scenario.request) })
        expect(result?._tag).toBe(scenario.outcome)
        // A drain is a move in another workflow.
        const every = scenario.request._tag === "Drain" ? stride * (stride === 1 ? 1 : 3) : stride
        const kills = Array.from({ length: Math.ceil(calls / every) }, (_, index) => index * every + 1)
        const killed = yield* Effect.forEach(kills, (call) => killedAfter(scenario, call), { concurrency: 4 })
        expect(killed.filter(Boolean).length).toBeGreaterThan(kills.length * 0.9)
      }),
    600_000
  )
}
