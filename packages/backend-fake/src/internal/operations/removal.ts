import * as DiskClone from "@effect-ploop/core/DiskClone"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as devices from "../devices.js"
import * as disks from "../disk.js"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { denied } from "../tool.js"

const decoder = new TextDecoder()

const realPath = (tool: Tool, path: string): string => Either.getOrElse(files.realPath(tool.tx, path), () => path)

/** What has this name, links not followed. */
const entry = (tool: Tool, path: string) => Either.map(files.lookup(tool.tx, path, false), (ref) => tool.tx.inode(ref))

/** The names of the images that a linked clone shares; none where nothing says so. */
const inherited = (tool: Tool, disk: disks.Disk): ReadonlyArray<string> =>
  Either.getRight(files.readWhole(tool.tx, tool.path.join(disk.home, DiskClone.recordName))).pipe(
    Option.flatMap((bytes) => DiskClone.parseRecord(decoder.decode(bytes))),
    Option.match({ onNone: () => [], onSome: ({ images }) => images })
  )

const observed = (tool: Tool, disk: disks.Disk) => (file: string): Refusal.RemovableImage => {
  const path = disks.imagePath(tool, disk, file)
  const found = entry(tool, path)
  const opened = disks.openImage(tool, path, { raw: false, clusterSize: 0n, missing: [4, "open"] })
  return {
    image: path,
    name: realPath(tool, tool.path.dirname(path)) === disk.home ? tool.path.basename(path) : undefined,
    links: Either.isRight(found) ? found.right.links : 0,
    isInherited: inherited(tool, disk).includes(tool.path.basename(path)),
    isDirty: Either.isRight(opened) && opened.right.image.dirty
  }
}

const isIrregular = (tool: Tool, path: string): boolean => {
  const found = entry(tool, path)
  return Either.isRight(found) && ["Directory", "Device"].includes(found.right.body._tag)
}

export const remove = (tool: Tool, request: Request.Remove): Answer<Result.Removed> =>
  Either.gen(function*() {
    const disk = yield* disks.read(tool, request.disk, "backend")
    yield* disks.requireNoChildren(tool, disk)
    const inHome = (name: string) => HostPath.make(tool.path.join(disk.home, name))
    const names = yield* denied(tool, 255, `Can't read ${disk.home}`)(files.readDirectory(tool.tx, disk.home))
    const plan = yield* Refusal.remove(tool, request, {
      descriptor: tool.path.basename(disk.path),
      names,
      irregular: names.filter((name) => isIrregular(tool, inHome(name))),
      images: disk.descriptor.images.map(({ file }) => observed(tool, disk)(file)),
      device: devices.all(tool, disk)[0]?.device
    })
    const targets = disk.descriptor.images.map(({ file }) => realPath(tool, disks.imagePath(tool, disk, file)))
    for (const name of plan.own) {
      yield* denied(tool, 255, `Can't remove ${name}`)(files.unlink(tool.tx, inHome(name)))
    }
    const kept = [...new Set([...plan.others.map(inHome), ...targets])]
    return {
      removed: plan.own.map(inHome),
      kept: kept.filter((path) => files.exists(tool.tx, path)).map((path) => HostPath.make(path))
    }
  })
