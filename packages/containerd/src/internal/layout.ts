import * as Disk from "@effect-ploop/core/Disk"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/**
 * The directory of a snapshotter:
 *
 *     bases/SIZE/      an empty disk of each size, which new disks are copied from
 *     snapshots/ID/    a disk and its record; a snapshot is here, whole, or it is not
 *     new/             what is being built
 *     removed/         what is being removed
 */
export interface Layout {
  readonly root: string
  readonly bases: string
  readonly snapshots: string
  readonly building: string
  readonly removed: string
  readonly homeOf: (id: string) => string
  readonly diskOf: (id: string) => Disk.Disk
  readonly recordOf: (id: string) => string
}

export const recordName = "snapshot.json"

export const imageName = "root.hdd"

export const make = (root: string): Layout => {
  const homeOf = (id: string) => `${root}/snapshots/${id}`
  return {
    root,
    bases: `${root}/bases`,
    snapshots: `${root}/snapshots`,
    building: `${root}/new`,
    removed: `${root}/removed`,
    homeOf,
    diskOf: (id) => Disk.inDirectory(homeOf(id)),
    recordOf: (id) => `${homeOf(id)}/${recordName}`
  }
}

/** Makes the directories, for root alone: the files of all containers are in them. */
export const prepare = (layout: Layout): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.forEach(
      [layout.root, layout.bases, layout.snapshots, layout.building, layout.removed],
      (directory) => fs.makeDirectory(directory, { recursive: true, mode: 0o700 }),
      { discard: true }
    ))
