import * as ByteSize from "@effect-ploop/core/ByteSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import * as DiskClone from "@effect-ploop/core/DiskClone"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, denied, generation, trait } from "../tool.js"
import * as traits from "../traits.js"
import { refuseExisting } from "./existing.js"
import { requireMergeableImages } from "./mergeable.js"
import { mergeChain, mergeInto } from "./merging.js"
import { observed } from "./observedImages.js"
import { newDelta } from "./snapshots.js"

const encoder = new TextEncoder()

const volumeOf = (tool: Tool, path: string): number | undefined => {
  const found = files.lookup(tool.tx, path)
  return Either.isRight(found) ? found.right.volume : undefined
}

/** Refuses what cannot be cloned, or not there. */
const requireClonable = (
  tool: Tool,
  disk: disks.Disk,
  chain: ReadonlyArray<Node>,
  request: Request.Clone,
  home: HostPath
): Answer<void> => {
  const real = Either.getOrElse(files.realPath(tool.tx, home), () => home)
  const images = chain.map(observed(tool, disk, devices.all(tool, disk)[0]?.device))
  const own = volumeOf(tool, home)
  return Refusal.clone(tool, generation(tool), request, {
    isOfDisk: real === disk.home,
    isOnFileSystem: own === undefined || images.every(({ image }) => volumeOf(tool, image) === own),
    images
  })
}

/** Links an image of the snapshot into the directory of the clone. */
const link = (tool: Tool, from: string, to: string): Answer<void> =>
  denied(tool, 1, `Can't link ${from}`)(files.makeLink(tool.tx, from, to))

/** Copies an image of the snapshot into the directory of the clone. */
const copy = (tool: Tool, from: string, to: string): Answer<void> =>
  denied(tool, 1, `Can't copy ${from}`)(
    Either.flatMap(files.lookup(tool.tx, from), (source) =>
      Either.flatMap(files.openFile(tool.tx, to, files.flags("wx"), 0o600), (target) =>
        files.copyContent(tool.tx, source, target)))
  )

/** Writes what a linked clone has of another disk. */
const writeRecord = (tool: Tool, request: Request.Clone, path: string, images: ReadonlyArray<string>): Answer<void> => {
  const text = DiskClone.formatRecord({ disk: request.disk, snapshot: request.snapshot, images })
  return Either.map(
    denied(tool, 1, `Can't create ${path}`)(files.writeWhole(tool.tx, path, encoder.encode(text))),
    () => undefined
  )
}

/** Merges the copied images into the lowest one. */
const flattened = (tool: Tool, name: string): Answer<ReadonlyArray<HostPath>> =>
  Either.gen(function*() {
    let disk = yield* disks.readAnyName(tool, name)
    const ids = SnapshotTree.chain(disk.tree, SnapshotId.top).map(({ id }) => id)
    if (trait(tool, traits.mergesRanges)) disk = yield* mergeChain(tool, disk, ids)
    else for (let step = 1; step < ids.length; step++) disk = yield* mergeInto(tool, disk, SnapshotId.top)
    return disk.descriptor.images.map(({ file }) => disks.imagePath(tool, disk, file))
  })

export const clone = (tool: Tool, request: Request.Clone): Answer<Result.Cloned> =>
  Either.gen(function*() {
    const home = absolute(tool, request.directory)
    const isFull = request.mode === "full"
    const source = yield* disks.read(tool, request.disk, "backend")
    const chain = yield* Refusal.cloneChain(tool, source.tree, request)
    yield* requireClonable(tool, source, chain, request, home)
    const isMerged = request.flatten && chain.length > 1
    if (isMerged) yield* requireMergeableImages(tool, source, chain.map(({ id }) => id))
    const inHome = (name: string) => absolute(tool, tool.path.join(home, name))
    const disk = inDirectory(home)
    const links = DiskClone.links(chain)
    const names = links.map(({ name }) => name)
    const record = inHome(DiskClone.recordName)
    yield* refuseExisting(tool, disk, ...names.map(inHome), record)
    yield* disks.requireParent(tool, home)
    const last = yield* disks.openForSize(tool, source, chain[chain.length - 1]!)
    const made = newDelta(tool, last.image)
    const hasOwnTop = !isFull || (!request.flatten && request.snapshot !== SnapshotId.top)
    const top = hasOwnTop ? DiskClone.topName(chain, tool.tx.uuid()) : undefined
    for (const { file, name } of links) {
      const from = disks.imagePath(tool, source, file)
      const real = Either.getOrElse(files.realPath(tool.tx, from), () => from)
      yield* (isFull ? copy : link)(tool, real, inHome(name))
    }
    if (top !== undefined) yield* disks.makeImage(tool, inHome(top), made)
    if (!isFull) yield* writeRecord(tool, request, record, names)
    const size = top === undefined ? Math.floor(last.image.size / 512) * 512 : made.size
    const generation = tool.tx.generation
    yield* disks.write(
      tool,
      disk,
      DiskClone.descriptor({ source: source.descriptor, chain, top, size: ByteSize.make(BigInt(size)), generation })
    )
    const images = isMerged ? yield* flattened(tool, disk) : [...names, ...(top === undefined ? [] : [top])].map(inHome)
    return { disk, images }
  })
