import * as Either from "effect/Either"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import type { About, SharedImage } from "./model.js"
import { context } from "./refuse.js"

type CheckSwitches = Pick<Request.Check, "dropInUse" | "force" | "hardForce" | "readOnly" | "repairSparse">

export const writtenOnTheWay = (tree: SnapshotTree.SnapshotTree): ReadonlyArray<string> =>
  SnapshotTree.nodes(tree)
    .filter(({ id, temporary }) => temporary && SnapshotTree.children(tree, id).length === 1)
    .map(({ file }) => file)

/** The image that becomes the top delta, or the one that the only child is merged into, now or later. */
const writtenByDeletion = (tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId): ReadonlyArray<string> => {
  const below = SnapshotTree.chain(tree, id)[id === SnapshotId.top ? 1 : 0]
  const isWritten = id === SnapshotId.top || SnapshotTree.children(tree, id).length > 0
  return below !== undefined && isWritten ? [below.file] : []
}

export const writtenWhenDeleted = (
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): ReadonlyArray<string> => [...writtenByDeletion(tree, id), ...writtenOnTheWay(tree)]

export const repairs = ({ dropInUse, force, hardForce, readOnly, repairSparse }: CheckSwitches): boolean =>
  !readOnly && (dropInUse || force || hardForce || repairSparse)

export const writtenWhenChecked = (
  tree: SnapshotTree.SnapshotTree,
  request: CheckSwitches & Pick<Request.Check, "snapshot">
): ReadonlyArray<string> =>
  repairs(request) ? SnapshotTree.chain(tree, request.snapshot ?? SnapshotId.top).map(({ file }) => file) : []

export const unshared = (
  about: About,
  images: ReadonlyArray<SharedImage>
): Either.Either<void, PloopError.ImageShared> => {
  const found = images.find(({ links }) => links > 1)
  return found === undefined
    ? Either.void
    : Either.left(new PloopError.ImageShared({ ...context(about), image: found.image }))
}
