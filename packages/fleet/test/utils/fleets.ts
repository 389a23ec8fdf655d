import { PloopFake, SharedData } from "@effect-ploop/backend-fake"
import { Disk, Ploop, SnapshotId } from "@effect-ploop/core"
import { Runner, Storage, Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import type { Context } from "effect"
import { Effect, Layer } from "effect"
import { createHash } from "node:crypto"

/** Hosts in memory, which stay when the process that manages them ends. */
export const hosts = <const Name extends string>(...names: ReadonlyArray<Name>) =>
  Effect.suspend(() => {
    const sharedData = SharedData.make()
    return Effect.map(
      Effect.forEach(names, (name, seed) =>
        Effect.map(PloopFake.make({ seed, sharedData }), (host) => [name, host] as const)),
      (made) =>
        Object.fromEntries(made) as Record<Name, Context.Context<PloopFake.Services>>
    )
  })

/** As the options of a process want them. */
export const layersOf = (hosts: Readonly<Record<string, Context.Context<PloopFake.Services>>>) =>
  Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, Layer.succeedContext(host)]))

/** A fleet with one process, whose storage is in memory. */
export const single = (hosts: Readonly<Record<string, Context.Context<PloopFake.Services>>>) =>
  Layer.provide(Runner.layer({ hosts: layersOf(hosts) }), Storage.layerMemory)

/** The same, in which no step is repeated by itself. */
export const withoutRetries = (
  hosts: Readonly<Record<string, Context.Context<PloopFake.Services>>>,
  fleet?: ReadonlyArray<string>
) => Layer.provide(Runner.layer({ hosts: layersOf(hosts), fleet, retries: [] }), Storage.layerMemory)

/** Waits until a workflow is in a state. */
export const until = (
  id: string,
  name: Workflow.State["name"]
): Effect.Effect<Workflow.State, unknown, Workflows.Workflows> =>
  Effect.flatMap(Effect.flatMap(Workflows.Workflows, (workflows) => workflows.get(id)), (workflow) => {
    const state = Workflow.state(workflow)
    return state.name === name
      ? Effect.succeed(state)
      : Effect.flatMap(Effect.sleep("20 millis"), () => until(id, name))
  })

/** The path of a storage in a directory of its own. */
export const storagePath = Effect.provide(
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fleet-" })}/fleet.db`
  }),
  NodeContext.layer
)

export type Host = Context.Context<PloopFake.Services>

/** A disk with a snapshot between the first file and the others. */
export const makeDisk = (host: Host, disk: string, files: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const directory = Disk.directory(Disk.make(disk))
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* ploop.create({ image: `${directory}/root.hdd`, size: "512M" })
    for (const [name, content] of Object.entries(files)) {
      yield* Ploop.withMount({ disk, target: "/mnt" }, () => fs.writeFileString(`/mnt/${name}`, content))
      yield* ploop.createSnapshot({ disk })
    }
  }).pipe(Effect.provide(host))

/** The identifier of the snapshot of a small disk. */
export const snapshot = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

/** A small disk without a file system, and with a snapshot. */
export const makeSmallDisk = (host: Host, disk: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const directory = Disk.directory(Disk.make(disk))
    yield* fs.makeDirectory(directory, { recursive: true })
    yield* ploop.create({ image: `${directory}/root.hdd`, size: "8M", clusterSize: "32K", fileSystem: "none" })
    yield* ploop.createSnapshot({ disk, id: snapshot })
  }).pipe(Effect.provide(host))

/** Everything below the directory of disks: the names of directories, and a digest of the content of each file. */
export const everything = (host: Host) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = (yield* fs.readDirectory("/vz", { recursive: true })).sort()
    const entries = yield* Effect.forEach(names, (name) =>
      Effect.gen(function*() {
        const isFile = (yield* fs.stat(`/vz/${name}`)).type === "File"
        return [name, isFile ? digest(yield* fs.readFile(`/vz/${name}`)) : "directory"] as const
      }))
    return Object.fromEntries(entries) as Readonly<Record<string, string>>
  }).pipe(Effect.provide(host))

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16)

/** The files in a disk. */
export const filesOf = (host: Host, disk: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = Effect.map(fs.readDirectory("/mnt"), (names) =>
      names.filter((name) => name !== "lost+found" && !name.startsWith(".balloon")))
    const read = Effect.flatMap(
      names,
      Effect.forEach((name) =>
        Effect.map(fs.readFileString(`/mnt/${name}`), (content) => [name, content] as const)
      )
    )
    return Object.fromEntries(
      yield* Ploop.withMount({ disk, target: "/mnt", readOnly: true }, () => read)
    )
  }).pipe(Effect.provide(host))
