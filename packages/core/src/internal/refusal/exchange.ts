import * as Either from "effect/Either"
import * as ByteSize from "../../ByteSize.js"
import * as FormatVersion from "../../FormatVersion.js"
import * as ImageExamination from "../../ImageExamination.js"
import * as PloopError from "../../PloopError.js"
import type * as Request from "../../Request.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import * as qcow2 from "../qcow2.js"
import { readable } from "./clone.js"
import type { About, ClonedImage, ImportedFile } from "./model.js"
import { context, when } from "./refuse.js"

export const exportChain = (
  about: About,
  tree: SnapshotTree.SnapshotTree,
  { snapshot: id }: Pick<Request.ExportImage, "snapshot">
) => {
  const chain = [...SnapshotTree.chain(tree, id)].reverse()
  return Either.map(
    when(chain.length === 0, () => new PloopError.SnapshotNotFound({ ...context(about), id })),
    () => chain
  )
}

export const exportImage = (
  about: About,
  { snapshot }: Pick<Request.ExportImage, "snapshot">,
  images: ReadonlyArray<ClonedImage>
) =>
  Either.gen(function*() {
    const device = images[0]?.device
    yield* when(
      snapshot === SnapshotId.top && device !== undefined,
      () => new PloopError.ImageInUse({ ...context(about), device })
    )
    for (const image of images) yield* readable(about, image)
  })

/** What is wrong with a file that is to be a raw image. */
const wrongRaw = ({ start }: ImportedFile): string | undefined =>
  qcow2.isSigned(start)
    ? "must be a raw image: it begins as a qcow2 image does, so give format: \"qcow2\""
    : ImageExamination.version(start) !== undefined
    ? "must be a raw image: it begins as an image of ploop does, for which restoreDescriptor makes a disk"
    : undefined

/** What is wrong with a file that is to be a qcow2 image. */
const wrongQcow2 = (header: qcow2.Header | undefined): string | undefined => {
  if (header === undefined) return "must be a qcow2 image: it has no header of one"
  if (header.version !== 2 && header.version !== 3) {
    return `must be a qcow2 image of version 2 or 3, not ${header.version}`
  }
  if (header.hasBackingFile) return "must be a qcow2 image without a backing file: that could be any file of the host"
  if (header.hasDataFile) return "must be a qcow2 image with its data in it, not in another file"
  if (header.isEncrypted) return "must be a qcow2 image without encryption"
  return header.isCorrupt ? "must be a qcow2 image that no program has found damaged" : undefined
}

const wrongSize = (size: bigint, version: FormatVersion.FormatVersion): string | undefined => {
  if (size === 0n) return "must be larger than zero"
  if (size % ByteSize.sectorSize !== 0n) return `must be a multiple of 512 bytes, the size of a sector, not ${size}`
  const maximum = FormatVersion.maximumSize(version)
  return size <= maximum
    ? undefined
    : `must not be larger than ${ByteSize.format(maximum)}, the limit of format version ${version}`
}

export const importImage = (
  about: About,
  { file, format }: Pick<Request.ImportImage, "file" | "format">,
  version: FormatVersion.FormatVersion,
  found: ImportedFile
): Either.Either<ByteSize.ByteSize, PloopError.InvalidArgument> => {
  const header = format === "qcow2" ? qcow2.read(found.start) : undefined
  const size = format === "qcow2" ? header?.size ?? 0n : found.size
  const wrong = format === "qcow2" ? wrongQcow2(header) : wrongRaw(found)
  const sized = wrongSize(size, version)
  const rule = wrong ?? (sized === undefined ? undefined : `must have a size that ploop can have, which ${sized}`)
  return rule === undefined
    ? Either.right(ByteSize.make(size))
    : Either.left(new PloopError.InvalidArgument({ ...context(about), field: "file", value: file, rule }))
}
