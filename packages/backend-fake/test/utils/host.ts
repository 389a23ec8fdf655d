import { FakeHost, HostState } from "@effect-ploop/backend-fake"
import type { Request } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"

export const generations = ["1.15", "7", "9"] as const

/** Identifiers that are easy to tell apart. */
export const [a, b, c] = ["a", "b", "c"].map((digit) =>
  SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)
) as [SnapshotId.SnapshotId, SnapshotId.SnapshotId, SnapshotId.SnapshotId]

export const MiB = 1024 * 1024

export const diskOf = (name: string): string => `/vz/${name}/DiskDescriptor.xml`

/** Makes `/vz/<name>/root.hdd`, by default of 10 MiB and without a file system. */
export const makeDisk = (name: string, options: Partial<Request.CreateOptions> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* fs.makeDirectory(`/vz/${name}`, { recursive: true })
    const { disk } = yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "10M", fileSystem: "none", ...options })
    return disk
  })

/** Makes a disk of 300 MiB with a file system, and mounts it at `/mnt/<name>`. */
export const makeMounted = (name: string, options: Partial<Request.CreateOptions> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const disk = yield* makeDisk(name, { size: "300M", fileSystem: "ext4", ...options })
    const target = `/mnt/${name}`
    yield* fs.makeDirectory(target, { recursive: true })
    const { device } = yield* ploop.mount({ disk, target })
    return { disk, target, device }
  })

/** The size of a file. */
export const sizeOf = (path: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(path)),
    ({ size }) => Number(size)
  )

/** Writes a file that survives a power cut. */
export const writeSynced = (path: string, text: string) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "w" })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  }))

/** The devices, mount points and open files of a host. */
export const held = Effect.map(
  Effect.flatMap(FakeHost.FakeHost, (host) => host.state),
  (state) => ({
    devices: HostState.devices(state),
    mountPoints: HostState.mountPoints(state),
    openFiles: HostState.openFiles(state)
  })
)

export const nothingHeld = { devices: [], mountPoints: [], openFiles: [] }
