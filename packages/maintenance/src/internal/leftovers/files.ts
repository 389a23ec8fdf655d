import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import type { SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { headerOf, isEmpty } from "../header.js"
import { real } from "./devices.js"
import { ofEveryDirectory } from "./directory.js"
import { type Around, entriesOf, type Entry, judgeEach, removal } from "./entries.js"
import { type Found, kept, nothing } from "./found.js"

/** What is known about the disk when its files are judged. */
export interface Known extends Around {
  /** The name of the descriptor. */
  readonly descriptor: string
  /** The names of the images that are in the directory of the descriptor. */
  readonly images: ReadonlyArray<string>
  /** The real paths of all images that devices of the disk run from; undefined when nobody knows them. */
  readonly used: ReadonlySet<string> | undefined
  /**
   * The real paths of the images with data that only an uncommitted descriptor names; undefined when such a descriptor
   * cannot be read.
   */
  readonly uncommitted: ReadonlySet<string> | undefined
  /** Whether a device of the disk writes to an image that the descriptor does not name. */
  readonly isCutShort: boolean
  /** Whether the directory may hold images of other volumes: its children, or other children of its ancestors. */
  readonly isVolume: boolean
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

const ofUnknown = (entry: Entry, { isCutShort, isVolume, orphanedImages, running, uncommitted, used }: Known) =>
  Effect.map(headerOf(entry.path), (header): Found => {
    if (Option.isNone(header) || running.some((shown) => shown.image === entry.path)) return nothing
    if (uncommitted === undefined) {
      return kept(
        entry.path,
        "it is an image that the descriptor does not name, but one that cannot be read may name it"
      )
    }
    if (uncommitted.has(entry.path)) {
      return kept(
        entry.path,
        "it is an image that only an uncommitted descriptor names: the next operation on the disk says what to do"
      )
    }
    if (isCutShort || used === undefined || used.has(entry.path) || header.value.inUse !== 0) {
      return kept(entry.path, "it is an image that the descriptor does not name, but a device may run from it")
    }
    if (isVolume) {
      return kept(entry.path, "it is an image that the descriptor does not name, but another volume may have it")
    }
    return orphanedImages
      ? removal(entry, "It is an image that the descriptor does not name.")
      : kept(entry.path, "it is an image that the descriptor does not name: it may be the only copy of something")
  })

/** A conversion writes the raw image under another name first. With a header it is none of that. */
const ofConversion = (entry: Entry, known: Known) =>
  Effect.flatMap(
    headerOf(entry.path),
    (header) =>
      Option.isSome(header) || known.used === undefined || known.used.has(entry.path)
        ? ofUnknown(entry, known)
        : Effect.succeed(
          removal(entry, "It is the result of a conversion that was cut short. The image is as it was before.")
        )
  )

/** A descriptor that was not renamed to its own name, and can be read. */
const ofDescriptor = (entry: Entry, { isCutShort, uncommitted, used }: Known): Found =>
  isCutShort || used === undefined
    ? kept(
      entry.path,
      "it may be the only descriptor that names the image to which a device writes: unmount the disk first"
    )
    : uncommitted === undefined
    ? kept(entry.path, "it is a descriptor whose change was not committed, but another one beside it cannot be read")
    : uncommitted.size > 0
    ? kept(
      entry.path,
      "it is the only descriptor that names an image with data: the next operation on the disk says what to do"
    )
    : removal(entry, "It is a descriptor whose change was not committed.")

/** The largest file that is read as a descriptor, in bytes. */
const descriptorLimit = 16n * 1024n * 1024n

/** The images that a descriptor names, by their real paths; none when the file cannot be read as one. */
const namedBy = ({ info, path: file }: Entry) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    if (info.type !== "File" || info.size > descriptorLimit) return []
    const read = DiskDescriptor.parse(yield* fs.readFileString(file))
    if (Either.isLeft(read)) return []
    return yield* Effect.forEach(read.right.images, (image) => real(path.resolve(path.dirname(file), image.file)))
  })

/** Whether something was written to an image, or may have been. */
const isWritten = ({ info, path }: Entry) =>
  Effect.match(isEmpty(path, info.size), { onFailure: () => true, onSuccess: (empty) => !empty })

/** The images with data that only these descriptors name; none when one of them cannot be read. */
const onlyNamedBy = (descriptors: ReadonlyArray<Entry>, entries: ReadonlyArray<Entry>) =>
  Effect.gen(function*() {
    const named = new Set((yield* Effect.forEach(descriptors, namedBy)).flat())
    const written = yield* Effect.filter(entries.filter(({ path }) => named.has(path)), isWritten)
    return new Set(written.map(({ path }) => path))
  }).pipe(Effect.orElseSucceed(() => undefined))

/** The tool writes a new descriptor under the longer name first. */
const asideNames = (descriptor: string): ReadonlyArray<string> => [`${descriptor}.tmp`, `${descriptor}.tmp.tmp`]

/** What is known of a file from its name alone. */
const byName = ({ name, path }: Entry, { descriptor }: Known): Found | undefined => {
  if (name.startsWith(`${descriptor}.former-`)) {
    return kept(path, "it is the descriptor from before the tool lost a delta: remove it once the disk is repaired")
  }
  return name.endsWith(".idx")
    ? kept(path, "it is the copy of an index from a conversion that was cut short: check the disk first")
    : undefined
}

const judgeEntry = (entry: Entry, known: Known) => {
  const { info, name } = entry
  if (asideNames(known.descriptor).includes(name) && info.type === "File") {
    return Effect.as(namedBy(entry), ofDescriptor(entry, known))
  }
  const found = info.type === "File" ? byName(entry, known) : undefined
  if (found !== undefined) return Effect.succeed(found)
  if (known.images.some((image) => name === `${image}.mnt`) && info.type === "Directory") return ofMount(entry, known)
  if (known.images.some((image) => name === `${image}.tmp`) && info.type === "File") return ofConversion(entry, known)
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
  around: Around & Pick<Known, "orphanedImages" | "used" | "isCutShort">
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    // Devices report real paths.
    const directory = yield* fs.realPath(Disk.directory(disk))
    const images = yield* Effect.forEach(tree.nodes, ({ file }) => real(path.resolve(directory, file)))
    const descriptor = path.basename(disk)
    const own = new Set([path.join(directory, descriptor), ...images])
    const entries = (yield* entriesOf(directory)).filter((entry) => !own.has(entry.path))
    const aside = entries.filter(({ name }) => asideNames(descriptor).includes(name))
    const known: Known = {
      ...around,
      descriptor,
      isVolume: entries.some(({ name }) => name === DiskVolume.linksName),
      images: images.filter((image) => path.dirname(image) === directory).map((image) => path.basename(image)),
      uncommitted: yield* onlyNamedBy(aside, entries)
    }
    return yield* judgeEach(entries, known, (entry) => judgeEntry(entry, known))
  })
