import { SnapshotTree } from "@effect-ploop/core"
import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
import { LibsqlClient } from "@effect/sql-libsql"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { type AddressInfo, createServer } from "node:net"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/DiskDescriptor.xml"

const fleet = ["node-1", "node-2"]

/** A port of the loopback interface that is free now. */
const address = Effect.async<Runner.Address>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed({ host: "127.0.0.1", port })))
  })
})

it.scopedLive("a process calls the hosts of another over its socket, and a host has one process", () =>
  Effect.gen(function*() {
    const database = LibsqlClient.layer({ url: `file:${yield* fleets.storagePath}`, intMode: "bigint" })
    const storage = yield* Layer.build(Layer.provide(Storage.layerSql, database))
    const hosts = fleets.layersOf(yield* fleets.hosts("node-1", "node-2"))
    const start = (options: Runner.Options<never, never>) =>
      Effect.map(
        Layer.build(Layer.provide(Layer.fresh(Runner.layer({ fleet, ...options })), Layer.succeedContext(storage))),
        Context.get(Fleet.Fleet)
      )

    yield* start({ hosts: { "node-2": hosts["node-2"]! }, address: yield* address })
    const first = yield* start({ hosts: { "node-1": hosts["node-1"]! }, address: yield* address })
    const client = yield* start({})

    yield* first.change("node-2", "create", { image: "/vz/root.hdd", size: "1G" }, { key: "make" })
    yield* client.change("node-2", "createSnapshot", { disk }, { key: "nightly" })
    const seen = yield* Effect.forEach([first, client], (fleet) => fleet.query("node-2", "listSnapshots", { disk }))
    expect(seen.map((tree) => SnapshotTree.nodes(tree).length)).toEqual([2, 2])
    expect(yield* client.hosts).toEqual([
      { name: "node-1", isManaged: true },
      { name: "node-2", isManaged: true }
    ])

    const second = yield* Effect.flip(start({ hosts: { "node-2": hosts["node-2"]! }, address: yield* address }))
    expect(second).toMatchObject({ _tag: "InvalidFleet", field: "hosts", value: "node-2" })
  }))
