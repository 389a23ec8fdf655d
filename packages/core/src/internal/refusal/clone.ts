import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as ImageExamination from "../../ImageExamination.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import type { About, ClonedImage, CloneTarget } from "./model.js"
import { emptyImage } from "./paths.js"
import { context, unsupported, when } from "./refuse.js"

/** The maximum number of images in a chain. */
const longestChain = 127

/** Whether a full clone gets a new top delta. */
const hasOwnTop = (id: SnapshotId.SnapshotId, flatten: boolean): boolean => id !== SnapshotId.top && !flatten

export const cloneChain = (
  about: About,
  tree: SnapshotTree.SnapshotTree,
  { flatten, mode, snapshot: id }: Pick<Request.Clone, "snapshot" | "mode" | "flatten">
) =>
  Either.gen(function*() {
    const chain = [...SnapshotTree.chain(tree, id)].reverse()
    yield* when(chain.length === 0, () => new PloopError.SnapshotNotFound({ ...context(about), id }))
    const temporary = chain.find((node) => node.temporary)
    if (temporary !== undefined) {
      return yield* Either.left(new PloopError.SnapshotIsTemporary({ ...context(about), id: temporary.id }))
    }
    // The clone has its own top delta besides, unless the last image is that.
    yield* when(
      chain.length >= longestChain && (mode === "linked" || hasOwnTop(id, flatten)),
      () => new PloopError.SnapshotLimitReached({ ...context(about), limit: longestChain - 1 })
    )
    return chain
  })

export const readable = (about: About, found: ClonedImage) =>
  Either.gen(function*() {
    const { image } = found
    yield* when(!found.exists, () => new PloopError.ImageNotFound({ ...context(about), image }))
    if (found.length !== undefined) yield* emptyImage(about, image, found.isRawBase ? found.length : found.size ?? 0n)
    if (found.isRawBase) return
    const isCut = found.length !== undefined && found.length < ImageExamination.firstRead
    yield* when(found.size === undefined || isCut, () => new PloopError.ImageCorrupt({ ...context(about), image }))
    if (found.isDirty) {
      return yield* Either.left(
        found.device === undefined
          ? new PloopError.ImageDirty({ ...context(about), image })
          : new PloopError.ImageInUse({ ...context(about), device: found.device })
      )
    }
  })

const shareable = (about: About, generation: Generation, directory: string, target: CloneTarget) =>
  Either.gen(function*() {
    yield* when(
      GenerationTraits.convertsWhenMounted[generation] && target.images.some(({ version }) => version === 1),
      () =>
        unsupported(
          about,
          `generation ${generation} converts images of format version 1 in place when it mounts a disk, ` +
            "and with them the disk that shares them",
          texts["clone-version-1"]()
        )
    )
    yield* when(!target.isOnFileSystem, () =>
      unsupported(
        about,
        `${directory} is not on the file system of the images, and a hard link cannot lead to another one`,
        texts["clone-here"]()
      ))
  })

export const clone = (
  about: About,
  generation: Generation,
  { directory, mode, snapshot }: Pick<Request.Clone, "directory" | "mode" | "snapshot">,
  target: CloneTarget
) =>
  Either.gen(function*() {
    yield* when(target.isOfDisk, () =>
      new PloopError.InvalidArgument({
        ...context(about),
        field: "directory",
        value: directory,
        rule: "must not be the directory of the disk: one directory holds one disk"
      }))
    const device = target.images[0]?.device
    yield* when(
      snapshot === SnapshotId.top && device !== undefined,
      () => new PloopError.ImageInUse({ ...context(about), device })
    )
    for (const image of target.images) yield* readable(about, image)
    if (mode === "linked") yield* shareable(about, generation, directory, target)
  })
