import { FakeHost } from "@effect-ploop/backend-fake"
import { Ploop, type SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { type Workflow, Workflows } from "@effect-ploop/fleet"
import { expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/101/DiskDescriptor.xml"

const disks = [{ host: "node-1", disk }, { host: "node-2", disk }, { host: "node-3", disk }] as const

const prepare = Effect.gen(function*() {
  const hosts = yield* fleets.hosts("node-1", "node-2", "node-3")
  yield* Effect.forEach(disks, ({ host }) => fleets.makeSmallDisk(hosts[host], disk))
  return hosts
})

type Hosts = Effect.Effect.Success<typeof prepare>

const carryOut = (request: typeof Workflow.Request.Encoded, key: string) =>
  Effect.gen(function*() {
    const workflows = yield* Workflows.Workflows
    const id = yield* workflows.start(request, { key })
    return { id, outcome: yield* workflows.ended(id), workflow: yield* workflows.get(id) }
  })

const ploopOf = (host: fleets.Host) => Context.get(host, Ploop.Ploop)

const trees = (hosts: Hosts) =>
  Effect.forEach(
    disks,
    ({ host }) =>
      Effect.map(ploopOf(hosts[host]).listSnapshots({ disk }), (tree) => SnapshotTree.nodes(tree).map(({ id }) => id))
  )

/** The identifier of the snapshots that a set has made. */
const madeIn = (before: ReadonlyArray<ReadonlyArray<SnapshotId.SnapshotId>>, after: typeof before) =>
  after.map((ids, index) => ids.filter((id) => !before[index]!.includes(id)))

it.live("a set takes a snapshot of each disk under one identifier, and can be rolled back", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const before = yield* trees(hosts)
    const program = Effect.gen(function*() {
      const set = yield* carryOut({ _tag: "SnapshotSet", disks }, "nightly")
      expect(set.outcome).toEqual({ _tag: "Done", left: [] })
      const made = madeIn(before, yield* trees(hosts))
      const [[id]] = made as [[SnapshotId.SnapshotId]]
      expect(made).toEqual([[id], [id], [id]])

      const back = yield* carryOut({ _tag: "RollBack", disks, snapshot: id }, "back")
      expect(back.outcome).toEqual({ _tag: "Done", left: [] })
      for (const { host } of disks) {
        const tree = yield* ploopOf(hosts[host]).listSnapshots({ disk })
        expect(SnapshotTree.top(tree).parent).toBe(id)
        expect(SnapshotTree.children(tree, id)).toHaveLength(2)
      }
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
  }))

it.live("when one disk of a set fails, the snapshots of the others are deleted, the last one first", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const before = yield* trees(hosts)
    yield* Context.get(hosts["node-3"], FakeHost.FakeHost).fail("createSnapshot", "DiskNotFound")
    const program = Effect.gen(function*() {
      const { outcome, workflow } = yield* carryOut({ _tag: "SnapshotSet", disks }, "nightly")
      expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "DiskNotFound" }, left: [] })
      const undone = workflow.history.flatMap((event) => event._tag === "Succeeded" ? [event.step] : []).slice(-3)
      expect(undone).toEqual(
        ["node-3", "node-2", "node-1"].map((host) => `delete the snapshot of ${host}:${disk}`)
      )
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect(yield* trees(hosts)).toEqual(before)
  }))

it.live("when one disk cannot be rolled back, the others get their content back", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const before = yield* trees(hosts)
    yield* ploopOf(hosts["node-3"]).deleteSnapshot({ disk, id: fleets.snapshot })
    const program = Effect.gen(function*() {
      const { outcome } = yield* carryOut({ _tag: "RollBack", disks, snapshot: fleets.snapshot }, "back")
      expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "SnapshotNotFound" }, left: [] })
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect((yield* trees(hosts)).slice(0, 2)).toEqual(before.slice(0, 2))
  }))

it.live("a drain moves the disks of a host to the others in turn, and reports the one that runs", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1", "node-2", "node-3")
    const paths = ["/vz/101/DiskDescriptor.xml", "/vz/102/DiskDescriptor.xml", "/vz/ct/103/DiskDescriptor.xml"]
    yield* Effect.forEach(paths, (path) => fleets.makeSmallDisk(hosts["node-1"], path))
    yield* ploopOf(hosts["node-1"]).mount({ disk: paths[1]! })
    const program = Effect.gen(function*() {
      const request = { _tag: "Drain", host: "node-1", to: ["node-2", "node-3"] } as const
      const { id, outcome } = yield* carryOut(request, "drain")
      expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "NotDrained" } })
      expect(outcome.left).toEqual([expect.stringContaining(paths[1]!)])
      const workflows = yield* Workflows.Workflows
      expect((yield* workflows.list({ ended: true })).map(({ id }) => id)).toEqual([
        id,
        `${id}-1`,
        `${id}-2`,
        `${id}-3`
      ])
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect(Object.keys(yield* fleets.everything(hosts["node-2"]))).toEqual(
      expect.arrayContaining(["101/DiskDescriptor.xml", "ct/103/DiskDescriptor.xml"])
    )
    expect(Object.keys(yield* fleets.everything(hosts["node-3"]))).toEqual([])
    expect(Object.keys(yield* fleets.everything(hosts["node-1"]))).toContain("102/DiskDescriptor.xml")
  }))
