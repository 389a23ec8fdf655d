import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as BackupError from "../../BackupError.js"
import { isFlagged } from "../flagged.js"
import { compare, write } from "./files.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"
import { type Manifest, read } from "./manifest.js"
import { type Count, counting, sizeOf } from "./progress.js"
import { syncFile } from "./sync.js"

/** A backup: its directory and its manifest. */
export interface Part {
  readonly directory: string
  readonly manifest: Manifest
}

/** The backups to restore from, with their manifests. */
export const parts = (from: ReadonlyArray<string>) =>
  Effect.forEach(from, (directory) => Effect.map(read(directory), (manifest): Part => ({ directory, manifest })))

/** Fails when a backup does not continue the one before it. The first has to be a full one. */
const requireChain = (parts: ReadonlyArray<Part>) =>
  Effect.forEach(parts, ({ directory, manifest }, index) => {
    const before = parts[index - 1]?.manifest.snapshot
    return manifest.after === before ? Effect.void : new BackupError.BackupInvalid({
      path: directory,
      reason: manifest.after === undefined
        ? "it is a full backup: it continues none"
        : before === undefined
        ? `it continues the backup of the snapshot ${manifest.after}, which has to come first`
        : `it continues the backup of the snapshot ${manifest.after}, but the one before it is of ${before}`
    })
  }, { discard: true })

const images = "root.hdd"

/** Where an image goes, and what the descriptor says of it. The last one becomes the top delta. */
const placed = (path: Path, parts: ReadonlyArray<Part>) => {
  const all = parts.flatMap(({ directory, manifest }) => manifest.images.map((image) => ({ directory, image })))
  return all.map(({ directory, image }, index) => {
    const file = index === 0 ? images : `${images}.${image.id}`
    const id = index === all.length - 1 ? SnapshotId.top : image.id
    const parent = index === 0 ? SnapshotId.none : all[index - 1]!.image.id
    return {
      from: path.join(directory, image.file),
      file,
      id,
      parent,
      type: image.type,
      sha256: image.sha256
    }
  })
}

const place = (making: Making, count: Count) => ({ file, from, sha256 }: ReturnType<typeof placed>[number]) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const to = yield* making.file(file)
    yield* fs.copyFile(from, to)
    yield* compare(to, sha256, count)
    // A snapshot of a running disk can have been taken with the flag set. Nobody uses the copy.
    const ploop = yield* Ploop
    if (yield* isFlagged(to)) yield* ploop.check({ image: to, dropInUse: true })
    yield* syncFile(to)
  })

/** The descriptor of the restored disk. */
const descriptorOf = (path: Path, parts: ReadonlyArray<Part>, { manifest }: Part): string => {
  const files = placed(path, parts)
  return DiskDescriptor.format(DiskDescriptor.make({
    size: manifest.diskSize,
    clusterSize: manifest.clusterSize,
    preallocated: manifest.preallocated,
    images: files.map(({ file, id, type }) => ({ id, type, file })),
    snapshots: files.map(({ id, parent }) => ({ id, parent, temporary: false }))
  }))
}

/** The backups, and the descriptor of the disk that is made of them. */
export const prepare = (from: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const path = yield* Path
    const all = yield* parts(from)
    yield* requireChain(all)
    const last = all.at(-1)
    return last === undefined
      ? yield* new BackupError.BackupInvalid({ path: "[]", reason: "there is no backup to restore from" })
      : { parts: all, descriptor: descriptorOf(path, all, last) }
  })

/** Makes the disk. The identifier sets its directory apart until it is complete. */
export const restore = (from: ReadonlyArray<string>, to: string, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const path = yield* Path
    const { descriptor, parts } = yield* prepare(from)
    const images = placed(path, parts)
    yield* inNewDirectory(to, stageOf(to, id), (making) =>
      counting(
        sizeOf(images.map(({ from }) => from)),
        (count) => Effect.forEach(images, place(making, count), { discard: true })
      ).pipe(Effect.zipRight(write(making, Disk.descriptorName, descriptor))))
    return Disk.inDirectory(to)
  }).pipe(Progress.reported("restore", to))
