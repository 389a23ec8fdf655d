import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ChangeTracking from "@effect-ploop/core/ChangeTracking"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as snapshots from "./snapshotUtils.js"
import { begun, block, type Extents, is, markTop, read, take, tracked, write } from "./trackingUtils.js"

const { top } = SnapshotId
const { unknown } = Conformance.ids
const { MiB } = ByteSize

const source = Case.source("lib/cbt.c, lib/snapshot.c do_create_snapshot")

/** Where the header has the size of a cluster. */
const clusterSizePosition = 28n

const idle = { source, generations: ["7", "9"] } as const

const refused: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createSnapshot/tracks-in-7-and-9",
    title: "MUST refuse to track changes where the generation does not, and say which generations do",
    source: Case.service("Ploop.createSnapshot"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { reason } = yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk: made.disk, track: true }), "Unsupported")
      )
      yield* Check.isTrue(reason.includes("which generations 7 and 9 do"), "who does", reason)
    })
  }),
  Case.make({
    ...idle,
    id: "createSnapshot/tracks-no-raw-image",
    title: "MUST refuse to track changes from a raw top delta, for which the tool fails half-way, and touch nothing",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ format: "raw" })
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk: made.disk, track: true }), "Unsupported")
      )
    })
  }),
  Case.make({
    id: "createSnapshot/tracks-by-an-id-of-its-own",
    title: "MUST refuse an identifier for a snapshot that begins to track: a repeated one would lose changes",
    source: Case.source("lib/cbt.c cbt_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const id = Conformance.ids.a
      yield* Check.fails(ploop.createSnapshot({ disk, id, track: true }), "InvalidArgument", { field: "id" })
      yield* ploop.createSnapshot({ disk, id, track: false })
    })
  })
]

