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
import { begun, is, markTop, read, take, tracked, write } from "./trackingUtils.js"

const { top } = SnapshotId
const { a, b } = Conformance.ids

const idle = { source: Case.source("lib/cbt.c ploop_drop_cbt"), generations: ["7", "9"] } as const

const drop = (disk: string) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.dropTracking({ disk }))

/** Where the map of the top delta begins, in bytes; 0 without one. */
const mapAt = (image: string) =>
  Effect.map(read(image, 0n, ImageExamination.headerLength), (start) => ChangeTracking.position(start) ?? 0n)

/** What `ploop-cbt drop` does to an idle disk: the map is cut off, and its place stays in the header. */
const cutOff = (made: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const image = yield* Conformance.fileOf(made, top)
    yield* (yield* FileSystem.FileSystem).truncate(image, yield* mapAt(image))
    return image
  })

/** The disk takes snapshots, and nothing but its images is in the directory. */
const takesSnapshots = (made: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const plain = yield* take(made.disk, false)
    const begins = yield* take(made.disk, true)
    yield* is({ disk: made.disk, from: begins }, [])
    yield* Check.equal((yield* Conformance.parents(made.disk)).slice(-2), [[begins, plain], [top, begins]], "the tree")
    yield* snapshots.onlyNamedImages(made)
  })

const refused: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "dropTracking/in-7-and-9",
    title: "MUST refuse to end a tracking where the generation has none, and say which generations do",
    source: Case.service("Ploop.dropTracking"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      const { reason } = yield* snapshots.untouched(made, Check.fails(drop(made.disk), "Unsupported"))
      yield* Check.isTrue(reason.includes("which generations 7 and 9 do"), "who does", reason)
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/shared-image",
    title: "MUST refuse to change an image that has another name, which another disk may have, and touch nothing",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { disk, made } = yield* begun()
      const image = yield* Conformance.fileOf(made, top)
      yield* fs.link(image, yield* Conformance.path("other.hdd"))
      yield* snapshots.untouched(made, Check.fails(drop(disk), "ImageShared", { image }))
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/missing-files",
    title: "MUST fail with DiskNotFound and ImageNotFound for what is not there",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { disk, made } = yield* begun()
      const image = yield* Conformance.fileOf(made, top)
      yield* fs.remove(image)
      yield* Check.fails(drop(disk), "ImageNotFound", { image })
      yield* fs.remove(disk)
      yield* Check.fails(drop(disk), "DiskNotFound")
    })
  }),
  Case.make({
    ...idle,
    id: "createSnapshot/map-cut-off",
    title:
      "MUST refuse a snapshot of a disk whose map of changed blocks ploop-cbt has cut off, where the tool fails half-way " +
      "and leaves a new delta, and touch nothing",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, made, since } = yield* begun()
      yield* cutOff(made)
      yield* snapshots.untouched(
        made,
        Effect.gen(function*() {
          yield* Check.fails(ploop.createSnapshot({ disk, id: a }), "Unsupported")
          yield* Check.fails(ploop.createTemporarySnapshot({ disk, id: a, component: "backup" }), "Unsupported")
          yield* Check.fails(ploop.snapshotAndSwitch({ disk, id: since, keepAs: a }), "Unsupported")
        })
      )
    })
  }),
  Case.make({
    ...idle,
    id: "scenario/remedy-lost-map",
    title: "The remedy for a map that was cut off works: dropTracking, and the snapshot again",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, made } = yield* begun()
      yield* cutOff(made)
      yield* Check.fails(ploop.createSnapshot({ disk }), "Unsupported")
      yield* drop(disk)
      yield* takesSnapshots(made)
    })
  })
]

