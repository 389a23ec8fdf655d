import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type * as PloopError from "../../PloopError.js"
import type { About, AttachedImages } from "./model.js"
import { unsupported } from "./refuse.js"

/** Why a driver that knows format version 2 only does not attach these images, or not for writing. */
const reason = (generation: Generation, { isRaw, versions }: AttachedImages, readOnly: boolean): string | undefined => {
  const driver = `the driver of generation ${generation}`
  if (isRaw && versions.length === 1) return `${driver} attaches no raw image`
  if (isRaw && !readOnly) return `${driver} attaches a disk with a raw base image only read-only`
  return versions.includes(1)
    ? `${driver} attaches no image of format version 1: convert the disk to version 2 first`
    : undefined
}

export const attach = (
  about: About,
  generation: Generation,
  images: AttachedImages,
  readOnly: boolean
): Either.Either<void, PloopError.Unsupported> => {
  const found = GenerationTraits.attachesVersion2Only[generation] ? reason(generation, images, readOnly) : undefined
  return found === undefined ? Either.void : Either.left(unsupported(about, found))
}
