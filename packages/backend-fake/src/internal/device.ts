import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import type { Tracking } from "./tracking.js"

/** A file, independent of its names. */
export interface FileRef {
  readonly volume: number
  readonly ino: number
}

/** The file system of the host itself. */
export const hostVolume = 1

/** The inode of the root directory. */
export const rootInode = 2

/** One delta of a running device; a device lists them base first. */
export interface Level {
  readonly file: FileRef
  readonly path: string
}

/** A running device. */
export interface Device {
  readonly device: DevicePath
  readonly levels: ReadonlyArray<Level>
  readonly component: string | undefined
  readonly readOnly: boolean
  /**
   * Whether the top delta is read-only. A delta that was added to a read-only
   * device is writable, although nothing writes to it.
   */
  readonly topReadOnly: boolean
  /** The attached snapshot; undefined for the top delta. */
  readonly snapshot: SnapshotId | undefined
  /** The size that the kernel sees, in bytes. */
  readonly size: number
  readonly clusterSize: number
  readonly version: 0 | 1 | 2
  /** The file system on it, including the kernel's cache; undefined when it has none. */
  readonly volume: number | undefined
  /** Whether the file system is in a partition. */
  readonly partitioned: boolean
  readonly running: boolean
  /** What the kernel does for the balloon. A change that fails halfway leaves `BALLOON`, which blocks the device. */
  readonly maintenance: "OFF" | "BALLOON"
  /** What has changed since a snapshot, as the kernel notes it; undefined when it is not tracked. */
  readonly tracking?: Tracking | undefined
  /** Counters, by the driver's names. */
  readonly statistics: Readonly<Record<"bio_syncs" | "bio_writes", bigint>>
}