const ofIdleDisks: ReadonlyArray<Case.Case> = [
  Case.make({
    ...idle,
    id: "dropTracking/ends-it",
    title:
      "MUST end the tracking of an idle disk: the map is gone from the image, and the disk takes snapshots as before",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [3])
      const image = yield* Conformance.fileOf(made, top)
      const before = (yield* fs.stat(image)).size
      yield* drop(disk)
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
      yield* Check.equal(yield* mapAt(image), 0n, "the place of the map")
      yield* Check.isTrue((yield* fs.stat(image)).size < before, "whether the image is smaller")
      yield* takesSnapshots(made)
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/nothing-tracked",
    title: "MUST leave a disk unchanged that tracks nothing",
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a, b])
      yield* snapshots.untouched(made, drop(made.disk))
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/twice",
    title: "MUST succeed a second time, and change nothing then",
    run: Effect.gen(function*() {
      const { disk, made } = yield* begun()
      yield* drop(disk)
      yield* snapshots.untouched(made, drop(disk))
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/keeps-the-maps-of-snapshots",
    title: "MUST keep what is known of the changes up to a snapshot",
    run: Effect.gen(function*() {
      const { disk, made, since } = yield* begun()
      yield* markTop(made, [7])
      const next = yield* take(disk, true)
      yield* drop(disk)
      yield* is({ disk, from: since, to: next }, [[7n, 1n]])
      yield* Check.fails(tracked({ disk, from: next }), "NotTracked")
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/damaged-map",
    title: "MUST end a tracking whose map is damaged, so that the disk takes snapshots again",
    run: Effect.gen(function*() {
      const { disk, made } = yield* begun()
      yield* markTop(made, [7])
      const image = yield* Conformance.fileOf(made, top)
      yield* write(image, yield* mapAt(image), Uint8Array.of(1, 2, 3))
      yield* drop(disk)
      yield* takesSnapshots(made)
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/raw-image",
    title: "MUST leave a raw image unchanged, also when the disk begins with what looks like the header of a map",
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const clusterSize = 1024 * 1024
      const made = yield* Conformance.disk({ format: "raw" })
      const { size } = yield* fs.stat(made.image)
      const header = ImageExamination.formatHeader({
        version: 2,
        clusterSize,
        size: 4 * clusterSize,
        flags: 0,
        isInUse: false
      })
      yield* write(made.image, 0n, ChangeTracking.withPosition(header, size - BigInt(clusterSize)))
      yield* snapshots.untouched(made, drop(made.disk))
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/in-use-flag",
    title: "MUST leave an image unchanged whose in-use flag is set: its header counts for no map",
    run: Effect.gen(function*() {
      const { disk, made } = yield* begun()
      yield* ImageFile.markInUse(yield* Conformance.fileOf(made, top))
      yield* snapshots.untouched(made, drop(disk))
    })
  }),
  Case.make({
    ...idle,
    id: "dropTracking/unknown-disk",
    title: "MUST name the option that is not a disk",
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(ploop.dropTracking({ disk: "" }), "InvalidArgument", { field: "disk" })
    })
  })
]

const ofRunningDisks: ReadonlyArray<Case.Case> = [
  Case.make({
    source: Case.source("lib/cbt.c ploop_drop_cbt, BLKCBTSTOP"),
    id: "dropTracking/running",
    title:
      "MUST end the tracking of a running disk, so that an unmount keeps none, and lose nothing of what is written",
    generations: ["7", "9"],
    needs: ["mount", "tracking"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      const since = yield* take(disk, true)
      yield* FileTree.write(target, { before: "x".repeat(100_000) })
      yield* drop(disk)
      yield* drop(disk)
      yield* FileTree.write(target, { after: "y".repeat(100_000) })
      yield* ploop.umount({ disk })
      yield* Check.fails(tracked({ disk, from: since }), "NotTracked")
      yield* Conformance.mounted(disk)
      yield* Check.equal((yield* FileTree.read(target)).after, "y".repeat(100_000), "what was written last")
    })
  })
]

export const dropTracking: ReadonlyArray<Case.Case> = [...refused, ...ofIdleDisks, ...ofRunningDisks]
