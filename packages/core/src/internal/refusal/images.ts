import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ByteSize from "../../ByteSize.js"
import * as FormatVersion from "../../FormatVersion.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import { texts } from "../remedies.js"
import { attach } from "./attach.js"
import type { About, Described } from "./model.js"
import { context, inOrder, unsupported, when } from "./refuse.js"

const ext3 = (about: About, generation: Generation, { fileSystem }: Pick<Request.Create, "fileSystem">) =>
  when(
    GenerationTraits.makesXfsForExt3[generation] && fileSystem === "ext3",
    () => unsupported(about, `generation ${generation} makes XFS when it is asked for ext3`, texts["create-ext4"]())
  )

const xfs = (about: About, generation: Generation, { fileSystem }: Pick<Request.Create, "fileSystem">) =>
  when(
    fileSystem === "xfs" && !GenerationTraits.makesXfs[generation],
    () => unsupported(about, `generation ${generation} makes no XFS, which generation 9 does`, texts["create-ext"]())
  )

const largerThanVersion = (
  about: About,
  { size }: Pick<Request.Create, "size">,
  version: FormatVersion.FormatVersion
) => {
  const maximum = FormatVersion.maximumSize(version)
  return when(size > maximum, () =>
    new PloopError.InvalidArgument({
      ...context(about),
      field: "size",
      value: ByteSize.toText(size),
      rule: `must not be larger than ${ByteSize.format(maximum)}, the limit of format version ${version} ` +
        "(which is what this host has by default)"
    }))
}

/** The tool attaches a new image to make a file system in it. */
const attached = (
  about: About,
  generation: Generation,
  { fileSystem, format }: Pick<Request.Create, "fileSystem" | "format">,
  version: FormatVersion.FormatVersion
) =>
  fileSystem === "none"
    ? Either.void
    : attach(about, generation, { isRaw: format === "raw", versions: [version] })

/** A backend makes the other shapes itself where the tool does not: they are those of file systems. */
const shaped = (about: About, generation: Generation, { sparse }: Pick<Request.Create, "sparse">) =>
  when(
    sparse && !GenerationTraits.shapesNewDisks[generation],
    () =>
      unsupported(
        about,
        `generation ${generation} has no option for sparse, which generations 7 and 9 have`,
        texts["create-without"]({ option: "sparse" })
      )
  )

export const create = (
  about: About,
  generation: Generation,
  request: Pick<Request.Create, "size" | "fileSystem" | "format" | "sparse">,
  version: FormatVersion.FormatVersion
) =>
  inOrder<PloopError.InvalidArgument | PloopError.Unsupported>(
    () => shaped(about, generation, request),
    () => ext3(about, generation, request),
    () => xfs(about, generation, request),
    () => attached(about, generation, request, version),
    () => largerThanVersion(about, request, version)
  )

const checkSwitches = [
  "force",
  "hardForce",
  "duplicates",
  "readOnly",
  "silent",
  "dropInUse",
  "repairSparse"
] as const

export const check = (
  about: About,
  generation: Generation,
  request: Pick<Request.Check, "disk" | (typeof checkSwitches)[number]>
) => {
  const given = checkSwitches.find((name) => request[name])
  return Either.gen(function*() {
    yield* when(
      GenerationTraits.ignoresCheckSwitches[generation] && request.disk !== undefined && given !== undefined,
      () =>
        unsupported(
          about,
          `generation ${generation} ignores ${given} when it checks a disk`,
          texts["check-images"]()
        )
    )
    yield* when(
      GenerationTraits.clearsInUseFlagReadOnly[generation] && request.readOnly && request.dropInUse,
      () =>
        unsupported(
          about,
          `generation ${generation} changes the image when readOnly and dropInUse are given together`,
          texts["check-one-switch"]()
        )
    )
  })
}

export const replace = (
  about: About,
  generation: Generation,
  request: Pick<Request.Replace, "level" | "keepName">,
  device: string | undefined
) =>
  Either.gen(function*() {
    const isIdle = device === undefined
    yield* when(
      isIdle && GenerationTraits.replacesRunningDisksOnly[generation],
      () =>
        unsupported(
          about,
          `generation ${generation} cannot replace an image of a disk that is not mounted`,
          texts["replace-running"]()
        )
    )
    yield* when(isIdle && request.level !== undefined, () =>
      new PloopError.NotMounted(
        context(about, "a level can be given only while the disk is mounted; name the snapshot or the file instead")
      ))
    yield* when(!isIdle && request.keepName, () =>
      new PloopError.ImageInUse({
        ...context(
          about,
          "the tool cannot keep the name while the disk is mounted: it undoes its work and reports success"
        ),
        device
      }))
  })

export const replacement = (about: About, given: string, isOther: boolean) =>
  when(isOther, () =>
    new PloopError.InvalidArgument({
      ...context(about),
      field: "with",
      value: JSON.stringify(given),
      rule: "must not be another image of the disk: two snapshots would have one file"
    }))

export const replacedLevel = (
  about: About,
  generation: Generation,
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
): Either.Either<number | undefined, PloopError.NotMounted> => {
  if (GenerationTraits.findsLevels[generation] || Option.isNone(SnapshotTree.get(tree, id))) {
    return Either.right(undefined)
  }
  const level = [...SnapshotTree.chain(tree, SnapshotId.top)].reverse().findIndex((node) => node.id === id)
  return level < 0
    ? Either.left(new PloopError.NotMounted(context(about, "the device of the disk does not have this image")))
    : Either.right(level)
}

export const convert = (
  about: About,
  { descriptor }: Pick<Described, "descriptor">,
  { version }: Pick<Request.Convert, "version">
) =>
  when(
    version !== undefined && descriptor.images.some(({ type }) => type === "Plain"),
    () => unsupported(about, "a raw image has no format version", texts["raw-version"]())
  )

export const grow = (
  about: About,
  { size }: Pick<Request.Grow, "size">,
  version: FormatVersion.FormatVersion | undefined
) =>
  when(
    version === 1 && size > FormatVersion.maximumSize(version),
    () => new PloopError.SizeRefused(context(about, "an image of format version 1 must be smaller than 2 TiB"))
  )

export const growRunning = (about: About, { size }: Pick<Request.Grow, "size">, clusterSize: bigint) =>
  when(
    size % clusterSize !== 0n,
    () => new PloopError.SizeRefused(context(about, `the size must be a multiple of the cluster, ${clusterSize} bytes`))
  )
