import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { requireDirectory } from "../policyInvalid.js"
import { type Manifest, manifestName, read } from "./manifest.js"

/** The directories with a manifest, and each manifest or why it cannot be read. */
const found = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = (yield* fs.readDirectory(directory)).toSorted().map((name) => path.join(directory, name))
    const own = yield* Effect.filter(names, (name) => fs.exists(path.join(name, manifestName)))
    return yield* Effect.forEach(own, (directory) =>
      Effect.map(
        Effect.either(read(directory)),
        Either.mapBoth({
          onLeft: (error) => ({ directory, error }),
          onRight: (manifest) => ({ directory, manifest })
        })
      ))
  })

const byTime = (one: Stored, other: Stored) => one.manifest.takenAt.epochMillis - other.manifest.takenAt.epochMillis

/** The backups in a directory, the oldest first. Directories without a manifest are passed over. */
export const list = (directory: string) =>
  Effect.flatMap(
    found(directory),
    (all) => Effect.map(Effect.mapError(Effect.all(all), ({ error }) => error), (stored) => stored.toSorted(byTime))
  )

/** The same, and those whose manifest cannot be read. */
export const listReadable = (directory: string) =>
  Effect.map(Effect.zipRight(requireDirectory(directory), found(directory)), (all) => ({
    stored: Array.getRights(all).toSorted(byTime),
    damaged: Array.getLefts(all)
  }))

/** A backup and where it is. */
export interface Stored {
  readonly directory: string
  readonly manifest: Manifest
}

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
