import type * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { HostPath } from "@effect-ploop/core/HostPath"
import type * as SnapshotTree from "@effect-ploop/core/SnapshotTree"

/** Paths of images; undefined where no host can have one. */
export type Paths = ReadonlyMap<string, HostPath | undefined>

/** A disk, as read from its descriptor. */
export interface Disk {
  /** The absolute path of the descriptor, without links. */
  readonly path: string
  /** The directory in which relative image names start. */
  readonly home: string
  readonly descriptor: DiskDescriptor.DiskDescriptor
  readonly tree: SnapshotTree.SnapshotTree
  /** Whether `TopGUID` is another identifier than `SnapshotId.top`. */
  readonly isOld: boolean
  /** The absolute paths of the images, by their files in the descriptor. */
  readonly paths: Paths
}
