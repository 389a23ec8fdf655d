import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DiskChanges from "@effect-ploop/core/DiskChanges"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as ImageFile from "../../../ImageFile.js"
import * as snapshots from "../snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const { top } = SnapshotId
const { MiB } = ByteSize

const source = Case.service("DiskChanges.blocks")

/** The extents, in clusters of 1 MiB: the first one, and how many. */
const blocks = (options: DiskChanges.BlocksOptions) =>
  Effect.map(
    Stream.runCollect(DiskChanges.blocks(options)),
    (found) => Chunk.toReadonlyArray(found).map(({ length, offset }) => [offset / MiB(1), length / MiB(1)] as const)
  )

const is = (options: DiskChanges.BlocksOptions, expected: ReadonlyArray<readonly [bigint, bigint]>) =>
  Effect.flatMap(
    blocks(options),
    (found) => Check.equal<ReadonlyArray<readonly [bigint, bigint]>>(found, expected, "the extents")
  )

/** Allocates clusters in the image of a snapshot, as writes to the disk did before it. */
const occupy = (made: Conformance.TestDisk, id: SnapshotId.SnapshotId, ...clusters: ReadonlyArray<number>) =>
  Effect.flatMap(
    Conformance.fileOf(made, id),
    (file) => Effect.forEach(clusters, (cluster) => snapshots.occupy(file, cluster), { discard: true })
  )

export const blockChanges: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/blocks-of-the-deltas-between",
    title: "MUST report the clusters of every delta between the points as extents, in their order, and no others",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      for (const version of [1, 2] as const) {
        const made = yield* snapshots.chained([a, b], { name: `version-${version}`, version })
        const { disk } = made
        yield* occupy(made, a, 0, 4)
        yield* occupy(made, b, 2, 1)
        yield* occupy(made, top, 2, 3, 7)
        yield* snapshots.untouched(
          made,
          Effect.gen(function*() {
            yield* is({ disk, from: a }, [[1n, 3n], [7n, 1n]])
            yield* is({ disk, from: a, to: b }, [[1n, 2n]])
            yield* is({ disk, from: top, to: b }, [[2n, 2n], [7n, 1n]])
          })
        )
      }
    })
  }),
  Case.make({
    id: "scenario/blocks-of-branches",
    title: "MUST report the clusters of both branches when none of the points is an ancestor of the other",
    source,
    run: Effect.gen(function*() {
      const made = yield* snapshots.branched()
      yield* occupy(made, a, 0)
      yield* occupy(made, b, 1)
      yield* occupy(made, top, 5)
      yield* is({ disk: made.disk, from: b }, [[1n, 1n], [5n, 1n]])
    })
  }),
  Case.make({
    id: "scenario/blocks-of-nothing",
    title: "MUST report nothing between a point and itself, and between points without a write",
    source,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a, b])
      yield* occupy(made, a, 0)
      for (const point of [a, top]) yield* is({ disk: made.disk, from: point, to: point }, [])
      yield* is({ disk: made.disk, from: a }, [])
    })
  }),
  Case.make({
    id: "scenario/blocks-of-the-whole-disk",
    title: "MUST report one extent up to the end of the disk when every cluster was written",
    source,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a], { size: "4M" })
      yield* occupy(made, top, 3, 2, 1, 0)
      yield* is({ disk: made.disk, from: a }, [[0n, 4n]])
    })
  }),
  Case.make({
    id: "scenario/blocks-of-a-running-disk",
    title:
      "MUST report what a running disk wrote between two of its snapshots, and refuse its top delta, also one written to meanwhile",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { large: "x".repeat(3_000_000) })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.createSnapshot({ disk, id: c })
      const written = (yield* blocks({ disk, from: a, to: b })).reduce((sum, [, length]) => sum + length, 0n)
      yield* Check.isTrue(written >= 3n && written < 100n, "whether it is what was written, or a little more", written)
      yield* Check.fails(Stream.runHead(DiskChanges.blocks({ disk, from: a })), "ImageInUse")
      yield* ploop.umount({ disk })
      yield* blocks({ disk, from: b })
      const begun = Effect.ignore(ploop.mount({ disk }))
      yield* Check.fails(Stream.runDrain(Stream.tap(DiskChanges.blocks({ disk, from: a }), () => begun)), "ImageInUse")
      yield* ploop.umount({ disk })
    })
  }),
  Case.make({
    id: "scenario/blocks-of-an-unknown-snapshot",
    title: "MUST refuse a snapshot that the disk does not have, and what is none, by its name",
    source,
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.chained([a])
      yield* Check.fails(blocks({ disk, from: unknown }), "SnapshotNotFound", { id: unknown })
      yield* Check.fails(blocks({ disk, from: a, to: unknown }), "SnapshotNotFound", { id: unknown })
      yield* Check.fails(blocks({ disk, from: "yesterday" }), "InvalidArgument", { field: "from" })
      yield* Check.fails(blocks({ disk: `${disk}.missing/DiskDescriptor.xml`, from: a }), "DiskNotFound")
    })
  }),
  Case.make({
    id: "scenario/blocks-of-a-damaged-image",
    title: "MUST fail with the image that has no index table, or is missing, instead of leaving its clusters out",
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* snapshots.chained([a, b])
      const image = yield* Conformance.fileOf(made, b)
      // In the middle of the index table.
      yield* fs.truncate(image, 100)
      yield* Check.fails(blocks({ disk: made.disk, from: a }), "ImageCorrupt", { image })
      yield* ImageFile.breakSignature(image)
      yield* Check.fails(blocks({ disk: made.disk, from: a }), "ImageCorrupt", { image })
      yield* fs.remove(image)
      yield* Check.fails(blocks({ disk: made.disk, from: a }), "SystemError", { reason: "NotFound" })
    })
  })
]
