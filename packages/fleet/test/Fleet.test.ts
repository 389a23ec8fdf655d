import { Ploop, SnapshotTree } from "@effect-ploop/core"
import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger } from "effect"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/DiskDescriptor.xml"

const create = Effect.flatMap(
  Fleet.Fleet,
  (fleet) => fleet.change("node-1", "create", { image: "/vz/root.hdd", size: "1G" }, { key: "create" })
)

it.live("a disk is made, changed and queried on its host", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1", "node-2")
    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      expect(yield* create).toMatchObject({ disk })
      const id = yield* fleet.change("node-1", "createSnapshot", { disk }, { key: "first" })
      const tree = yield* fleet.query("node-1", "listSnapshots", { disk })
      expect(SnapshotTree.nodes(tree).map(({ id }) => id)).toContain(id)
      const elsewhere = yield* Effect.flip(fleet.query("node-2", "listSnapshots", { disk }))
      expect(elsewhere._tag).toBe("DiskNotFound")
    })
    yield* Effect.provide(program, fleets.single(hosts))
    const there = yield* Context.get(hosts["node-1"], Ploop.Ploop).listSnapshots({ disk })
    expect(SnapshotTree.nodes(there)).toHaveLength(2)
  }))

it.live("the same change with the same key happens once, and returns the same outcome", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      yield* create
      const once = fleet.change("node-1", "createSnapshot", { disk }, { key: "nightly" })
      const ids = yield* Effect.all([once, once, once], { concurrency: "unbounded" })
      expect(new Set([...ids, yield* once]).size).toBe(1)
      expect(SnapshotTree.nodes(yield* fleet.query("node-1", "listSnapshots", { disk }))).toHaveLength(2)
      const refused = fleet.change("node-1", "deleteSnapshot", { disk, id: crypto.randomUUID() }, { key: "gone" })
      expect((yield* Effect.flip(refused))._tag).toBe("SnapshotNotFound")
    })
    yield* Effect.provide(program, fleets.single(hosts))
  }))

it.live("a key that was used with other options is KeyReused, and nothing happens", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      yield* create
      yield* fleet.change("node-1", "resize", { disk, size: "2G" }, { key: "grow" })
      const error = yield* Effect.flip(fleet.change("node-1", "resize", { disk, size: "3G" }, { key: "grow" }))
      expect(error).toMatchObject({ _tag: "KeyReused", key: "grow", operation: "resize" })
    })
    yield* Effect.provide(program, fleets.single(hosts))
  }))

it.live("a line of the log about a disk says which host, disk and request it is about", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    const lines: Array<string> = []
    const logger = Logger.map(Logger.logfmtLogger, (line) => void lines.push(line))
    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      yield* create
      yield* Effect.ignore(fleet.change("node-1", "resize", { disk, size: "1K" }, { key: "shrink" }))
    })
    yield* Effect.provide(program, Layer.provide(fleets.single(hosts), Logger.replace(Logger.defaultLogger, logger)))
    const about = (text: string) => lines.filter((line) => line.includes(text)).join("\n")
    expect(about("create has ended")).toMatch(/ended: Done.* host=node-1 disk=\S+ request=\S*create/)
    expect(about("resize has ended")).toMatch(
      /ended: Failed.* host=node-1 disk=\/vz\/DiskDescriptor.xml request=\S*shrink/
    )
  }))

it.scopedLive("an embedded storage keeps outcomes over a restart", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    const path = yield* fleets.storagePath
    const process = Layer.provide(
      Runner.layer({ hosts: fleets.layersOf(hosts) }),
      Storage.layerEmbedded({ path })
    )
    const snapshot = Effect.flatMap(Fleet.Fleet, (fleet) =>
      fleet.change("node-1", "createSnapshot", { disk }, { key: "nightly" }))
    const before = yield* Effect.provide(Effect.zipRight(create, snapshot), process)
    const after = yield* Effect.provide(snapshot, process)
    expect(after).toBe(before)
    const tree = yield* Context.get(hosts["node-1"], Ploop.Ploop).listSnapshots({ disk })
    expect(SnapshotTree.nodes(tree)).toHaveLength(2)
  }))
