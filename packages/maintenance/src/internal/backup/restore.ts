import type * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as BackupError from "../../BackupError.js"
import * as MaintenanceError from "../../MaintenanceError.js"
import * as SnapshotTime from "../../SnapshotTime.js"
import { isFlagged } from "../flagged.js"
import { compare, write } from "./files.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"
import { syncFile } from "./sync.js"

interface SavedImage {
  readonly id: SnapshotId.SnapshotId
  readonly parent?: SnapshotId.SnapshotId | undefined
  readonly type: DiskDescriptor.Image["type"]
  readonly file: string
  readonly sha256: string
}

/** A backup: its directory and its manifest. */
interface Part {
  readonly directory: string
  readonly manifest: {
    readonly snapshot: SnapshotId.SnapshotId
    readonly after?: SnapshotId.SnapshotId | undefined
    readonly diskSize: ByteSize.ByteSize
    readonly clusterSize: ByteSize.ByteSize
    readonly preallocated: boolean
    readonly images: ReadonlyArray<SavedImage>
  }
}

const noBackup = () =>
  new MaintenanceError.PolicyInvalid({ field: "from", value: "[]", rule: "must name at least one backup" })

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

const place = (making: Making) => ({ file, from, sha256 }: ReturnType<typeof placed>[number]) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const to = yield* making.file(file)
    yield* fs.copyFile(from, to)
    yield* compare(to, sha256)
    // A snapshot of a running disk can have been taken with the flag set. Nobody uses the copy.
    const ploop = yield* Ploop
    if (yield* isFlagged(to)) yield* ploop.check({ image: to, dropInUse: true })
    yield* syncFile(to)
  })

export const restore = (parts: ReadonlyArray<Part>, to: string) =>
  Effect.gen(function*() {
    const last = parts.at(-1)
    if (last === undefined) return yield* noBackup()
    yield* requireChain(parts)
    const path = yield* Path
    const files = placed(path, parts)
    const descriptor = DiskDescriptor.make({
      size: last.manifest.diskSize,
      clusterSize: last.manifest.clusterSize,
      preallocated: last.manifest.preallocated,
      images: files.map(({ file, id, type }) => ({ id, type, file })),
      snapshots: files.map(({ id, parent }) => ({ id, parent, temporary: false }))
    })
    yield* inNewDirectory(to, stageOf(to, yield* SnapshotTime.identifier), (making) =>
      Effect.forEach(files, place(making), { discard: true }).pipe(
        Effect.zipRight(write(making, Disk.descriptorName, DiskDescriptor.format(descriptor)))
      ))
    return Disk.inDirectory(to)
  })
