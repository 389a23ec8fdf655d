import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as durable from "./durable.js"
import type { Layout } from "./layout.js"

/** Builds a disk and its record aside, and moves them to their place at once. */
export const publish = <E, R>(
  layout: Layout,
  id: string,
  build: (directory: string) => Effect.Effect<void, E, R>
) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const aside = yield* fs.makeTempDirectoryScoped({ directory: layout.building, prefix: "disk-" })
    const directory = `${aside}/${id}`
    yield* fs.makeDirectory(directory)
    yield* build(directory)
    yield* durable.moveDirectory(directory, layout.homeOf(id))
  }))

/**
 * Moves the directory of a disk out of the way at once. What cannot be removed then is removed later. When somebody else
 * has removed it, it is done.
 */
export const discard = (layout: Layout, id: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(layout.homeOf(id)))) return
    yield* durable.moveDirectory(layout.homeOf(id), `${layout.removed}/${id}`)
    yield* Effect.ignoreLogged(fs.remove(`${layout.removed}/${id}`, { recursive: true }))
  })
