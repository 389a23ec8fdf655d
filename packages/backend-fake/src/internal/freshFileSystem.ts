import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as content from "./content.js"
import { balloonName } from "./devices.js"
import type * as image from "./image.js"
import * as layouts from "./layout.js"
import * as space from "./space.js"
import type { Body, Inode, Volume } from "./state.js"
import { rootInode } from "./state.js"
import type { Answer, Tool } from "./tool.js"
import { toolError, trait } from "./tool.js"
import * as traits from "./traits.js"

const lostAndFound = 11
const balloon = 12

/** The blocks of the `lost+found` directory. */
const lostBlocks = 4

/** The clusters that a new file system writes: the partition tables, its own tables and its first directories. */
const written = (of: image.Image, layout: layouts.Layout, lazy: boolean): HashSet.HashSet<number> => {
  const perCluster = of.clusterSize / space.blockSize
  const tables = layouts.tableBlocks(layout) + (lazy ? 0 : layouts.inodeBlocks(layout))
  const first = layouts.overhead(layout)
  const last = Math.ceil(of.size / of.clusterSize) - 1
  // A partition table is in the first cluster and in the last one.
  const start = layout.partitioned ? 1 : 0
  const clusters = [...(layout.partitioned ? [0, last] : [0]), start + Math.floor(first / perCluster)]
  for (let block = 0; block < tables; block += perCluster) clusters.push(start + Math.floor(block / perCluster))
  return HashSet.fromIterable(clusters)
}

/**
 * Makes a file system in a new image. Which clusters it writes to is modelled:
 * the tables lie at the beginning, and the journal takes no space in the image.
 */
export const make = (
  tool: Tool,
  blank: image.Image,
  { hasBalloon, lazy, ...choice }: layouts.Choice & { readonly lazy: boolean; readonly hasBalloon: boolean }
): Answer<image.Image> => {
  const bytes = blank.size - (choice.partitioned ? 2 * blank.clusterSize : 0)
  const layout = layouts.layout(choice, bytes, trait(tool, traits.inodeRatio))
  if (layout === undefined) {
    const [program, reason] = choice.type === "xfs"
      ? ["mkfs.xfs", "Filesystem must be larger than 300MB."]
      : ["mkfs", "Total journal size too big for filesystem."]
    return toolError(tool, 24, `${reason}\nCommand ${program} exited with code 1`)
  }
  const { now } = tool.tx
  // The root directory, a block that the format reserves for growing, and `lost+found`.
  const taken = space.allocate(
    space.make(layouts.overhead(layout), layout.blocks),
    2 + lostBlocks
  ).pipe(Option.getOrThrow)
  const [run] = taken.runs
  const inode = (ino: number, mode: number, links: number, body: Body): readonly [number, Inode] => [ino, {
    ino,
    mode,
    uid: 0,
    gid: 0,
    links,
    atime: now,
    mtime: now,
    ctime: now,
    birthtime: now,
    body
  }]
  const hasLost = choice.type !== "xfs"
  const names = hasBalloon ? HashMap.make([balloonName, balloon] as const) : HashMap.empty<string, number>()
  const root = inode(rootInode, 0o755, hasLost ? 3 : 2, {
    _tag: "Directory",
    entries: hasLost ? HashMap.set(names, "lost+found", lostAndFound) : names,
    parent: rootInode,
    name: "",
    runs: [{ start: run!.start, length: 1 }]
  })
  const lost = inode(lostAndFound, 0o700, 2, {
    _tag: "Directory",
    entries: HashMap.empty(),
    parent: rootInode,
    name: "lost+found",
    runs: [{ start: run!.start + 2, length: lostBlocks }]
  })
  const tree: Volume = {
    id: 0,
    inodes: HashMap.make(
      root,
      ...(hasLost ? [lost] : []),
      ...(hasBalloon ? [inode(balloon, 0o600, 1, content.empty)] : [])
    ),
    nextInode: hasBalloon ? balloon + 1 : balloon,
    used: 0,
    layout,
    space: taken.space,
    readOnly: false
  }
  return Either.right({ ...blank, delta: { tree, clusters: written(blank, layout, lazy) } })
}
