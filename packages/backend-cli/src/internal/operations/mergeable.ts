import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import { top } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"
import { chainOf } from "./attachments.js"
import { devicesOfDisk } from "./devices.js"
import { headerOf } from "./observedImages.js"

const observed = (
  session: Session,
  about: About,
  disk: Descriptor,
  node: SnapshotTree.Node
): Effect.Effect<Refusal.MergedImage, PloopError.PermissionDenied> =>
  Effect.gen(function*() {
    const image = disk.image(node.file)
    const header = Option.getOrUndefined(yield* headerOf(session, about, image))
    return {
      image,
      isRawBase: node.parent === undefined && isRaw(disk.descriptor),
      exists: yield* session.host.exists(image),
      clusterSize: header?.clusterSize,
      isDirty: header?.isInUse === true
    }
  })

/**
 * The images whose in-use flag says nothing, because a device runs the disk. A
 * device of a component may have any of them.
 */
const imagesInUse = (session: Session, about: About, path: string, disk: Descriptor) =>
  Effect.map(devicesOfDisk(session, about, path), (devices): ReadonlyArray<string> => {
    const every = SnapshotTree.nodes(disk.tree)
    const nodes = devices.some(({ component }) => component !== undefined)
      ? every
      : devices.length > 0
      ? SnapshotTree.chain(disk.tree, top)
      : []
    return nodes.map(({ file }) => disk.image(file))
  })

/** Refuses to merge images that the device of a component shows, where it could not be unmounted afterwards. */
const requireNotShown = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  nodes: ReadonlyArray<SnapshotTree.Node>
) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!GenerationTraits.marksReadOnlyDevices[generation] || nodes.length === 0) return
    const devices = yield* devicesOfDisk(session, about, path)
    const shown = yield* Effect.forEach(
      devices.filter(({ component }) => component !== undefined),
      ({ device }) =>
        Effect.map(chainOf(session, about, device), (chain) => ({
          device,
          images: Option.isSome(chain) ? chain.value.images : []
        }))
    )
    for (const { file, id } of [...nodes].reverse()) {
      const image = yield* session.host.real(disk.image(file))
      const having = shown.filter(({ images }) => images.includes(image))
      yield* Refusal.shownImages(about, generation, id, having.map(({ device }) => device))
    }
  })

/** Refuses to merge images that a generation would lose. */
const requireImages = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  nodes: ReadonlyArray<SnapshotTree.Node>
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    const images = yield* Effect.forEach(nodes, (node) => observed(session, about, disk, node))
    const inUse = images.some(({ isDirty }) => isDirty) ? yield* imagesInUse(session, about, path, disk) : []
    yield* Refusal.mergeable(
      about,
      generation,
      disk,
      images.map((found) => ({ ...found, isDirty: found.isDirty && !inUse.includes(found.image) }))
    )
  })

/** Refuses the merge of the snapshots that a generation would merge. */
const requireNodes = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  merged: (generation: Generation) => ReadonlyArray<SnapshotTree.Node>
) =>
  Effect.gen(function*() {
    const nodes = merged(yield* session.generation)
    yield* requireNotShown(session, about, path, disk, nodes)
    yield* requireImages(session, about, path, disk, nodes)
  })

const mayHaveTemporaryDevice = (generation: Generation, { tree }: Descriptor): boolean =>
  GenerationTraits.stopsTemporaryDevices[generation] && SnapshotTree.nodes(tree).some(({ temporary }) => temporary)

const withoutTemporaryDevice = (
  about: About,
  generation: Generation,
  { tree }: Descriptor,
  devices: ReadonlyArray<Result.RunningDevice>
) => {
  const temporary = devices.filter(({ component }) => component?.startsWith("~") === true)
  return Refusal.temporaryDevices(about, generation, tree, temporary.map(({ device }) => device))
}

/** Refuses what merges temporary snapshots while somebody may read from the device of one. */
export const requireNoTemporaryDevice = (session: Session, about: About, path: string, disk: Descriptor) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!mayHaveTemporaryDevice(generation, disk)) return
    yield* withoutTemporaryDevice(about, generation, disk, yield* devicesOfDisk(session, about, path))
  })

/**
 * Refuses to merge temporary snapshots on the way where that would stop a device,
 * and to merge the top delta of a read-only device.
 */
const requireDevicesMergeable = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  merged: ReadonlyArray<SnapshotId> = []
) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    const mergesTop = Refusal.mergesTop(generation, disk.tree, merged)
    if (!mergesTop && !mayHaveTemporaryDevice(generation, disk)) return
    const devices = yield* devicesOfDisk(session, about, path)
    yield* withoutTemporaryDevice(about, generation, disk, devices)
    const own = devices.find(({ component }) => component === undefined)?.device
    if (own === undefined || !mergesTop) return
    const isReadOnly = Option.exists(yield* chainOf(session, about, own), ({ readOnly }) => readOnly)
    yield* Refusal.readOnlyMerge(about, generation, disk.tree, merged, isReadOnly ? own : undefined)
  })

/** Refuses what would merge temporary snapshots, or the one that is to be deleted, that cannot be merged. */
export const requireMergeable = (session: Session, about: About, path: string, disk: Descriptor, id?: SnapshotId) =>
  Effect.zipRight(
    requireDevicesMergeable(session, about, path, disk, id === undefined ? [] : [id]),
    requireNodes(session, about, path, disk, (generation) => Refusal.mergedOnTheWay(generation, disk.tree, id))
  )

/**
 * The same for a snapshot that is deleted once the disk was switched to it, which
 * discards the top delta. A snapshot that a device shows stays.
 */
export const requireMergeableBelow = (session: Session, about: About, path: string, disk: Descriptor, id: SnapshotId) =>
  Effect.zipRight(
    requireDevicesMergeable(session, about, path, disk),
    Effect.flatMap(
      session.generation,
      (generation) => requireImages(session, about, path, disk, Refusal.mergedAfterSwitch(generation, disk.tree, id))
    )
  )

/** Refuses to merge images that cannot be merged. */
export const requireMergeableImages = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  ids: ReadonlyArray<SnapshotId>,
  merged: ReadonlyArray<SnapshotId> = []
) =>
  Effect.zipRight(
    requireDevicesMergeable(session, about, path, disk, merged),
    requireNodes(session, about, path, disk, (generation) =>
      GenerationTraits.losesFailedMerges[generation]
        ? SnapshotTree.nodes(disk.tree).filter(({ id }) => ids.includes(id))
        : [])
  )

/** The same for the snapshots of a range, in place. */
export const requireMergeableRange = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  { merged, survivor }: Refusal.MergeRange
) => requireMergeableImages(session, about, path, disk, [survivor, ...merged], merged)
