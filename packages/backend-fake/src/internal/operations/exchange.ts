import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as content from "../content.js"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as exchange from "../exchange.js"
import * as files from "../files.js"
import * as image from "../image.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, context, denied, generation, refused } from "../tool.js"
import { refuseExisting } from "./existing.js"
import { observed } from "./observedImages.js"

/** An image that the tool would not open; what is wrong with its header is found when it is read. */
const unopened: image.Image = {
  _tag: "Image",
  raw: false,
  preallocated: 0,
  version: 2,
  clusterSize: Number(ClusterSize.standard),
  size: 0,
  dirty: false,
  truncated: false,
  staleFlag: false,
  delta: image.noDelta
}

const levelsOf = (tool: Tool, disk: disks.Disk, chain: ReadonlyArray<Node>): ReadonlyArray<exchange.Level> =>
  chain.map((node) => {
    const path = disks.imagePath(tool, disk, node.file)
    const opened = disks.openForSize(tool, disk, node)
    const found = files.lookup(tool.tx, path)
    return {
      path,
      image: Either.isRight(opened) ? opened.right.image : unopened,
      bytes: (Either.isRight(found) ? files.bytesOf(tool.tx, found.right) : undefined) ?? content.empty
    }
  })

/** What the host of the images knows of the file system in them. */
const deltaOf = (levels: ReadonlyArray<exchange.Level>): image.Delta => {
  const trees = levels.map(({ image }) => image.delta.tree)
  return { tree: trees.findLast((tree) => tree !== undefined), clusters: HashSet.empty() }
}

/** What a chain holds, as a raw file. */
const composed = (tool: Tool, levels: ReadonlyArray<exchange.Level>, size: number): Answer<content.Bytes> =>
  Either.mapBoth(exchange.compose(levels, size), {
    onLeft: ({ path, text }) => new PloopError.ImageCorrupt({ ...context(tool, text), image: path }),
    onRight: (raw) => {
      const delta = deltaOf(levels)
      return delta.tree === undefined || delta.tree === "garbage"
        ? raw
        : image.withMarkerAt(raw, 0, files.remember(tool.tx, delta))
    }
  })

export const exportImage = (tool: Tool, request: Request.ExportImage): Answer<Result.Exported> =>
  Either.gen(function*() {
    const file = absolute(tool, request.file)
    const disk = yield* disks.read(tool, request.disk, "backend")
    const chain = yield* Refusal.exportChain(tool, disk.tree, request)
    const device = devices.all(tool, disk)[0]?.device
    const images = chain.map(observed(tool, disk, device))
    yield* Refusal.exportImage(tool, request, images)
    yield* refuseExisting(tool, file)
    yield* disks.requireParent(tool, tool.path.dirname(file))
    const levels = levelsOf(tool, disk, chain)
    const last = images[images.length - 1]!
    const size = last.isRawBase
      ? Math.floor(levels[levels.length - 1]!.bytes.size / 512) * 512
      : Number(last.size)
    const raw = yield* composed(tool, levels, size)
    const made = request.format === "raw" ? raw : exchange.toQcow2(raw)
    yield* denied(tool, 1, `Can't create ${file}`)(files.writeNew(tool.tx, file, made))
    return { file, size: ByteSize.make(size) }
  })

const kinds = { Directory: "a directory", Device: "a block device", Link: "a symbolic link" } as const

/** The bytes of the file that is read. */
const bytesOf = (tool: Tool, request: Request.ImportImage): Answer<content.Bytes> => {
  const path = absolute(tool, request.file)
  const found = files.lookup(tool.tx, path)
  if (Either.isLeft(found)) return refused(new PloopError.ImageNotFound({ ...context(tool), image: path }))
  const { body } = tool.tx.inode(found.right)
  const bytes = files.bytesOf(tool.tx, found.right)
  if (bytes !== undefined || body._tag === "Bytes" || body._tag === "Image") {
    return Either.right(bytes ?? content.empty)
  }
  return refused(
    new PloopError.InvalidArgument({
      ...context(tool),
      field: "file",
      value: request.file,
      rule: `must be a regular file: it is ${kinds[body._tag]}, and not a file`
    })
  )
}

/** Stores an image whose bytes are known. One in which nothing but files is, is what this host would have made. */
const store = (tool: Tool, path: string, bytes: content.Bytes): Answer<void> => {
  const known = image.fromBytes(bytes, (token) => HashMap.get(tool.tx.rest.deltas, token), false, 0)
  return Either.isRight(known) && known.right.delta.tree !== "garbage"
    ? Either.map(disks.makeImage(tool, path, { ...known.right, token: undefined }), () => undefined)
    : denied(tool, 1, `Can't create ${path}`)(files.writeNew(tool.tx, path, bytes))
}

export const importImage = (tool: Tool, request: Request.ImportImage): Answer<Result.Imported> =>
  Either.gen(function*() {
    const path = absolute(tool, request.image)
    const home = tool.path.dirname(path)
    const disk = inDirectory(home)
    const version = request.version ?? GenerationTraits.defaultVersion(generation(tool), tool.tx.rest)
    yield* refuseExisting(tool, path, disk)
    const bytes = yield* bytesOf(tool, request)
    const found = yield* Refusal.importImage(tool, request, version, {
      start: content.read(bytes, 0, Refusal.importedStart),
      size: BigInt(bytes.size)
    })
    yield* disks.requireParent(tool, home)
    const size = ClusterSize.roundUp(found, request.clusterSize)
    const raw = request.format === "raw" ? bytes : exchange.fromQcow2(bytes, Number(found))
    const packed = exchange.pack(raw, { version, clusterSize: Number(request.clusterSize), size: Number(size) })
    yield* store(tool, path, packed)
    yield* disks.write(
      tool,
      disk,
      DiskDescriptor.make({
        size,
        clusterSize: request.clusterSize,
        images: [{ id: SnapshotId.top, type: "Compressed", file: tool.path.basename(path) }],
        snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }],
        rootElement: disks.rootElement(tool)
      })
    )
    return { disk, image: path, version, size }
  })
