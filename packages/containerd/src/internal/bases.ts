import type { ByteSize } from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as durable from "./durable.js"
import { imageName, type Layout } from "./layout.js"

/**
 * What makes a disk with one small file in it take little: small clusters, no
 * partition table, the smallest journal, and no room in the tables to grow.
 */
const shape = (size: ByteSize) => ({ size, clusterSize: "64K", partition: false, journalSize: "4M", growsTo: size })

/** What a new file system gets at its first mount. */
export type Prepare<E, R> = (target: string) => Effect.Effect<void, E, R>

const build = <E, R>(layout: Layout, size: ByteSize, home: string, prepare: Prepare<E, R>) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const aside = yield* fs.makeTempDirectoryScoped({ directory: layout.building, prefix: "base-" })
    const directory = `${aside}/disk`
    const target = `${aside}/mount`
    yield* Effect.forEach([directory, target], (path) => fs.makeDirectory(path), { discard: true })
    const { disk } = yield* ploop.create({ image: `${directory}/${imageName}`, ...shape(size) })
    yield* Ploop.withMount({ disk, target }, () => prepare(target))
    yield* durable.syncFile(`${directory}/${imageName}`)
    yield* durable.syncFile(disk)
    yield* durable.moveDirectory(directory, home)
  }))

/** The empty disk of a size, which is made and prepared at its first use. */
export const ensure = <E, R>(layout: Layout, size: ByteSize, prepare: Prepare<E, R>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = `${layout.bases}/${size}`
    if (!(yield* fs.exists(home))) yield* build(layout, size, home, prepare)
    return Disk.inDirectory(home)
  })
