import * as Either from "effect/Either"
import * as ByteSize from "../../ByteSize.js"
import { descriptorName as fixedName } from "../../Disk.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import { texts } from "../remedies.js"
import type { About } from "./model.js"
import { context, unsupported, when } from "./refuse.js"

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

export const descriptorName = (about: About, generation: Generation, path: string) =>
  when(
    GenerationTraits.requiresDescriptorName[generation] && nameOf(path) !== fixedName,
    () =>
      unsupported(
        about,
        `generation ${generation} recognizes a descriptor only by the name ${fixedName}`,
        texts["descriptor-name"]()
      )
  )

export const existingFile = (about: About, path: string, exists: boolean) =>
  when(exists, () => new PloopError.AlreadyExists({ ...context(about), path }))

export const missingDirectory = (about: About, directory: string, isThere: boolean) =>
  when(!isThere, () => new PloopError.DirectoryNotFound({ ...context(about), directory }))

const suffix = /\.\{[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\}$/i

export const orphanedDeltas = (about: About, image: string, beside: ReadonlyArray<string>) => {
  const own = nameOf(image)
  const base = own.replace(suffix, "")
  const others = beside.filter((name) => name !== own && name.replace(suffix, "") === base)
  return others.length === 0 ? Either.void : Either.left(
    unsupported(
      about,
      `other images of the disk are beside ${own} (${others.join(", ")}): a descriptor of one image would lose ` +
        "what is in them, and a write to the disk would make them useless",
      texts["orphaned-deltas"]()
    )
  )
}

export const missingImage = (about: About, image: string, exists: boolean) =>
  when(!exists, () => new PloopError.ImageNotFound({ ...context(about), image }))

export const emptyImage = (about: About, image: string, size: bigint) =>
  when(size < ByteSize.sectorSize, () => new PloopError.ImageCorrupt({ ...context(about), image }))

export const missingDevice = (about: About, exists: boolean) =>
  when(!exists, () => new PloopError.DeviceNotFound(context(about)))

export const missingMountPoint = (about: About, target: string, isDirectory: boolean) =>
  when(!isDirectory, () => new PloopError.MountPointInvalid({ ...context(about), target }))
