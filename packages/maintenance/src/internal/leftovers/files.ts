import * as Disk from "@effect-ploop/core/Disk"
import type { SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { headerOf } from "../header.js"
import { type Around, ofEveryDirectory } from "./directory.js"
import { entriesOf, type Entry, isOld, removal } from "./entries.js"
import { all, type Found, kept, nothing } from "./found.js"

/** What is known about the disk when its files are judged. */
export interface Known extends Around {
  /** The name of the descriptor. */
  readonly descriptor: string
  /** The names of the images that are in the directory of the descriptor. */
  readonly images: ReadonlyArray<string>
  readonly orphanedImages: boolean
}

/** The directory on which the tool mounts a disk by itself, which it leaves when that fails. */
const ofMount = (entry: Entry, { running }: Known) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.readDirectory(entry.path), (names): Found => {
      if (running.some(({ target }) => target === entry.path)) return nothing
      return names.length === 0
        ? removal(entry, "The tool made it for a mount, and nothing is mounted on it.")
        : kept(entry.path, "it is a directory of a mount, but it has files in it")
    }))

const ofUnknown = (entry: Entry, { orphanedImages, running }: Known) =>
  Effect.map(headerOf(entry.path), (header): Found => {
    if (Option.isNone(header) || running.some((shown) => shown.image === entry.path)) return nothing
    return orphanedImages
      ? removal(entry, "It is an image that the descriptor does not name.")
      : kept(entry.path, "it is an image that the descriptor does not name: it may be the only copy of something")
  })

/** What is known of a file from its name alone. */
const byName = (entry: Entry, { descriptor, images }: Known): Found | undefined => {
  const { name, path } = entry
  // The tool writes a new descriptor under the longer name first.
  if (name === `${descriptor}.tmp` || name === `${descriptor}.tmp.tmp`) {
    return removal(entry, "It is a descriptor whose change was not committed.")
  }
  if (images.some((image) => name === `${image}.tmp`)) {
    return removal(entry, "It is the result of a conversion that was cut short. The image is as it was before.")
  }
  if (name.startsWith(`${descriptor}.former-`)) {
    return kept(path, "it is the descriptor from before the tool lost a delta: remove it once the disk is repaired")
  }
  return name.endsWith(".idx")
    ? kept(path, "it is the copy of an index from a conversion that was cut short: check the disk first")
    : undefined
}

const judgeEntry = (entry: Entry, known: Known) => {
  const { info, name } = entry
  const found = info.type === "File" ? byName(entry, known) : undefined
  if (found !== undefined) return Effect.succeed(found)
  if (name.endsWith(".mnt") && info.type === "Directory") return ofMount(entry, known)
  return Effect.flatMap(
    ofEveryDirectory(entry, known),
    Option.match({
      onNone: () => info.type === "File" ? ofUnknown(entry, known) : Effect.succeed(nothing),
      onSome: Effect.succeed
    })
  )
}

/** Judges the files of the directory that are neither the descriptor nor an image of the disk. */
export const judge = (
  disk: Disk.Disk,
  tree: SnapshotTree,
  around: Around & Pick<Known, "orphanedImages">
) =>
  Effect.gen(function*() {
    const path = yield* Path
    const directory = path.resolve(Disk.directory(disk))
    const images = tree.nodes.map(({ file }) => path.resolve(directory, file))
    const own = new Set([path.resolve(disk), ...images])
    const known: Known = {
      ...around,
      descriptor: path.basename(disk),
      images: images.filter((image) => path.dirname(image) === directory).map((image) => path.basename(image))
    }
    const entries = (yield* entriesOf(directory)).filter((entry) => !own.has(entry.path))
    return all(
      yield* Effect.forEach(
        entries.filter(({ info }) => isOld(info, around.before)),
        (entry) => judgeEntry(entry, known)
      )
    )
  })
