import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { directoryOf, type Place, refused, type Taking } from "./place.js"
import type { File, Manifest } from "./steps.js"

/** What the tool keeps beside the images, and reads when it is there. */
const sidecars = [".statfs"]

const fileOf = (name: string, info: FileSystem.File.Info): File => ({
  name,
  size: info.size,
  mode: info.mode & 0o777,
  uid: Option.getOrElse(info.uid, () => 0),
  gid: Option.getOrElse(info.gid, () => 0),
  modified: Option.match(info.mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
})

const notMovable = (disk: string, why: string) => refused("NotMovable", `${disk} cannot be copied: ${why}`)

const parse = (disk: string, text: string) =>
  Either.mapLeft(DiskDescriptor.parse(text), (error) => notMovable(disk, error.message))

/** The images of the disk, by their names in its directory. */
const imagesOf = (disk: string, descriptor: DiskDescriptor.DiskDescriptor) => {
  if (descriptor.snapshots.some(({ temporary }) => temporary)) {
    return Either.left(notMovable(disk, "it has a temporary snapshot"))
  }
  if (descriptor.volume?.parent !== undefined) return Either.left(notMovable(disk, "it is a part of a volume"))
  const outside = descriptor.images.find(({ file }) => file.includes("/"))
  return outside === undefined
    ? Either.right(descriptor.images.map(({ file }) => file))
    : Either.left(notMovable(disk, `the image ${outside.file} is not named by its file name alone`))
}

const inspect = ({ fs }: Place, directory: string, name: string): Taking<File> =>
  Effect.gen(function*() {
    const path = `${directory}/${name}`
    if (yield* Effect.isSuccess(fs.readLink(path))) return yield* notMovable(path, "it is a symbolic link")
    const info = yield* fs.stat(path)
    return info.type === "File" ? fileOf(name, info) : yield* notMovable(path, "it is not a file")
  })

/** The files of a disk. The path is that of its descriptor, whatever it is called now. */
export const read = (place: Place, directory: string, descriptorPath: string): Taking<Manifest> =>
  Effect.gen(function*() {
    const descriptor = yield* place.fs.readFileString(descriptorPath)
    const images = yield* Either.flatMap(parse(place.disk, descriptor), (parsed) => imagesOf(place.disk, parsed))
    const others = (yield* place.fs.readDirectory(directory)).filter((name) => sidecars.includes(name))
    const files = yield* Effect.forEach([...images, ...others], (name) => inspect(place, directory, name))
    return { mode: (yield* place.fs.stat(directoryOf(place.disk))).mode & 0o777, descriptor, files }
  })

/** The files of a disk that do not change while it runs: all images but the top delta. */
export const readBelowTop = (place: Place, directory: string): Taking<Manifest> =>
  Effect.gen(function*() {
    const manifest = yield* read(place, directory, place.disk)
    const { images } = yield* parse(place.disk, manifest.descriptor)
    const below = new Set(images.filter(({ id }) => id !== SnapshotId.top).map(({ file }) => file))
    return { ...manifest, files: manifest.files.filter(({ name }) => below.has(name)) }
  })

/** Whether a disk still has the snapshots, each with its image and its parent. */
const hasSnapshotsOf = (one: Manifest, other: Manifest): Either.Either<boolean, unknown> =>
  Either.gen(function*() {
    const before = yield* DiskDescriptor.parse(one.descriptor)
    const after = yield* DiskDescriptor.parse(other.descriptor)
    const isTop = (id: string) => id === SnapshotId.top
    return before.images.every(({ file, id }) =>
      isTop(id) || after.images.some((image) => image.id === id && image.file === file)
    ) && before.snapshots.every(({ id, parent }) =>
      isTop(id) || after.snapshots.some((snapshot) => snapshot.id === id && snapshot.parent === parent)
    )
  })

/**
 * Whether each file of the first is in the second as it was. The driver can write to an image without a change of its
 * time, so all snapshots must be there too: then nothing was merged.
 */
export const isPartOf = (one: Manifest, other: Manifest): boolean =>
  Either.getOrElse(hasSnapshotsOf(one, other), () => false) &&
  one.files.every((file) =>
    other.files.some(({ modified, name, size }) =>
      name === file.name && size === file.size && modified === file.modified
    )
  )

/** The first file that is not as it was; undefined when all are. */
export const changed = (
  place: Place,
  manifest: Manifest,
  options: { readonly mayBeMissing: boolean }
): Taking<string | undefined> =>
  Effect.gen(function*() {
    for (const file of manifest.files) {
      const path = `${directoryOf(place.disk)}/${file.name}`
      if (options.mayBeMissing && !(yield* place.fs.exists(path))) continue
      const now = yield* inspect(place, directoryOf(place.disk), file.name)
      if (now.size !== file.size || now.modified !== file.modified) return path
    }
    return undefined
  })

/** The first file of a new disk that is not there in full; undefined when all are. */
export const missing = (place: Place, directory: string, manifest: Manifest): Taking<string | undefined> =>
  Effect.gen(function*() {
    for (const file of manifest.files) {
      const now = yield* inspect(place, directory, file.name)
      if (now.size !== file.size) return `${directory}/${file.name}`
    }
    return undefined
  })

/** The descriptor of a disk in a directory. Its name is the one that every tool knows. */
export const descriptorIn = (directory: string): string => `${directory}/${Disk.descriptorName}`
