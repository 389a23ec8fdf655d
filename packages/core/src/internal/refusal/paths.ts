import { descriptorName as fixedName } from "../../Disk.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import * as PloopError from "../../PloopError.js"
import type { About } from "./model.js"
import { context, unsupported, when } from "./refuse.js"

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

export const descriptorName = (about: About, generation: Generation, path: string) =>
  when(
    GenerationTraits.requiresDescriptorName[generation] && nameOf(path) !== fixedName,
    () => unsupported(about, `generation ${generation} recognizes a descriptor only by the name ${fixedName}`)
  )

export const existingFile = (about: About, path: string, exists: boolean) =>
  when(exists, () => new PloopError.AlreadyExists({ ...context(about), path }))

export const missingDirectory = (about: About, directory: string, isThere: boolean) =>
  when(!isThere, () => new PloopError.DirectoryNotFound({ ...context(about), directory }))

export const missingImage = (about: About, image: string, exists: boolean) =>
  when(!exists, () => new PloopError.ImageNotFound({ ...context(about), image }))

export const missingDevice = (about: About, exists: boolean) =>
  when(!exists, () => new PloopError.DeviceNotFound(context(about)))

export const missingMountPoint = (about: About, target: string, isDirectory: boolean) =>
  when(!isDirectory, () => new PloopError.MountPointInvalid({ ...context(about), target }))
