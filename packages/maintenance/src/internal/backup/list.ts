import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { manifestName, read } from "./manifest.js"

/** The backups in a directory, the oldest first. Directories without a manifest are passed over. */
export const list = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = (yield* fs.readDirectory(directory)).toSorted()
    const found = yield* Effect.forEach(names, (name) =>
      Effect.gen(function*() {
        const own = path.join(directory, name)
        if (!(yield* fs.exists(path.join(own, manifestName)))) return []
        return [{ directory: own, manifest: yield* read(own) }]
      }))
    return found.flat().toSorted((one, other) => one.manifest.takenAt.epochMillis - other.manifest.takenAt.epochMillis)
  })

/** A backup and where it is. */
export type Stored = Effect.Effect.Success<ReturnType<typeof list>>[number]

/** The backups that one builds on, the full one first. Undefined when one of them is missing. */
export const chainOf = (all: ReadonlyArray<Stored>, one: Stored): ReadonlyArray<Stored> | undefined => {
  const chain = [one]
  for (let { after } = one.manifest; after !== undefined;) {
    const before = all.find(({ manifest }) => manifest.snapshot === after && manifest.disk === one.manifest.disk)
    if (before === undefined || chain.includes(before)) return undefined
    chain.unshift(before)
    after = before.manifest.after
  }
  return chain
}
