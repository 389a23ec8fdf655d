import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as durable from "../durable.js"
import type { Layout } from "../layout.js"
import * as leftovers from "../leftovers.js"
import type { Found } from "../recordFiles.js"
import * as records from "./record.js"

/** The directories on which disks are mounted. None of them is below what is ever removed recursively. */
export interface Mounts {
  readonly directory: string
  /** Where the file system of a volume is mounted. */
  readonly pointOf: (id: string) => string
  /** The files of a volume, while it is mounted. */
  readonly filesOf: (id: string) => string
}

/** The directory of a file system that is the volume. What mkfs and the tool keep is beside it. */
export const filesName = "volume"

export const openMounts = (layout: Layout): Effect.Effect<Mounts, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = `${layout.homes.slice(0, layout.homes.lastIndexOf("/"))}/mounts`
    // A program in a container reaches its volume by a mount of its own, so these are for root alone too.
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    const pointOf = (id: string) => `${directory}/${id}`
    return { directory, pointOf, filesOf: (id) => `${pointOf(id)}/${filesName}` }
  })

/** Removes a mount point. The move fails for one that is in use, so nothing that is mounted is ever removed. */
export const removePoint = (layout: Layout, mounts: Mounts, id: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(mounts.pointOf(id)))) return
    const aside = `${layout.removed}/mount-${id}`
    yield* durable.moveDirectory(mounts.pointOf(id), aside)
    yield* fs.remove(aside, { recursive: true })
  }).pipe(leftovers.tolerate(`the mount point of ${id} could not be removed`))

/** A volume whose disk is not attached is used by nobody: the host was restarted. */
const endUses = (layout: Layout, record: records.Record) => {
  if (record.users.length === 0) return Effect.succeed(record)
  const ended = { ...record, users: [] }
  return Effect.as(records.replace(layout, ended), ended)
}

const settle = (layout: Layout, mounts: Mounts) => (record: records.Record) =>
  Effect.gen(function*() {
    const disk = layout.diskOf(record.id)
    const running = yield* devices.running(disk)
    if (Option.isNone(running)) return yield* endUses(layout, record)
    if (record.users.length === 0) yield* devices.release(disk, mounts.pointOf(record.id))
    return record
  }).pipe(
    Effect.catchAll(({ message }) =>
      Effect.as(
        Effect.logWarning(`volume ${JSON.stringify(record.name)} stays as it is until its next use`, message),
        record
      )
    )
  )

const sweepPoints = (layout: Layout, mounts: Mounts, known: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* fs.readDirectory(mounts.directory)
    yield* Effect.forEach(
      names.filter((name) => !known.includes(name)),
      (name) => removePoint(layout, mounts, name),
      { discard: true }
    )
  }).pipe(leftovers.tolerate(`${mounts.directory} could not be read`))

/** Takes down what an earlier process left, before the first call. Returns the records as they are then. */
export const atStart = (layout: Layout, mounts: Mounts, found: Found<records.Record>) =>
  Effect.gen(function*() {
    const known = leftovers.knownOf(found)
    yield* leftovers.stopOrphans(layout, known, [layout.building, mounts.directory])
    const settled = yield* Effect.forEach(found.records, settle(layout, mounts))
    yield* sweepPoints(layout, mounts, known)
    yield* leftovers.sweep(layout.building)
    yield* leftovers.sweep(layout.removed)
    return settled
  })
