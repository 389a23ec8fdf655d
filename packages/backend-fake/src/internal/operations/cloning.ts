import * as ByteSize from "@effect-ploop/core/ByteSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import * as DiskClone from "@effect-ploop/core/DiskClone"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Either from "effect/Either"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { absolute, denied, generation } from "../tool.js"
import { newDelta } from "./snapshots.js"

const encoder = new TextEncoder()

const observed = (tool: Tool, disk: disks.Disk, device: string | undefined) => (node: Node): Refusal.ClonedImage => {
  const image = disks.imagePath(tool, disk, node.file)
  const opened = disks.openImage(tool, image, { raw: false, clusterSize: 0n, missing: [4, "open"] })
  const found = Either.isRight(opened) ? opened.right.image : undefined
  return {
    image,
    isRawBase: node.parent === undefined && disks.isRaw(disk),
    exists: files.exists(tool.tx, image),
    size: found === undefined ? undefined : BigInt(found.size),
    version: found?.version,
    isDirty: found?.dirty === true,
    device
  }
}

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

const refuseExisting = (tool: Tool, paths: ReadonlyArray<string>): Answer<void> =>
  Either.map(
    Either.all(paths.map((path) => Refusal.existingFile(tool, path, files.exists(tool.tx, path)))),
    () => undefined
  )

export const clone = (tool: Tool, request: Request.Clone): Answer<Result.Cloned> =>
  Either.gen(function*() {
    const home = absolute(tool, request.directory)
    const source = yield* disks.read(tool, request.disk, "backend")
    const chain = yield* Refusal.cloneChain(tool, source.tree, request)
    yield* requireClonable(tool, source, chain, request, home)
    const inHome = (name: string) => absolute(tool, tool.path.join(home, name))
    const disk = inDirectory(home)
    const links = DiskClone.links(chain)
    const record = inHome(DiskClone.recordName)
    yield* refuseExisting(tool, [disk, ...links.map(({ name }) => inHome(name)), record])
    yield* disks.requireParent(tool, home)
    const top = DiskClone.topName(chain, tool.tx.uuid())
    const last = yield* disks.openForSize(tool, source, chain[chain.length - 1]!)
    const made = newDelta(tool, last.image)
    for (const { file, name } of links) {
      const from = disks.imagePath(tool, source, file)
      const real = Either.getOrElse(files.realPath(tool.tx, from), () => from)
      yield* denied(tool, 1, `Can't link ${from}`)(files.makeLink(tool.tx, real, inHome(name)))
    }
    yield* disks.makeImage(tool, inHome(top), made)
    const content = { disk: request.disk, snapshot: request.snapshot, images: links.map(({ name }) => name) }
    yield* denied(tool, 1, `Can't create ${record}`)(
      files.writeWhole(tool.tx, record, encoder.encode(DiskClone.formatRecord(content)))
    )
    yield* disks.write(
      tool,
      disk,
      DiskClone.descriptor({
        source: source.descriptor,
        chain,
        top,
        size: ByteSize.make(BigInt(made.size)),
        generation: generation(tool)
      })
    )
    return { disk, images: [...links.map(({ name }) => name), top].map(inHome) }
  })
