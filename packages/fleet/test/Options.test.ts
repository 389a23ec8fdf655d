import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
import { expect, it } from "@effect/vitest"
import { type Duration, Effect, Layer } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/DiskDescriptor.xml"

const refused = (options: (hosts: ReturnType<typeof fleets.layersOf>) => Runner.Options<never, never>) =>
  Effect.gen(function*() {
    const hosts = fleets.layersOf(yield* fleets.hosts("node-1"))
    return yield* Effect.flip(Layer.build(Layer.provide(Runner.layer(options(hosts)), Storage.layerMemory)))
  })

interface Contradiction {
  readonly what: string
  readonly options: Pick<Runner.Options<never, never>, "fleet" | "address">
  readonly field: string
}

const contradictions: ReadonlyArray<Contradiction> = [
  { what: "a name that is none", options: { fleet: ["Node 1"] }, field: "fleet" },
  { what: "a name that is there twice", options: { fleet: ["node-1", "node-1"] }, field: "fleet" },
  { what: "a host that the fleet does not name", options: { fleet: ["node-2"] }, field: "hosts" },
  { what: "a port that is none", options: { address: { host: "localhost", port: 70000 } }, field: "address.port" }
]

for (const { field, options, what } of contradictions) {
  it.scopedLive(`${what} is InvalidFleet`, () =>
    Effect.gen(function*() {
      expect(yield* refused((hosts) => ({ hosts, ...options }))).toMatchObject({ _tag: "InvalidFleet", field })
    }))
}

it.scopedLive("a host that the fleet does not have is UnknownHost", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    const error = yield* Effect.flatMap(Fleet.Fleet, (fleet) => fleet.query("node-9", "listSnapshots", { disk })).pipe(
      Effect.flip,
      Effect.provide(fleets.single(hosts))
    )
    expect(error).toMatchObject({ _tag: "UnknownHost", host: "node-9", known: ["node-1"] })
  }))

it.scopedLive("a host that no process manages is HostUnreachable; it carries out the change when it is back", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1", "node-2")
    const fleet = ["node-1", "node-2"]
    const storage = yield* Layer.build(Storage.layerEmbedded({ path: yield* fleets.storagePath }))
    const grow = (timeout: Duration.DurationInput) =>
      Effect.flatMap(
        Fleet.Fleet,
        (fleet) => fleet.change("node-2", "create", { image: "/vz/root.hdd", size: "1G" }, { key: "make", timeout })
      )
    const without = Runner.layer({ hosts: fleets.layersOf({ "node-1": hosts["node-1"] }), fleet })
    const [change, query] = yield* Effect.all([
      Effect.flip(grow("100 millis")),
      Effect.flatMap(
        Fleet.Fleet,
        (fleet) => Effect.flip(fleet.query("node-2", "listDevices", undefined, { timeout: "100 millis" }))
      )
    ]).pipe(Effect.provide(without), Effect.provide(storage))
    expect(change).toMatchObject({ _tag: "HostUnreachable", host: "node-2", isRecorded: true })
    expect(query).toMatchObject({ _tag: "HostUnreachable", host: "node-2", isRecorded: false })

    const both = Runner.layer({ hosts: fleets.layersOf(hosts) })
    expect(yield* grow("2 minutes").pipe(Effect.provide(both), Effect.provide(storage))).toMatchObject({ disk })
  }))

it.scopedLive("a second process cannot open an embedded storage", () =>
  Effect.gen(function*() {
    const storage = Storage.layerEmbedded({ path: yield* fleets.storagePath })
    yield* Layer.build(storage)
    const error = yield* Effect.flip(Layer.build(Layer.fresh(storage)))
    expect(error).toMatchObject({ _tag: "InvalidFleet", field: "path" })
  }))

it.scopedLive("a storage that is not a database is StorageFailed", () =>
  Effect.gen(function*() {
    const path = yield* fleets.storagePath
    writeFileSync(path, "this is not a database, but text that is long enough to be read as the head of one".repeat(20))
    const error = yield* Effect.flip(Layer.build(Storage.layerEmbedded({ path })))
    expect(error).toMatchObject({ _tag: "StorageFailed", reason: expect.stringContaining("not a database") })
  }))

it.scopedLive("any character may be in the path of a storage", () =>
  Effect.gen(function*() {
    const path = `${yield* fleets.storagePath}-100% of #1?mode=memory é`
    yield* Effect.scoped(Layer.build(Storage.layerEmbedded({ path })))
    expect(existsSync(path)).toBe(true)
  }))
