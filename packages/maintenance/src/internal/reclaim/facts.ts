import type { Disk } from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as descriptor from "../descriptor.js"
import { fileSystemOf } from "../heavy.js"
import * as devices from "../leftovers/devices.js"
import { sizesOf } from "../retention/sizes.js"

/** What is known of a disk when its space is judged. Sizes are in bytes. */
export interface Facts {
  readonly disk: Disk
  readonly fileSystem: number
  readonly tree: SnapshotTree.SnapshotTree
  readonly sizes: ReadonlyMap<SnapshotId, bigint>
  /** What all images take on the host. */
  readonly images: bigint
  /** What the image that receives writes takes of that. */
  readonly top: bigint
  /** What the file system in the disk uses. */
  readonly used: bigint
  readonly size: bigint
  readonly isMounted: boolean
  readonly preallocated: boolean
}

export const read = (disk: Disk, mayMount: boolean) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const tree = yield* ploop.listSnapshots({ disk })
    const { preallocated } = yield* descriptor.read(disk)
    const sizes = yield* sizesOf(disk, tree)
    const running = yield* devices.ofDisk(yield* ploop.listDevices, disk, tree)
    const inside = yield* ploop.fileSystemInfo({ disk, mayMount })
    const facts: Facts = {
      disk,
      fileSystem: yield* fileSystemOf(disk),
      tree,
      sizes,
      images: Array.from(sizes.values()).reduce((total, size) => total + size, 0n),
      top: sizes.get(SnapshotTree.top(tree).id) ?? 0n,
      used: inside.size - inside.free,
      size: inside.size,
      isMounted: running.some(({ component, target }) => component === undefined && target !== undefined),
      preallocated
    }
    return facts
  })

/** A discard frees clusters of the image that receives writes alone, and no more than the file system does not use. */
export const discardable = ({ images, top, used }: Facts): bigint => {
  const unused = images > used ? images - used : 0n
  return unused < top ? unused : top
}
