import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Snapshot } from "../../DiskDescriptor.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import type { About, Described } from "./model.js"
import { context, unsupported, when } from "./refuse.js"

const sharedTemporary = (tree: SnapshotTree.SnapshotTree): Option.Option<SnapshotTree.Node> =>
  Option.fromNullable(
    SnapshotTree.nodes(tree).find((node) => node.temporary && SnapshotTree.children(tree, node.id).length > 1)
  )

export const createSnapshot = (
  about: About,
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  device: string | undefined
): Either.Either<void, PloopError.Unsupported> =>
  GenerationTraits.stopsAtSharedTemporary[generation] && device === undefined
    ? Option.match(sharedTemporary(tree), {
      onNone: () => Either.void,
      onSome: ({ id }) =>
        Either.left(unsupported(
          about,
          `generation ${generation} takes no snapshot of an idle disk while a temporary snapshot has several children: ${id}`,
          texts["shared-temporary"]()
        ))
    })
    : Either.void

/** A raw image has no place for the changes until then, and the tool fails when it has made the new delta. */
const isRawTop = ({ descriptor, tree }: Described): boolean =>
  descriptor.images.some(({ id, type }) =>
    type === "Plain" && id === SnapshotId.top && SnapshotTree.base(tree).id === id
  )

export const trackChanges = (
  about: About,
  generation: Generation,
  request: Pick<Request.CreateSnapshot, "track">,
  disk: Described
): Either.Either<void, PloopError.Unsupported> => {
  if (!request.track) return Either.void
  const instead = texts["create-without"]({ option: "track" })
  return !GenerationTraits.tracksChanges[generation]
    ? Either.left(
      unsupported(about, `generation ${generation} tracks no changes, which generations 7 and 9 do`, instead)
    )
    : when(isRawTop(disk), () => unsupported(about, "a raw image has no place for the tracked changes", instead))
}

export const dropTracking = (about: About, generation: Generation): Either.Either<void, PloopError.Unsupported> =>
  when(!GenerationTraits.tracksChanges[generation], () =>
    unsupported(
      about,
      `generation ${generation} tracks no changes, which generations 7 and 9 do`,
      texts["nothing-tracked"]()
    ))

export const switchTo = (about: About, tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId) =>
  Either.gen(function*() {
    const refused = { ...context(about), id }
    const node = yield* Either.fromOption(SnapshotTree.get(tree, id), () => new PloopError.SnapshotNotFound(refused))
    yield* when(id === SnapshotId.top, () => new PloopError.SnapshotIsCurrent(refused))
    yield* when(node.temporary, () => new PloopError.SnapshotIsTemporary(refused))
  })

export const switchAndDelete = (about: About, tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId) => {
  const children = SnapshotTree.children(tree, id).filter((node) => node.id !== SnapshotId.top).length
  return when(children > 0, () => new PloopError.SnapshotHasChildren({ ...context(about), id, children }))
}

/**
 * When the tool deletes the top delta, it gives the parent the name of the top.
 * It does so in the entries that stand before the top delta, and forgets those behind it.
 */
const losesParent = (snapshots: ReadonlyArray<Snapshot>): boolean => {
  const index = snapshots.findIndex(({ id }) => id === SnapshotId.top)
  const renamed = snapshots[index]?.parent
  return snapshots.slice(index + 1).some(({ id, parent }) => id === renamed || parent === renamed)
}

export const deleteSnapshot = (
  about: About,
  { descriptor, tree }: Described,
  id: SnapshotId.SnapshotId
): Either.Either<void, PloopError.SnapshotHasChildren | PloopError.Unsupported> => {
  if (id !== SnapshotId.top) return Either.void
  const children = SnapshotTree.children(tree, id).length
  return children > 0
    ? Either.left(new PloopError.SnapshotHasChildren({ ...context(about), id, children }))
    : when(losesParent(descriptor.snapshots), () =>
      unsupported(
        about,
        "ploop loses the parent of other snapshots when it deletes this top delta",
        texts["delete-top-by-switch"]()
      ))
}
