import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import type * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a, b } = Conformance.ids

const chain = 126

const lengthen = (disk: Conformance.TestDisk["disk"], count: number) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => Effect.repeatN(ploop.createSnapshot({ disk }), count - 1))

export const limits: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/longest-chain",
    title: "MUST allow 126 snapshots in a chain, report the limit beyond that, and not count branches",
    source: Case.source("include/libploop.h SNAP_MAX"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      yield* lengthen(disk, chain - 1)
      yield* Check.fails(ploop.createSnapshot({ disk, id: b }), "SnapshotLimitReached", { limit: chain, exitCode: 38 })
      yield* Check.equal((yield* Conformance.parents(disk)).length, chain + 1, "the number of images")
      yield* disks.hasNoStrayImages(made)
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* Check.equal((yield* Conformance.parents(disk)).length, chain + 2, "the number of images in the end")
    })
  }),
  Case.make({
    id: "scenario/largest-of-version-1",
    title: "MUST create and grow disks of version 1 up to 2 TiB, and refuse more",
    source: Case.source("lib/ploop.c get_max_ploop_size"),
    // Generation 7 converts the disk to version 2 meanwhile, and generation 9 attaches none of version 1.
    needs: ["lowLevel"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const largest = ByteSize.make(ByteSize.TiB(2) - ByteSize.MiB(1))
      const { disk, image } = yield* Conformance.disk({ size: "1T" })
      // In the 32 bits of the header this is 1.5 TiB, which is more than the present size.
      yield* Check.fails(low.grow({ disk, size: "3584G" }), "SizeRefused")
      yield* Check.fails(low.grow({ image, size: "3584G" }), "SizeRefused")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, ByteSize.TiB(1), "the size in the descriptor")
      yield* low.grow({ disk, size: largest })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, largest, "the size after a growth")
      yield* Check.fails(low.grow({ disk, size: "2T" }), "SizeRefused")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, largest, "the size after that")
      const other = yield* Conformance.disk({ name: "other", size: largest })
      yield* Check.equal((yield* ploop.imageInfo({ disk: other.disk })).size, largest, "the size of a new disk")
      yield* Check.fails(Conformance.disk({ name: "third", size: "2T" }), "InvalidArgument", { field: "size" })
    })
  }),
  Case.make({
    id: "scenario/beyond-version-1",
    title: "MUST create, snapshot and grow disks of version 2 that are larger than 2 TiB",
    source: Case.source("lib/ploop.c get_max_ploop_size"),
    needs: ["version2", "idleGrow", "lowLevel"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.disk({ size: "3T", version: 2 })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* low.grow({ disk, size: "5T" })
      const info = yield* ploop.imageInfo({ disk })
      yield* Check.equal([info.size, info.version], [ByteSize.TiB(5), 2], "size and version")
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, ByteSize.TiB(3), "the size after the switch")
    })
  }),
  ...["32K", "64M"].map((clusterSize) =>
    Case.make({
      id: `scenario/clusters-of-${clusterSize.toLowerCase()}`,
      title: `MUST keep clusters of ${clusterSize}, a limit, through snapshots, switches and merges`,
      source: Case.manual("init -b"),
      run: Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const made = yield* Conformance.disk({ clusterSize, size: "200M" })
        const { disk } = made
        const cluster = ByteSize.make(clusterSize)
        const size = (ByteSize.MiB(200) + cluster - 1n) / cluster * cluster
        const hasClusters = (when: string) =>
          Effect.gen(function*() {
            const info = yield* ploop.imageInfo({ disk })
            yield* Check.equal<ReadonlyArray<bigint>>([info.size, info.clusterSize], [size, cluster], when)
          })
        yield* hasClusters("size and clusters of a new disk")
        yield* ploop.createSnapshot({ disk, id: a })
        yield* hasClusters("size and clusters after a snapshot")
        yield* ploop.switchSnapshot({ disk, id: a })
        yield* hasClusters("size and clusters after a switch")
        yield* ploop.mergeSnapshots({ disk })
        yield* hasClusters("size and clusters after a merge")
        yield* Check.equal(yield* ploop.check({ disk }), { outcome: "clean", findings: [] }, "the check")
      })
    })
  ),
  Case.make({
    id: "scenario/clusters-and-files",
    title: "MUST keep the files of a disk with the smallest clusters through a snapshot and a switch back",
    source: Case.manual("init -b"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ clusterSize: "32K" })
      const tree: FileTree.FileTree = { large: "ploop ".repeat(200_000), small: "x" }
      yield* disks.write(disk, tree)
      yield* ploop.createSnapshot({ disk, id: a })
      yield* disks.write(disk, { large: "gone", small: "y" })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* disks.holds(disk, tree, "the files")
    })
  })
]
