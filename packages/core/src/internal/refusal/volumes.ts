import * as Either from "effect/Either"
import { descriptorName } from "../../Disk.js"
import type { Volume } from "../../DiskDescriptor.js"
import { linksName, longestChain } from "../../DiskVolume.js"
import type { Generation } from "../../Generation.js"
import * as GenerationTraits from "../../GenerationTraits.js"
import type { Name } from "../../Operation.js"
import { table } from "../../Operation.js"
import * as PloopError from "../../PloopError.js"
import * as PrintableText from "../../PrintableText.js"
import { texts } from "../remedies.js"
import { isJudged } from "./descriptors.js"
import { usable } from "./merge.js"
import type { About, DeletedVolume, FoundVolume } from "./model.js"
import { context, unsupported, when } from "./refuse.js"
import { statistics } from "./removal.js"
import { runningDisk } from "./running.js"

/** The operations on disks that leave the images of snapshots and their identifiers as they are. */
const harmless: ReadonlySet<Name> = new Set<Name>([
  "exportImage",
  "clone",
  "snapshotVolume",
  "cloneVolume",
  "check",
  "mount",
  "umount",
  "fileSystemInfo",
  "sizeLimits"
])

/** Those that change the top delta only, which is that of no other volume unless this one is read-only. */
const ofTop: ReadonlySet<Name> = new Set<Name>([
  "resize",
  "grow",
  "dropTracking",
  "createSnapshot",
  "createTemporarySnapshot",
  "switchSnapshot",
  "snapshotAndSwitch"
])

export const harmsVolumes = (name: Name): boolean =>
  table[name].kind !== "query" && !harmless.has(name) &&
  (ofTop.has(name) || name === "remove" || isJudged(name))

export const withoutChildren = (about: About, volume: Volume | undefined, children: ReadonlyArray<string>) =>
  when(
    volume !== undefined && children.length > 0 && harmsVolumes(about.operation) &&
      (volume.readOnly || !ofTop.has(about.operation)),
    () => new PloopError.VolumeHasChildren({ ...context(about), children })
  )

export const volumes = (about: About, generation: Generation) =>
  when(!GenerationTraits.hasVolumes[generation], () =>
    unsupported(
      about,
      `generation ${generation} has no ploop-volume, which generations 7 and 9 have`,
      texts["volumes-elsewhere"]()
    ))

const invalid = (about: About, field: string, { directory }: Pick<FoundVolume, "directory">, rule: string) =>
  new PloopError.InvalidArgument({ ...context(about), field, value: JSON.stringify(directory), rule })

type Described = Pick<FoundVolume, "directory" | "volume">

const isVolume = (about: About, field: string, found: Described) =>
  when(
    found.volume === undefined,
    () => invalid(about, field, found, "must be a volume: its descriptor has no element Volume")
  )

export const volume = (about: About, found: Described) => isVolume(about, "volume", found)

const writable = (about: About, found: Described) =>
  when(found.volume?.readOnly === true, () => invalid(about, "volume", found, "must not be a snapshot"))

/** Refuses to make a chain of volumes one longer that is as long as the tool reads. */
const extensible = (about: About, field: string, found: FoundVolume) =>
  when(
    found.ancestors + 2 > longestChain,
    () =>
      invalid(about, field, found, `must have fewer than ${longestChain - 1} ancestors: ploop reads no longer chain`)
  )

export const snapshotVolume = (about: About, found: FoundVolume) =>
  Either.gen(function*() {
    yield* volume(about, found)
    yield* writable(about, found)
    yield* extensible(about, "volume", found)
    yield* runningDisk(about, found.device)
  })

export const cloneVolume = (about: About, found: FoundVolume) =>
  Either.gen(function*() {
    yield* volume(about, found)
    yield* extensible(about, "volume", found)
    if (found.volume?.readOnly !== true) return yield* runningDisk(about, found.device)
    // The tool takes the snapshot that this one begins with for the one that it is.
    yield* when(found.volume.parent !== undefined, () =>
      unsupported(
        about,
        "the snapshot has a parent, and ploop would begin the clone with the state of that one",
        texts["volume-clone"]()
      ))
  })

const childless = (about: About, { children }: FoundVolume, most: number) =>
  when(children.length > most, () => new PloopError.VolumeHasChildren({ ...context(about), children }))

export const switchVolume = (about: About, found: FoundVolume, to: FoundVolume) =>
  Either.gen(function*() {
    yield* volume(about, found)
    yield* writable(about, found)
    yield* isVolume(about, "to", to)
    // The state of another volume would come without what was written to it since its own snapshot.
    yield* when(to.volume?.readOnly !== true, () => invalid(about, "to", to, "must be a snapshot"))
    yield* extensible(about, "to", to)
    yield* runningDisk(about, found.device)
    yield* childless(about, found, 0)
    // The tool would put the new delta where the images of the other chain are.
    yield* when(found.volume?.parent !== undefined && found.lowest !== to.lowest, () =>
      unsupported(about, "the two have no ancestor in common", texts["volume-switch"]()))
    yield* when(found.images.length > 1, () =>
      unsupported(
        about,
        "the volume has snapshots of its own, whose images no descriptor would name afterwards",
        texts["volume-switch"]()
      ))
  })

const isBelow = (directory: string, path: string): boolean => path.startsWith(`${directory}/`)

/** The tool removes every file of the directory. */
const ownFiles = (about: About, { children, directory, images, names, others, volume }: DeletedVolume) => {
  const own = [descriptorName, `${descriptorName}.lck`, statistics, linksName]
  const removed = children.length === 0 ? images : []
  const strange = names.filter((name) => !own.includes(name) && !removed.includes(`${directory}/${name}`))
  const shared = [...others, ...(children.length === 0 ? [] : images)].find((image) => isBelow(directory, image))
  return Either.gen(function*() {
    // The tool merges or removes one of them, and no descriptor names the others afterwards.
    yield* when((children.length > 0 || volume?.parent !== undefined) && images.length > 1, () =>
      unsupported(
        about,
        "the volume has snapshots of its own, whose images no descriptor would name afterwards",
        texts["volume-snapshots"]()
      ))
    yield* when(shared !== undefined, () => new PloopError.ImageShared({ ...context(about), image: shared! }))
    yield* when(strange.length > 0, () =>
      unsupported(
        about,
        `its directory holds files that would be removed with it: ${strange.map(PrintableText.escape).join(", ")}`,
        texts["volume-files"]()
      ))
  })
}

export const deleteVolume = (about: About, found: DeletedVolume) =>
  Either.gen(function*() {
    yield* volume(about, found)
    yield* runningDisk(about, found.device)
    // A snapshot with one child is merged into it; what was written to another volume would be lost.
    yield* childless(about, found, found.volume?.readOnly === true ? 1 : 0)
    yield* runningDisk(about, found.childDevice)
    yield* ownFiles(about, found)
    for (const image of found.merged) yield* usable(about, image)
  })
