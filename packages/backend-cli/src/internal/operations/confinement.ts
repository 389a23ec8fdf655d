import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import type { MergeRange } from "@effect-ploop/core/Refusal"
import * as Remedy from "@effect-ploop/core/Remedy"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"

/** Images of a disk, by the files that its descriptor names. */
export type Files = (disk: Descriptor) => ReadonlyArray<string>

/** A snapshot, and its only child, which is merged into it when it is deleted. */
const withOnlyChild = (tree: SnapshotTree.SnapshotTree, id: SnapshotId): ReadonlyArray<string> => {
  const children = SnapshotTree.children(tree, id)
  return [...Option.toArray(SnapshotTree.get(tree, id)), ...(children.length === 1 ? children : [])]
    .map(({ file }) => file)
}

/** What the tool merges on the way to something else. */
export const temporary: Files = ({ tree }) =>
  SnapshotTree.nodes(tree).filter((node) => node.temporary).flatMap((node) => withOnlyChild(tree, node.id))

export const deleted = (id: SnapshotId): Files => ({ tree }) => withOnlyChild(tree, id)

/** What a switch removes. */
export const top: Files = ({ tree }) => [SnapshotTree.top(tree).file]

/** Where a snapshot makes its new image: beside the first one of the descriptor. */
export const first: Files = ({ descriptor }) => descriptor.images.slice(0, 1).map(({ file }) => file)

export const image = (id: SnapshotId): Files => ({ tree }) =>
  Option.toArray(SnapshotTree.get(tree, id)).map(({ file }) => file)

/** What a merge writes to and removes. */
export const merged = ({ merged, survivor }: MergeRange): Files => (disk) =>
  [survivor, ...merged].flatMap((id) => image(id)(disk))

export const all: Files = ({ descriptor }) => descriptor.images.map(({ file }) => file)

/** What the tool would write to or remove, but lies outside the directory of the descriptor. */
const outside = (session: Session, path: string, disk: Descriptor, files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const home = session.host.directory(yield* session.host.real(path))
    for (const file of files) {
      const real = yield* session.host.real(disk.image(file))
      if (session.host.below(home, real) === real) return real
    }
    return undefined
  })

/**
 * Refuses to write to or remove a file that is outside the directory of the
 * descriptor, also by way of a link: anybody who may write a descriptor could have any
 * file of the host removed by a service that runs as root.
 */
export const requireInside = (
  session: Session,
  about: About,
  path: string,
  disk: Descriptor,
  ...files: ReadonlyArray<Files>
): Effect.Effect<void, PloopError.Unsupported> =>
  session.allowsOutsideImages ? Effect.void : Effect.flatMap(
    outside(session, path, disk, files.flatMap((choose) => choose(disk))),
    (found) =>
      found === undefined
        ? Effect.void
        : refuse(about, `the image ${PrintableText.escape(found)}`, "the directory of the disk")
  )

/** Refuses to change a file that is elsewhere than where the backend changes files. */
export const refuse = (
  about: About,
  what: string,
  where: string
): Effect.Effect<never, PloopError.Unsupported> =>
  Effect.fail(
    new PloopError.Unsupported({
      ...context(about),
      reason: `${what} is outside ${where}, ` +
        "where the backend changes no file unless its option allowOutsideImages says so",
      instead: Remedy.texts["image-outside"]()
    })
  )

/**
 * The same for an operation that leaves a descriptor which is not there, or which
 * this process may not read, to the tool.
 */
export const requireInsideIfRead = (
  session: Session,
  about: About,
  path: string,
  ...files: ReadonlyArray<Files>
): Effect.Effect<void, PloopError.Unsupported> =>
  Effect.flatMap(
    Effect.option(session.host.descriptor(about, path)),
    Option.match({
      onNone: () => Effect.void,
      onSome: (disk) => requireInside(session, about, path, disk, ...files)
    })
  )
