import type { ByteSize } from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as durable from "./durable.js"
import { imageName, type Layout } from "./layout.js"

/** Small, so that a layer with one small file in it takes little. */
const clusterSize = "64K"

/** What mkfs and the tool put into a new file system. containerd expects an empty one. */
const isOfFileSystem = (name: string) => name === "lost+found" || name.startsWith(".balloon-")

const empty = (disk: Disk.Disk, target: string) =>
  Ploop.withMount({ disk, target }, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const names = yield* fs.readDirectory(target)
      yield* Effect.forEach(
        names.filter(isOfFileSystem),
        (name) => fs.remove(`${target}/${name}`, { recursive: true }),
        { discard: true }
      )
    }))

const build = (layout: Layout, size: ByteSize, home: string) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const aside = yield* fs.makeTempDirectoryScoped({ directory: layout.building, prefix: "base-" })
    const directory = `${aside}/disk`
    const target = `${aside}/mount`
    yield* Effect.forEach([directory, target], (path) => fs.makeDirectory(path), { discard: true })
    const { disk } = yield* ploop.create({ image: `${directory}/${imageName}`, size, clusterSize })
    yield* empty(disk, target)
    yield* durable.syncFile(`${directory}/${imageName}`)
    yield* durable.syncFile(disk)
    yield* durable.moveDirectory(directory, home)
  }))

/** The empty disk of a size, which is made at its first use. */
export const ensure = (layout: Layout, size: ByteSize) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = `${layout.bases}/${size}`
    if (!(yield* fs.exists(home))) yield* build(layout, size, home)
    return Disk.inDirectory(home)
  })
