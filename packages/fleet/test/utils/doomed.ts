/** A process of a fleet in which each change of a disk begins and never ends, so that it can be killed during one. */
import { PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { Fleet, Runner, Storage } from "@effect-ploop/fleet"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Layer } from "effect"

const [path, id] = process.argv.slice(2)

const neverEnding = Effect.zipRight(Console.log("begun"), Effect.never)

const Host = Layer.effectContext(Effect.map(PloopFake.make(), (host) =>
  Context.add(host, Ploop.Ploop, {
    ...Context.get(host, Ploop.Ploop),
    createSnapshot: () => neverEnding,
    resize: () => neverEnding
  })))

const program = Effect.flatMap(Fleet.Fleet, (fleet) =>
  Effect.all([
    fleet.change("node-1", "resize", { disk: "/vz/a/DiskDescriptor.xml", size: "2G" }, { key: "grow" }),
    fleet.change("node-1", "createSnapshot", { disk: "/vz/b/DiskDescriptor.xml" }, { key: "not taken" }),
    fleet.change("node-1", "createSnapshot", { disk: "/vz/c/DiskDescriptor.xml", id: id! }, { key: "taken" })
  ], { concurrency: "unbounded" }))

program.pipe(
  Effect.provide(Runner.layer({ hosts: { "node-1": Host } })),
  Effect.provide(Storage.layerEmbedded({ path: path! })),
  NodeRuntime.runMain
)
