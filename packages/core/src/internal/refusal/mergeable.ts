import * as Either from "effect/Either"
import * as ByteSize from "../../ByteSize.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import type { About, Described, MergedImage } from "./model.js"
import { context, unsupported } from "./refuse.js"

/** A snapshot and its only child, which is merged into it. */
const withOnlyChild = (tree: SnapshotTree.SnapshotTree, node: SnapshotTree.Node): ReadonlyArray<SnapshotTree.Node> => {
  const children = SnapshotTree.children(tree, node.id)
  return children.length === 1 ? [node, ...children] : []
}

export const mergedOnTheWay = (
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  id?: SnapshotId.SnapshotId
): ReadonlyArray<SnapshotTree.Node> =>
  GenerationTraits.losesFailedMerges[generation]
    ? [
      ...new Set(
        SnapshotTree.nodes(tree)
          .filter((node) => node.temporary || node.id === id)
          .flatMap((node) => withOnlyChild(tree, node))
      )
    ]
    : []

export const mergedAfterSwitch = (
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): ReadonlyArray<SnapshotTree.Node> =>
  GenerationTraits.losesFailedMerges[generation]
    ? SnapshotTree.nodes(tree).filter((node) =>
      node.id !== SnapshotId.top && (node.id === id || mergedOnTheWay(generation, tree).includes(node))
    )
    : []

const failsReadOnly = (generation: Generation, { parent }: SnapshotTree.Node): boolean =>
  GenerationTraits.failsReadOnlyMerges[generation] === "everywhere" || parent !== undefined

export const mergesTop = (
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  merged: ReadonlyArray<SnapshotId.SnapshotId>
): boolean =>
  SnapshotTree.nodes(tree).some((node) =>
    (merged.includes(node.id) || (node.temporary && GenerationTraits.losesFailedMerges[generation])) &&
    withOnlyChild(tree, node).some(({ id }) => id === SnapshotId.top) &&
    failsReadOnly(generation, node)
  )

export const readOnlyMerge = (
  about: About,
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  merged: ReadonlyArray<SnapshotId.SnapshotId>,
  device: string | undefined
): Either.Either<void, PloopError.Unsupported> => {
  if (device === undefined || !mergesTop(generation, tree, merged)) return Either.void
  const loss = GenerationTraits.losesFailedMerges[generation]
    ? "; the tool would fail half-way, and lose a delta with the next snapshot"
    : ""
  return Either.left(
    unsupported(
      about,
      `${device} is read-only, so its top delta cannot be merged${loss}`,
      texts["merge-read-only"]({ device })
    )
  )
}

type Failure =
  | PloopError.ImageNotFound
  | PloopError.ImageDirty
  | PloopError.ImageCorrupt
  | PloopError.Unsupported

const failureOf = (
  about: About,
  generation: Generation,
  { descriptor }: Pick<Described, "descriptor">,
  found: MergedImage
): Failure | undefined => {
  const { image } = found
  if (found.isRawBase) {
    return GenerationTraits.mergesIntoRawBase[generation]
      ? undefined
      : unsupported(
        about,
        `generation ${generation} fails half-way when it merges into a raw base image`,
        texts["merge-elsewhere"]()
      )
  }
  if (!found.exists) return new PloopError.ImageNotFound({ ...context(about), image })
  if (found.clusterSize === undefined) return new PloopError.ImageCorrupt({ ...context(about), image })
  if (found.clusterSize !== descriptor.clusterSize) {
    const [own, described] = [found.clusterSize, descriptor.clusterSize].map((size) =>
      ByteSize.format(ByteSize.make(size))
    )
    const text = `its clusters have ${own}, and those of the descriptor ${described}`
    return new PloopError.ImageCorrupt({ ...context(about, text), image })
  }
  return found.isDirty ? new PloopError.ImageDirty({ ...context(about), image }) : undefined
}

export const mergeable = (
  about: About,
  generation: Generation,
  disk: Pick<Described, "descriptor">,
  images: ReadonlyArray<MergedImage>
): Either.Either<void, Failure> => {
  if (!GenerationTraits.losesFailedMerges[generation]) return Either.void
  for (const image of images) {
    const failure = failureOf(about, generation, disk, image)
    if (failure !== undefined) return Either.left(failure)
  }
  return Either.void
}
