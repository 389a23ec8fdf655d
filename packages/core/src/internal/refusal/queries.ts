import * as Either from "effect/Either"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import * as PrintableText from "../../PrintableText.js"
import type * as Request from "../../Request.js"
import type * as Result from "../../Result.js"
import { texts } from "../remedies.js"
import type { About, ObservedFileSystem } from "./model.js"
import { context, inOrder, unsupported, when } from "./refuse.js"

export const fileSystemInfo = (
  about: About,
  { mayMount }: Pick<Request.FileSystemInfo, "mayMount">,
  { isCached, isRunning }: ObservedFileSystem
): Either.Either<Result.FileSystemInfo["source"], PloopError.ConsentRequired> => {
  if (isCached) return Either.right("cached")
  if (isRunning) return Either.right("mounted")
  return mayMount ? Either.right("temporary-mount") : Either.left(
    new PloopError.ConsentRequired({
      ...context(about),
      option: "mayMount",
      reason: "the disk is not mounted, and the tool would mount it read-write to read the numbers"
    })
  )
}

export const unmountedFileSystem = (about: About): PloopError.NotMounted =>
  new PloopError.NotMounted(context(about, "the device runs, but no file system of it is mounted"))

export const balloonMaintenance = (about: About, generation: Generation) =>
  when(
    !GenerationTraits.hasMaintenance[generation],
    () => unsupported(about, `generation ${generation} has no maintenance of the balloon`, texts["no-maintenance"]())
  )

export const discard = (
  about: About,
  generation: Generation,
  { defragOnly, defragThreshold, minBlock, toFree }: Partial<
    Pick<Request.Discard, "defragOnly" | "defragThreshold" | "minBlock" | "toFree">
  >
) => {
  const withoutOptions = (reason: string) => unsupported(about, reason, texts["defrag-without-options"]())
  return inOrder(
    () =>
      when(
        !GenerationTraits.limitsDiscards[generation] && (minBlock !== undefined || toFree !== undefined),
        () =>
          unsupported(
            about,
            `generation ${generation} ignores minBlock and toFree, and discards all that is unused`,
            texts["discard-without-limits"]()
          )
      ),
    () =>
      when(
        !GenerationTraits.defragsOnly[generation] && defragOnly === true,
        () => withoutOptions(`generation ${generation} cannot defragment without a discard`)
      ),
    () =>
      when(
        GenerationTraits.defragsByThreshold[generation] === "never" && defragThreshold !== undefined,
        () => withoutOptions(`generation ${generation} has no threshold of defragmentation`)
      )
  )
}

/** What a shell takes as it is; braces only around an identifier, because it may expand others. */
const plain = /^(?:[\w/.+@%:=-]|\{[\da-f-]+\})*$/i

export const defragPaths = (about: About, generation: Generation, paths: ReadonlyArray<string>) => {
  const found = GenerationTraits.defragsThroughShell[generation] ? paths.find((path) => !plain.test(path)) : undefined
  return found === undefined ? Either.void : Either.left(unsupported(
    about,
    `generation ${generation} hands the path of an image to a shell when it defragments, and a shell would read ` +
      `${PrintableText.escape(found)} as something else`,
    texts["discard-without-defrag"]()
  ))
}

export const defragDevice = (
  about: About,
  generation: Generation,
  { defragOnly, defragThreshold }: Pick<Request.Discard, "defragOnly" | "defragThreshold">,
  io: string | undefined
) => {
  if (GenerationTraits.defragsByThreshold[generation] !== "kaio") return Either.void
  const withoutOptions = (reason: string) => Either.left(unsupported(about, reason, texts["defrag-without-options"]()))
  if (defragOnly && io === "kaio") {
    return withoutOptions(`generation ${generation} discards as well where a device uses kaio`)
  }
  return defragThreshold !== undefined && io !== "kaio"
    ? withoutOptions(`generation ${generation} uses defragThreshold only where a device is seen to use kaio`)
    : Either.void
}

export const copy = (about: About, generation: Generation) =>
  when(GenerationTraits.copiesInDialogue[generation], () =>
    unsupported(
      about,
      `generation ${generation} copies over a two-way socket only, which a stream of bytes cannot carry`,
      texts["copy-in-dialogue"]()
    ))

export const copyTo = (
  about: About,
  generation: Generation,
  { freezeCommand }: Pick<Request.CopySend, "freezeCommand">,
  images: number
) =>
  Either.andThen(
    when(
      GenerationTraits.copiesInDialogue[generation] && freezeCommand !== undefined,
      () =>
        unsupported(
          about,
          `generation ${generation} holds the device by itself, and runs no command for it`,
          texts["copy-without-command"]()
        )
    ),
    when(
      GenerationTraits.copiesZerosAsHoles[generation] && images > 1,
      () =>
        unsupported(
          about,
          `generation ${generation} leaves zeros out of a copy, so that the data of the snapshots below would show through`,
          texts["copy-above-images"]()
        )
    )
  )

export const nextDevice = (about: About, generation: Generation) =>
  when(
    GenerationTraits.namesDevicesAtRandom[generation],
    () =>
      unsupported(
        about,
        `generation ${generation} chooses a device name at random when it needs one`,
        texts["next-device"]()
      )
  )
