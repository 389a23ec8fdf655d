import { PloopFake } from "@effect-ploop/backend-fake"
import { Runner, Storage } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import type { Context } from "effect"
import { Effect, Layer } from "effect"

/** Hosts in memory, which stay when the process that manages them ends. */
export const hosts = <const Name extends string>(...names: ReadonlyArray<Name>) =>
  Effect.map(
    Effect.forEach(names, (name, seed) => Effect.map(PloopFake.make({ seed }), (host) => [name, host] as const)),
    (made) => Object.fromEntries(made) as Record<Name, Context.Context<PloopFake.Services>>
  )

/** As the options of a process want them. */
export const layersOf = (hosts: Readonly<Record<string, Context.Context<PloopFake.Services>>>) =>
  Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, Layer.succeedContext(host)]))

/** A fleet with one process, whose storage is in memory. */
export const single = (hosts: Readonly<Record<string, Context.Context<PloopFake.Services>>>) =>
  Layer.provide(Runner.layer({ hosts: layersOf(hosts) }), Storage.layerMemory)

/** The path of a storage in a directory of its own. */
export const storagePath = Effect.provide(
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fleet-" })}/fleet.db`
  }),
  NodeContext.layer
)
