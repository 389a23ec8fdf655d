import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type * as PloopError from "../../PloopError.js"
import type { Text } from "../remedies.js"
import { texts } from "../remedies.js"
import type { About, AttachedImages } from "./model.js"
import { unsupported } from "./refuse.js"

/**
 * Why a driver that knows format version 2 only does not attach these images. It would attach what lies above a raw
 * image read-only, but the tool gives the device a wrong size, and crashes when it unmounts it.
 */
const reasonOf = (
  generation: Generation,
  { isRaw, versions }: AttachedImages
): readonly [reason: string, instead: Text] | undefined => {
  const driver = `the driver of generation ${generation}`
  if (isRaw) return [`generation ${generation} attaches no disk with a raw base image`, texts["attach-raw"]()]
  return versions.includes(1)
    ? [`${driver} attaches no image of format version 1`, texts["attach-version-1"]()]
    : undefined
}

export const attach = (
  about: About,
  generation: Generation,
  images: AttachedImages
): Either.Either<void, PloopError.Unsupported> => {
  const found = GenerationTraits.attachesVersion2Only[generation] ? reasonOf(generation, images) : undefined
  if (found === undefined) return Either.void
  const [reason, instead] = found
  return Either.left(unsupported(about, reason, about.operation === "create" ? texts["create-attachable"]() : instead))
}
