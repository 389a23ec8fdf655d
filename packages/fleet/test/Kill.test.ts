import { Disk, Ploop, SnapshotTree } from "@effect-ploop/core"
import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Stream } from "effect"
import * as fleets from "./utils/fleets.js"

const id = "{11111111-2222-4333-8444-555555555555}"

const disks = ["a", "b", "c"].map((name) => `/vz/${name}/DiskDescriptor.xml`)

/** Kills a process of the fleet once three changes have begun in it. */
const killDuringChanges = (path: string) =>
  Effect.gen(function*() {
    const script = new URL("utils/doomed.ts", import.meta.url).pathname
    const child = yield* Command.start(
      Command.make(process.execPath, "--import", "tsx", "--conditions=@effect-ploop/source", script, path, id)
    )
    const begun = yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line === "begun"),
      Stream.take(3),
      Stream.runCount
    )
    expect(begun).toBe(3)
    yield* Effect.ignore(child.kill("SIGKILL"))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

it.scopedLive("after a kill, a snapshot is taken once, and the outcome of any other change is unknown", () =>
  Effect.gen(function*() {
    const path = yield* fleets.storagePath
    yield* killDuringChanges(path)

    const hosts = yield* fleets.hosts("node-1")
    const ploop = Context.get(hosts["node-1"], Ploop.Ploop)
    for (const disk of disks) {
      yield* Context.get(hosts["node-1"], FileSystem.FileSystem).makeDirectory(Disk.directory(Disk.make(disk)))
      yield* ploop.create({ image: disk.replace("DiskDescriptor.xml", "root.hdd"), size: "1G" })
    }
    // The killed process could still do this.
    yield* ploop.createSnapshot({ disk: disks[2]!, id })

    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      const snapshots = (disk: string) =>
        Effect.map(
          fleet.query("node-1", "listSnapshots", { disk }),
          (tree) => SnapshotTree.nodes(tree).map(({ id }) => id)
        )

      const grow = Effect.flip(fleet.change("node-1", "resize", { disk: disks[0]!, size: "2G" }, { key: "grow" }))
      expect(yield* grow).toMatchObject({ _tag: "OutcomeUnknown", host: "node-1", operation: "resize" })
      expect(yield* grow).toMatchObject({ _tag: "OutcomeUnknown" })
      yield* fleet.change("node-1", "resize", { disk: disks[0]!, size: "2G" }, { key: "grow again" })

      const made = yield* fleet.change("node-1", "createSnapshot", { disk: disks[1]! }, { key: "not taken" })
      expect(yield* snapshots(disks[1]!)).toHaveLength(2)
      expect(yield* snapshots(disks[1]!)).toContain(made)

      expect(yield* fleet.change("node-1", "createSnapshot", { disk: disks[2]!, id }, { key: "taken" })).toBe(id)
      expect(yield* snapshots(disks[2]!)).toHaveLength(2)
    })
    const process = Runner.layer({ hosts: fleets.layersOf(hosts) })
    yield* program.pipe(Effect.provide(process), Effect.provide(Storage.layerEmbedded({ path })))
  }))
