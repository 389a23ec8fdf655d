import * as Disk from "@effect-ploop/core/Disk"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/** What is kept in a directory: snapshots or volumes. */
export interface Kind {
  /** The name of the directory that has them all. */
  readonly collection: string
  /** The name of the file with the record of one, beside its disk. */
  readonly recordName: string
}

/**
 * A directory with disks, of snapshots for example:
 *
 *     bases/SIZE/      an empty disk of each size, which new disks are copied from
 *     snapshots/ID/    a disk and its record; a snapshot is here, whole, or it is not
 *     new/             what is being built
 *     removed/         what is being removed
 */
export interface Layout {
  readonly bases: string
  readonly homes: string
  readonly building: string
  readonly removed: string
  readonly recordName: string
  readonly homeOf: (id: string) => string
  readonly diskOf: (id: string) => Disk.Disk
}

export const imageName = "root.hdd"

const make = (root: string, { collection, recordName }: Kind): Layout => {
  const homes = `${root}/${collection}`
  const homeOf = (id: string) => `${homes}/${id}`
  return {
    bases: `${root}/bases`,
    homes,
    building: `${root}/new`,
    removed: `${root}/removed`,
    recordName,
    homeOf,
    diskOf: (id) => Disk.inDirectory(homeOf(id))
  }
}

/**
 * Makes the directories, for root alone: the files of all containers are in them. The
 * paths are those that the kernel reports, without symbolic links.
 */
export const open = (root: string, kind: Kind): Effect.Effect<Layout, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const makeDirectory = (path: string) => fs.makeDirectory(path, { recursive: true, mode: 0o700 })
    yield* makeDirectory(root)
    const layout = make(yield* fs.realPath(root), kind)
    yield* Effect.forEach([layout.bases, layout.homes, layout.building, layout.removed], makeDirectory, {
      discard: true
    })
    return layout
  })