const ofIdleDisks: ReadonlyArray<Case.Case> = [
  Case.make({
    ...idle,
    id: "scenario/tracked-since-a-snapshot",
    title:
      "MUST report nothing when nothing was written, and else the blocks in their order, up to the end of the disk",
    run: Effect.gen(function*() {
      const { disk, made, since } = yield* begun({ size: "3M" })
      yield* is({ disk, from: since }, [])
      yield* markTop(made, [0, 2, 3, 47])
      yield* is({ disk, from: since }, [[0n, 1n], [2n, 2n], [47n, 1n]])
      yield* markTop(made, 1n)
      yield* is({ disk, from: since }, [[0n, 48n]])
      yield* markTop(made, 0n)
      yield* is({ disk, from: since }, [])
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-in-several-parts",
    title: "MUST put blocks together that are next to each other in two parts of the map",
    needs: ["version2"],
    run: Effect.gen(function*() {
      const perPart = 32_768 * 8
      const size = 2n * BigInt(perPart) * block + MiB(1)
      const { disk, made, since } = yield* begun({ clusterSize: "32K", size: ByteSize.make(size), version: 2 })
      yield* markTop(made, [5, perPart - 1], 1n, [0, 15])
      yield* is({ disk, from: since }, [[5n, 1n], [BigInt(perPart) - 1n, BigInt(perPart) + 2n], [
        BigInt(2 * perPart + 15),
        1n
      ]])
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-over-other-snapshots",
    title: "MUST track on over snapshots that do not begin to, and report up to each of them",
    run: Effect.gen(function*() {
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [3])
      const plain = yield* take(disk, false)
      yield* is({ disk, from: since }, [[3n, 1n]])
      yield* markTop(made, [3, 9])
      yield* is({ disk, from: since }, [[3n, 1n], [9n, 1n]])
      yield* is({ disk, from: since, to: plain }, [[3n, 1n]])
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-since-a-deleted-snapshot",
    title: "MUST report the changes since a snapshot that has been deleted",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [7])
      yield* ploop.deleteSnapshot({ disk, id: since })
      yield* is({ disk, from: since }, [[7n, 1n]])
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-from-the-next",
    title:
      "MUST begin again with the next snapshot that tracks, keep the changes up to that one, and refuse the earlier point " +
      "for the top delta",
    run: Effect.gen(function*() {
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [7])
      const next = yield* take(disk, true)
      yield* is({ disk, from: next }, [])
      yield* is({ disk, from: since, to: next }, [[7n, 1n]])
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/remedy-not-tracked",
    title: "The remedy for changes that are not tracked works: a snapshot with track, and that one as from",
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.chained([Conformance.ids.a])
      yield* Check.fails(tracked({ disk, from: Conformance.ids.a }), "NotTracked")
      yield* is({ disk, from: yield* take(disk, true) }, [])
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-no-longer-after-a-switch",
    title: "MUST refuse with NotTracked what a new top delta does not track, after a switch to another snapshot",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, since } = yield* begun()
      yield* ploop.switchSnapshot({ disk, id: since })
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
    })
  }),
  Case.make({
    source,
    generations: ["9"],
    id: "scenario/tracked-no-longer-after-a-conversion",
    title: "MUST refuse with NotTracked after a conversion, with which the tool forgets what has changed",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, since } = yield* begun({ version: 2 })
      yield* ploop.convert({ disk, version: 1 })
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-by-an-unknown-snapshot",
    title: "MUST refuse points that are unknown: NotTracked for the earlier, SnapshotNotFound for the later",
    run: Effect.gen(function*() {
      const { disk, made, since } = yield* begun()
      yield* snapshots.untouched(
        made,
        Effect.gen(function*() {
          yield* Check.fails(tracked({ disk, from: unknown }), "NotTracked")
          yield* Check.fails(tracked({ disk, from: since, to: since }), "NotTracked")
          yield* Check.fails(tracked({ disk, from: since, to: unknown }), "SnapshotNotFound", { id: unknown })
          yield* Check.fails(tracked({ disk, from: "yesterday" }), "InvalidArgument", { field: "from" })
        })
      )
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/tracked-in-a-damaged-map",
    title:
      "MUST fail with the image whose map is damaged, instead of leaving changes out, and with NotTracked where the image " +
      "may have been written to since",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [7])
      const image = yield* Conformance.fileOf(made, top)
      const start = yield* read(image, 0n, ImageExamination.headerLength)
      const at = ChangeTracking.position(start) ?? 0n
      const { size } = yield* fs.stat(image)
      yield* write(image, clusterSizePosition, new Uint8Array(4).fill(0xff))
      yield* Check.fails(tracked({ disk, from: since }), "ImageCorrupt", { image })
      yield* write(image, 0n, start)
      yield* write(image, at + 100n, Uint8Array.of(1))
      yield* Check.fails(tracked({ disk, from: since }), "ImageCorrupt", { image })
      yield* fs.truncate(image, size - 512n)
      yield* Check.fails(tracked({ disk, from: since }), "ImageCorrupt", { image })
      yield* ImageFile.markInUse(image)
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
      yield* fs.truncate(image, 10n)
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
    })
  })
]

const ofRunningDisks: ReadonlyArray<Case.Case> = [
  Case.make({
    source: Case.source("block/blk-cbt.c of the kernel"),
    id: "scenario/tracked-while-running",
    title:
      "MUST keep what a running disk changed with the next snapshot that tracks, also when the first one was deleted, and " +
      "go on with the next mount",
    generations: ["7", "9"],
    needs: ["mount", "tracking"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      const first = yield* take(disk, true)
      yield* FileTree.write(target, { large: "x".repeat(3_000_000) })
      const next = yield* take(disk, true)
      const sum = (found: Extents) => found.reduce((all, [, length]) => all + length * block, 0n)
      const written = sum(yield* tracked({ disk, from: first, to: next }))
      yield* Check.isTrue(written >= 3_000_000n && written < MiB(100), "whether it is about what was written", written)
      yield* Check.fails(tracked({ disk, from: next }), "ImageInUse")
      yield* ploop.deleteSnapshot({ disk, id: first })
      yield* FileTree.write(target, { more: "y".repeat(1_000_000) })
      yield* ploop.umount({ disk })
      const before = sum(yield* tracked({ disk, from: next }))
      yield* Check.isTrue(before >= 1_000_000n, "whether the later write is there", before)
      yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { last: "z".repeat(2_000_000) })
      yield* ploop.umount({ disk })
      const after = sum(yield* tracked({ disk, from: next }))
      yield* Check.isTrue(after >= before + 1_000_000n, "whether the last write is there, too", [before, after])
    })
  })
]

export const trackedChanges: ReadonlyArray<Case.Case> = [...refused, ...ofIdleDisks, ...ofRunningDisks]
