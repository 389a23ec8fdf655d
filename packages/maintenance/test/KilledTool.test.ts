/** What the real tool leaves when it is killed, at each system call by which it changes files. */
import type { SnapshotId } from "@effect-ploop/core"
import { Disk, Ploop } from "@effect-ploop/core"
import { Leftovers, Plan } from "@effect-ploop/maintenance"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { clusterSize, holdings, killedAt, missing, RealTool, writeCluster } from "./realTool.js"

const scratch = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
)

/** A disk with two snapshots, and a cluster of its own in each image. */
const prepared = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const { disk } = yield* ploop.create({
    image: `${yield* scratch}/root.hdd`,
    size: "512K",
    clusterSize,
    fileSystem: "none"
  })
  const ids: Array<SnapshotId.SnapshotId> = []
  for (const cluster of [0, 1]) {
    yield* writeCluster(yield* ploop.topDelta({ disk }), cluster, cluster + 1)
    ids.push(yield* ploop.createSnapshot({ disk }))
  }
  yield* writeCluster(yield* ploop.topDelta({ disk }), 2, 3)
  return { directory: Disk.directory(disk), lower: ids[0]!, upper: ids[1]! }
})

interface Ids {
  readonly lower: SnapshotId.SnapshotId
  readonly upper: SnapshotId.SnapshotId
}

/** The arguments of the tool, the snapshots that stay, and what the disk holds before and after. */
const operations: ReadonlyArray<
  readonly [
    title: string,
    args: (ids: Ids) => ReadonlyArray<string>,
    stay: ReadonlyArray<keyof Ids>,
    after: ReadonlyArray<number>
  ]
> = [
  ["a snapshot", () => ["snapshot"], ["lower", "upper"], [1, 2, 3]],
  ["a deletion that merges into the child", ({ lower }) => ["snapshot-delete", "-u", lower], ["upper"], [1, 2, 3]],
  ["a deletion below the top", ({ upper }) => ["snapshot-delete", "-u", upper], ["lower"], [1, 2, 3]],
  ["a switch", ({ lower }) => ["snapshot-switch", "-u", lower], ["lower", "upper"], [1, 0, 0]],
  ["a conversion", () => ["convert", "-f", "preallocated"], ["lower", "upper"], [1, 2, 3]]
]

const changing = ["rename", "unlink", "ftruncate", "fsync", "fdatasync", "pwrite64", "fallocate"]

const allOfThem = { olderThan: 0, inUseFlags: true, orphanedImages: true }

describe.skipIf(missing !== undefined)(
  `of a tool that is killed at any change${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    layer(RealTool, { excludeTestServices: true })((it) => {
      for (const [title, args, stay, after] of operations) {
        it.scoped(`in ${title}, all leftovers are found and removed, and every snapshot has its data`, () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const path = yield* Path.Path
            const ploop = yield* Ploop.Ploop
            const { directory, ...ids } = yield* prepared
            const held: Record<keyof Ids, ReadonlyArray<number>> = { lower: [1, 0, 0], upper: [1, 2, 0] }

            const killed = (call: string, time: number) =>
              Effect.scoped(Effect.gen(function*() {
                const copy = `${yield* scratch}/disk`
                yield* fs.copy(directory, copy)
                const disk = Disk.inDirectory(copy)
                if (!(yield* killedAt(call, time, [...args(ids), disk]))) return false
                const where = `killed at ${call} ${time}`
                yield* Plan.apply(yield* Leftovers.plan({ disk, ...allOfThem }))
                const again = yield* Leftovers.plan({ disk, ...allOfThem })
                assert.deepStrictEqual(again.steps, [], where)
                const holding = yield* holdings(disk, 3)
                for (const name of stay) assert.deepStrictEqual(holding.get(ids[name]), held[name], `${name}, ${where}`)
                assert.include([[1, 2, 3], after].map(String), String(holding.get("top")), where)
                const images = (yield* ploop.listSnapshots({ disk })).nodes.map(({ file }) => path.basename(file))
                const found = (yield* fs.readDirectory(copy)).filter((name) => !name.endsWith(".lck"))
                assert.sameMembers(found, ["DiskDescriptor.xml", ...new Set(images)], where)
                yield* ploop.createSnapshot({ disk })
                return true
              }))

            let kills = 0
            for (const call of changing) {
              for (let time = 1; yield* killed(call, time); time++) kills++
            }
            assert.isAbove(kills, 1)
          }))
      }
    })
  }
)
