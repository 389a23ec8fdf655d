import { PloopFake } from "@effect-ploop/backend-fake"
import type { Request, Snapshot } from "@effect-ploop/containerd"
import { Snapshotter } from "@effect-ploop/containerd"
import { Disk, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { it } from "@effect/vitest"
import { Effect } from "effect"

export const root = "/vz/containerd"

export type OnHost = PloopFake.Services

/** Runs a test on a new host in memory. */
export const onFake = (title: string, run: Effect.Effect<void, unknown, OnHost>, options?: PloopFake.Options) =>
  it.effect(title, () => Effect.provide(run, PloopFake.layer(options)))

/** A snapshotter, as after a start of its process. */
export const start = (options?: Partial<Request.Options>) => Snapshotter.make({ root, size: "300M", ...options })

/** The disk that a device of the snapshotter shows. */
export const diskOf = (source: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const running = yield* ploop.listDevices
    const found = running.find(({ device }) => source === device || source.startsWith(`${device}p`))
    if (found === undefined) return yield* Effect.dieMessage(`${source} is not a device`)
    return Disk.inDirectory(found.image.slice(0, found.image.lastIndexOf("/")))
  })

/**
 * Mounts what a call has returned, as a client does. The fake has no mount but that
 * of the tool, so the device is another one afterwards.
 */
export const mount = (mounts: ReadonlyArray<Snapshot.Mount>) =>
  Effect.gen(function*() {
    const { options, source } = mounts[0]!
    const ploop = yield* Ploop.Ploop
    const disk = yield* diskOf(source)
    yield* ploop.umount({ disk })
    yield* ploop.mount({ disk, target: "/mnt", readOnly: options.includes("ro") })
    return disk
  })

/** Runs an effect while what a call has returned is mounted at `/mnt`. */
export const withMounted = <A, E, R>(mounts: ReadonlyArray<Snapshot.Mount>, use: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    mount(mounts),
    () => use,
    (disk) => Effect.orDie(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount({ disk })))
  )

/** Writes a file into what is mounted. */
export const write = (name: string, content: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(`/mnt/${name}`, content))

/** The files of what is mounted, with their contents. */
export const files = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const names = (yield* fs.readDirectory("/mnt")).toSorted()
  return Object.fromEntries(
    yield* Effect.forEach(names, (name) => Effect.map(fs.readFileString(`/mnt/${name}`), (text) => [name, text]))
  )
})

/** Commits a layer with one more file. */
export const layer = (snapshotter: Snapshotter.Snapshotter, name: string, parent?: string) =>
  Effect.gen(function*() {
    const mounts = yield* snapshotter.prepare({ key: `unpack ${name}`, parent })
    yield* withMounted(mounts, write(name, `of ${name}`))
    yield* snapshotter.commit({ key: `unpack ${name}`, name })
  })

/** The files of a snapshot, through a view of it. */
export const contentOf = (snapshotter: Snapshotter.Snapshotter, name: string) =>
  Effect.gen(function*() {
    const found = yield* withMounted(yield* snapshotter.view({ key: `view of ${name}`, parent: name }), files)
    yield* snapshotter.remove(`view of ${name}`)
    return found
  })

/** What is on the host that belongs to no snapshot: running devices and files, as numbers. */
export const leftovers = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const entries = (directory: string) => Effect.map(fs.readDirectory(`${root}/${directory}`), ({ length }) => length)
  return {
    devices: (yield* ploop.listDevices).length,
    snapshots: yield* entries("snapshots"),
    building: yield* entries("new"),
    removed: yield* entries("removed")
  }
})

export const nothing = { devices: 0, snapshots: 0, building: 0, removed: 0 }
