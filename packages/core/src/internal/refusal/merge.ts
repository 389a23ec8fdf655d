import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import type { About, BareImage, Described, MergeRange } from "./model.js"
import { context, unsupported, when } from "./refuse.js"

type MergeRequest = Pick<Request.MergeSnapshots, "snapshot" | "downTo" | "all">

type Chain = ReadonlyArray<SnapshotTree.Node>

/** How many parents the snapshot takes in. */
const stepsOf = (
  about: About,
  tree: SnapshotTree.SnapshotTree,
  chain: Chain,
  { all, downTo }: MergeRequest
): Either.Either<number, PloopError.SnapshotNotFound | PloopError.SnapshotNotAncestor> => {
  if (downTo === undefined) return Either.right(all === true ? chain.length - 1 : 1)
  const steps = chain.findIndex(({ id }) => id === downTo)
  if (steps > 0) return Either.right(steps)
  return Either.left(
    Option.isNone(SnapshotTree.get(tree, downTo))
      ? new PloopError.SnapshotNotFound({ ...context(about), id: downTo })
      : new PloopError.SnapshotNotAncestor({ ...context(about), id: chain[0]!.id, ancestor: downTo })
  )
}

/** Of the images that are merged into, each may be the parent of the one above it only, and none may be the top delta. */
const sharedAncestor = (about: About, tree: SnapshotTree.SnapshotTree, ancestors: Chain) => {
  const shared = ancestors.find(({ id }) => id === SnapshotId.top || SnapshotTree.children(tree, id).length > 1)
  return shared === undefined ? Either.void : Either.left(
    new PloopError.SnapshotHasChildren({
      ...context(about),
      id: shared.id,
      children: SnapshotTree.children(tree, shared.id).length
    })
  )
}

export const mergeRange = (about: About, tree: SnapshotTree.SnapshotTree, request: MergeRequest) =>
  Either.gen(function*() {
    const id = request.snapshot ?? SnapshotId.top
    const chain = SnapshotTree.chain(tree, id)
    yield* when(chain.length === 0, () => new PloopError.SnapshotNotFound({ ...context(about), id }))
    yield* when(chain.length === 1, () => new PloopError.SnapshotIsBase(context(about)))
    const steps = yield* stepsOf(about, tree, chain, request)
    const merged = chain.slice(1, steps + 1)
    yield* sharedAncestor(about, tree, merged)
    const range: MergeRange = { survivor: id, merged: merged.map((node) => node.id) }
    return range
  })

export const mergeIntoFile = (
  about: About,
  generation: Generation,
  { descriptor, tree }: Described,
  { merged }: MergeRange
) =>
  Either.gen(function*() {
    const limit = GenerationTraits.mergesIntoNewFile[generation]
    yield* when(
      limit === "none",
      () =>
        unsupported(
          about,
          `generation ${generation} loses snapshots when it merges into a new file`,
          texts["merge-in-place"]()
        )
    )
    yield* when(limit === "pair" && merged.length > 1, () =>
      unsupported(
        about,
        `generation ${generation} stops half-way when it merges more than two images into a new file`,
        texts["merge-in-place"]()
      ))
    yield* when(
      descriptor.images.some((image) => image.type === "Plain") && SnapshotTree.base(tree).id === merged.at(-1),
      () => unsupported(about, "ploop cannot merge a raw base image into a new file", texts["merge-in-place"]())
    )
  })

export const bareDeltas = (about: About, generation: Generation) =>
  when(!GenerationTraits.mergesBareDeltas[generation], () =>
    unsupported(
      about,
      `generation ${generation} cannot merge images that are given by their files`,
      texts["merge-by-descriptor"]()
    ))

export const usable = (about: About, { clusterSize, device, exists, image, isDirty }: BareImage) => {
  if (!exists) return Either.left(new PloopError.ImageNotFound({ ...context(about), image }))
  if (device !== undefined) return Either.left(new PloopError.ImageInUse({ ...context(about), device }))
  if (clusterSize === undefined) return Either.left(new PloopError.ImageCorrupt({ ...context(about), image }))
  return isDirty ? Either.left(new PloopError.ImageDirty({ ...context(about), image })) : Either.void
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf("/"))

export const mergeDelta = (about: About, delta: BareImage, image: BareImage) =>
  Either.gen(function*() {
    const refuse = (rule: string) =>
      new PloopError.InvalidArgument({ ...context(about), field: "delta", value: JSON.stringify(delta.image), rule })
    yield* when(delta.real === image.real, () => refuse("must be another file than image"))
    yield* when(
      directoryOf(delta.real) !== directoryOf(image.real),
      () => refuse("must be in the directory of image, which is locked")
    )
    yield* usable(about, image)
    yield* usable(about, delta)
    // The tool compares the upper images only, and would write an index that the lower one does not have.
    yield* when(
      delta.version !== image.version || delta.clusterSize !== image.clusterSize,
      () => refuse("must have the format version and the cluster size of image")
    )
  })
