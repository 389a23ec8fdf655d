import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import { texts } from "../remedies.js"
import type { About, Described } from "./model.js"
import { inOrder, unsupported, when } from "./refuse.js"

export const encrypt = (
  about: About,
  generation: Generation,
  { descriptor, tree }: Described,
  { copy, keyId }: Pick<Request.Encrypt, "keyId" | "copy">
): Either.Either<boolean, PloopError.Unsupported> => {
  const isDone = descriptor.keyId === keyId && !(copy && keyId !== undefined)
  const snapshots = tree.nodes.length - 1
  return Either.map(
    inOrder<PloopError.Unsupported>(
      () =>
        when(!GenerationTraits.encrypts[generation], () =>
          unsupported(
            about,
            `generation ${generation} knows no encryption, which generations 7 and 9 do`,
            texts["encrypt-elsewhere"]()
          )),
      () =>
        when(!isDone && snapshots > 0, () =>
          unsupported(
            about,
            `the disk has ${snapshots} snapshots: ploop would put the new image in the place of one of them and lose the ` +
              "others, or leave them with the old key",
            texts["encrypt-snapshots"]()
          )),
      () =>
        when(!isDone && descriptor.images.some(({ type }) => type === "Plain"), () =>
          unsupported(
            about,
            "the image is raw, and ploop would make an expanded one of it",
            texts["encrypt-raw"]()
          ))
    ),
    () => !isDone
  )
}

export const encryptionFiles = (image: string, { wipe }: Pick<Request.Encrypt, "wipe">): ReadonlyArray<string> => [
  `${image.slice(0, image.lastIndexOf("/") + 1)}enc`,
  ...(wipe ? [`${image}.orig`] : [])
]
