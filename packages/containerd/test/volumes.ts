import type { Request } from "@effect-ploop/containerd"
import { VolumeDriver } from "@effect-ploop/containerd"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"

export const root = "/vz/volumes"

/** A driver, as after a start of its process. */
export const start = (options?: Partial<Request.Options>) => VolumeDriver.make({ root, size: "300M", ...options })

/** Uses a volume for the time of an effect. */
export const using = <A, E, R>(
  driver: VolumeDriver.VolumeDriver,
  name: string,
  use: (directory: string) => Effect.Effect<A, E, R>
) =>
  Effect.acquireUseRelease(
    driver.mount({ name, id: "a test" }),
    use,
    () => Effect.orDie(driver.unmount({ name, id: "a test" }))
  )

export const writeTo = (directory: string, name: string, content: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(`${directory}/${name}`, content))

/** The files in a directory, with their contents. */
export const filesIn = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = (yield* fs.readDirectory(directory)).toSorted()
    return Object.fromEntries(
      yield* Effect.forEach(names, (name) =>
        Effect.map(fs.readFileString(`${directory}/${name}`), (text) => [name, text]))
    )
  })

export const contentOf = (driver: VolumeDriver.VolumeDriver, name: string) => using(driver, name, filesIn)

export const namesOf = (driver: VolumeDriver.VolumeDriver) =>
  Effect.map(driver.list, (infos) => infos.map(({ name }) => name))

/** What is on the host, as numbers. */
export const leftovers = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const entries = (directory: string) => Effect.map(fs.readDirectory(`${root}/${directory}`), ({ length }) => length)
  return {
    devices: (yield* ploop.listDevices).length,
    volumes: yield* entries("volumes"),
    mounts: yield* entries("mounts"),
    building: yield* entries("new"),
    removed: yield* entries("removed")
  }
})

export const nothing = { devices: 0, volumes: 0, mounts: 0, building: 0, removed: 0 }
