import * as Either from "effect/Either"
import { recordName } from "../../DiskClone.js"
import * as PloopError from "../../PloopError.js"
import * as PrintableText from "../../PrintableText.js"
import type * as Request from "../../Request.js"
import { texts } from "../remedies.js"
import type { About, RemovableDisk, RemovableImage, Removal } from "./model.js"
import { context, unsupported, when } from "./refuse.js"
import { runningDisk } from "./running.js"

/** The numbers of the file system that an unmount leaves beside the base image. */
export const statistics = ".statfs"

/**
 * Images go first: as long as one is there, the descriptor names it, so that a
 * second removal finds what a killed one has left.
 */
const ownNames = ({ descriptor, images, names }: RemovableDisk): ReadonlyArray<string> => {
  const deltas = images.flatMap(({ name }) => name ?? []).reverse()
  const own = new Set([
    ...deltas,
    statistics,
    recordName,
    `${descriptor}.tmp`,
    `${descriptor}.tmp.tmp`,
    `${descriptor}.lck`,
    descriptor
  ])
  return [...own].filter((name) => names.includes(name))
}

const requireOwn = (about: About, { image, isDirty, isInherited, links, name }: RemovableImage) =>
  Either.gen(function*() {
    if (name === undefined) return
    yield* when(isDirty, () => new PloopError.ImageDirty({ ...context(about), image }))
    yield* when(links > 1 && !isInherited, () => new PloopError.ImageShared({ ...context(about), image }))
  })

export const remove = (
  about: About,
  { keepOthers }: Pick<Request.Remove, "keepOthers">,
  disk: RemovableDisk
): Either.Either<
  Removal,
  | PloopError.ImageInUse
  | PloopError.ImageDirty
  | PloopError.ImageShared
  | PloopError.ConsentRequired
  | PloopError.Unsupported
> =>
  Either.gen(function*() {
    yield* runningDisk(about, disk.device)
    for (const image of disk.images) yield* requireOwn(about, image)
    const own = ownNames(disk)
    const strange = own.find((name) => disk.irregular.includes(name))
    if (strange !== undefined) {
      const instead = texts["not-a-file"]({ name: strange })
      return yield* Either.left(unsupported(about, `${strange} is neither a file nor a symbolic link`, instead))
    }
    const others = disk.names.filter((name) => !own.includes(name)).sort()
    yield* when(others.length > 0 && !keepOthers, () =>
      new PloopError.ConsentRequired({
        ...context(about),
        option: "keepOthers",
        reason: "the directory holds files that the descriptor does not name, and that would stay: " +
          others.map(PrintableText.escape).join(", ")
      }))
    return { own, others }
  })
