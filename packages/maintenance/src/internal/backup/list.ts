import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as MaintenanceError from "../../MaintenanceError.js"
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

const missing = (directory: string) =>
  new MaintenanceError.PolicyInvalid({ field: "directory", value: directory, rule: "must be a directory that exists" })

/** The same, and those whose manifest cannot be read. A directory that is missing is a mistake of the caller. */
export const listReadable = (directory: string) =>
  found(directory).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => missing(directory)
    ),
    Effect.map((all) => ({ stored: Array.getRights(all).toSorted(byTime), damaged: Array.getLefts(all) }))
  )

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
