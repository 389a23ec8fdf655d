import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ByteSize from "../../ByteSize.js"
import * as ClusterSize from "../../ClusterSize.js"
import type { DiskDescriptor } from "../../DiskDescriptor.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import * as limits from "./limits.js"
import type { About, MeasuredFileSystem, MountedDelta } from "./model.js"
import { context, unsupported, when } from "./refuse.js"
import * as running from "./running.js"

type MountRequest = Pick<Request.Mount, "snapshot" | "readOnly">

export const mountTop = ({ readOnly, snapshot }: MountRequest): Option.Option<MountedDelta> =>
  snapshot === undefined || snapshot === SnapshotId.top
    ? Option.some({ snapshot: undefined, readOnly: readOnly === true })
    : Option.none()

export const mountSnapshot = (
  about: About,
  request: MountRequest,
  tree: SnapshotTree.SnapshotTree
): Either.Either<MountedDelta, PloopError.SnapshotHasChildren> => {
  const wanted = request.snapshot ?? SnapshotId.top
  const id = wanted === "base" ? SnapshotTree.base(tree).id : wanted
  const readOnly = request.readOnly !== false
  const children = SnapshotTree.children(tree, id).length
  return readOnly || id === SnapshotId.top || children === 0
    ? Either.right({ snapshot: id, readOnly })
    : Either.left(new PloopError.SnapshotHasChildren({ ...context(about), id, children }))
}

export const umount = (about: About, generation: Generation, { onlyIdle }: Pick<Request.Umount, "onlyIdle">) =>
  when(onlyIdle && !GenerationTraits.stopsWithoutUnmount[generation], () =>
    unsupported(
      about,
      `generation ${generation} unmounts the file system of a device before it stops the device`,
      texts["umount-idle"]()
    ))

export const covered = (about: About, device: string, covering: ReadonlyArray<string>) =>
  when(covering.length > 0, () =>
    new PloopError.Busy({
      ...context(about, `the mount point of ${device} is covered, and an unmount would take what covers it`),
      holders: [],
      device,
      mounts: [...new Set(covering)]
    }))

export const hidden = (about: About, device: string, mounts: ReadonlyArray<PloopError.HiddenMount>) =>
  when(mounts.length > 0, () =>
    new PloopError.Busy({
      ...context(about, `${device} is mounted in another mount namespace, and would not stop after an unmount here`),
      holders: [],
      device,
      hidden: mounts
    }))

export const resize = (
  about: About,
  { mode }: Pick<Request.Resize, "mode">,
  device: string | undefined
): Either.Either<void, PloopError.NotMounted | PloopError.AlreadyMounted> => {
  switch (mode) {
    case "online":
      return running.idleDisk(about, device)
    case "offline":
      return running.attachedDisk(about, device)
    case "auto":
      return Either.void
  }
}

export const resizeByBalloon = (
  about: About,
  generation: Generation,
  { balloon }: Pick<Request.Resize, "balloon">
) =>
  when(balloon && !GenerationTraits.resizesIdleByBalloon[generation], () =>
    unsupported(
      about,
      `generation ${generation} uses the balloon only for a disk that is mounted already`,
      texts["resize-by-balloon"]()
    ))

export const isCutWhenIdle = (generation: Generation, { images }: DiskDescriptor): boolean =>
  GenerationTraits.cutsIdleRawDisks[generation] && images.length === 1 && images[0]!.type === "Plain"

export const shrinkIdleRaw = (
  about: About,
  generation: Generation,
  request: Pick<Request.Resize, "size">,
  size: ByteSize.ByteSize
) =>
  when(request.size <= size, () =>
    unsupported(
      about,
      `the file system of an idle raw disk cannot be mounted after generation ${generation} has shrunk the disk`,
      texts["resize-raw"]()
    ))

/** The size of the file system in a disk of a size. */
const fileSystemSize = (size: bigint, clusterSize: ClusterSize.ClusterSize): bigint =>
  ClusterSize.roundUp(ByteSize.make(size), clusterSize) - limits.reservedClusters * clusterSize

export const shrinkMounted = (
  about: About,
  generation: Generation,
  request: Pick<Request.Resize, "size">,
  clusterSize: ClusterSize.ClusterSize,
  measured: Pick<MeasuredFileSystem, "available" | "size" | "tables">
): Either.Either<void, PloopError.SizeRefused> => {
  const { size } = measured
  const wanted = fileSystemSize(request.size, clusterSize)
  const least = limits.leastMounted(generation, measured)
  return when(
    // The tool itself refuses a disk of four clusters or less.
    GenerationTraits.shrinksByShare[generation] && wanted > 0n && wanted < size && wanted < least,
    () =>
      new PloopError.SizeRefused({
        ...context(about),
        minimum: ByteSize.make(least + limits.reservedClusters * clusterSize)
      })
  )
}

export const smallestDisk = (
  error: PloopError.SizeRefused,
  clusterSize: ClusterSize.ClusterSize
): PloopError.SizeRefused => {
  const { minimum } = error
  return minimum === undefined ? error : new PloopError.SizeRefused({
    ...error,
    minimum: ByteSize.make(ClusterSize.roundUp(minimum, clusterSize) + limits.reservedClusters * clusterSize)
  })
}

export const shrunk = (
  about: About,
  request: Pick<Request.Resize, "size">,
  before: MeasuredFileSystem,
  after: MeasuredFileSystem
): Either.Either<void, PloopError.SizeRefused> => {
  // A kernel that knows the balloon takes it off the capacity.
  const knowsBalloon = after.balloon !== before.balloon && after.capacity !== before.capacity
  const left = knowsBalloon ? after.capacity : after.capacity - after.balloon
  return when(request.size < before.size && left > request.size, () =>
    new PloopError.SizeRefused({
      ...context(about, `the tool reported success, but files can still have ${ByteSize.format(ByteSize.make(left))}`)
    }))
}
