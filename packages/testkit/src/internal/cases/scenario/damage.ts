import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as ImageFile from "../../../ImageFile.js"
import * as files from "../diskFiles.js"

const { a } = Conformance.ids

const outcome = (options: Parameters<Ploop.Ploop["check"]>[0]) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => Effect.map(ploop.check(options), ({ outcome }) => outcome))

/** Appends data to a file that nothing refers to, as an allocation does that was cut short. */
const appendTail = (image: string, length = 1 << 20) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => fs.writeFile(image, new Uint8Array(length).fill(0x78), { flag: "a" })
  )

const tails: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/trims-a-tail",
    title: "MUST cut off what lies behind the last cluster with force, and report it as a repair",
    source: Case.source("lib/check.c ploop_check"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { image } = yield* Conformance.disk()
      const size = yield* files.sizeOf(image)
      for (const length of [1, 512, 1 << 20]) {
        yield* appendTail(image, length)
        yield* Check.equal(yield* outcome({ image }), "clean", `the outcome without force, ${length} bytes`)
        yield* Check.equal(yield* outcome({ image, force: true }), "repaired", `the outcome, ${length} bytes`)
        yield* Check.equal(yield* files.sizeOf(image), size, `the size of the file, ${length} bytes`)
      }
      yield* Check.equal(yield* outcome({ image, force: true }), "clean", "the outcome afterwards")
    })
  }),
  Case.make({
    id: "check/keeps-a-tail-when-it-must-not-write",
    title: "MUST fail, and not change the image, when readOnly forbids to repair what force finds",
    source: Case.source("lib/check.c ploop_check"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* Conformance.disk()
      yield* appendTail(image)
      const checked = ploop.check({ image, force: true, readOnly: true })
      yield* files.untouched(directory, Check.fails(checked, "InputOutputFailed"))
    })
  }),
  Case.make({
    id: "replace/refuses-an-image-with-a-tail",
    title: "MUST refuse a replacement whose file is longer than that of the image, and change nothing",
    source: Case.source("lib/check.c check_deltas_same"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const replacement = path.join(directory, "longer")
      yield* fs.copyFile(image, replacement)
      yield* appendTail(replacement)
      yield* files.untouched(
        directory,
        Check.fails(ploop.replace({ disk, snapshot: a, with: replacement }), "ImageMismatch")
      )
    })
  })
]

const indexes: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/repairs-an-index-behind-the-disk",
    title: "MUST find an entry of the index behind the end of the disk with force, and clear it",
    source: Case.source("lib/check.c check_one_slot"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { image } = yield* Conformance.disk()
      yield* ImageFile.poke(image, 64 + 4 * 100, [0, 8, 0, 0])
      yield* Check.equal(yield* outcome({ image, force: true, readOnly: true }), "broken", "the outcome with readOnly")
      yield* Check.equal(yield* outcome({ image, force: true }), "repaired", "the outcome")
      yield* Check.equal(yield* outcome({ image, force: true }), "clean", "the outcome afterwards")
    })
  }),
  Case.make({
    id: "mergeSnapshots/keeps-both-images-when-data-is-missing",
    title: "MUST fail when a cluster of the upper image is behind the end of its file, and keep both images",
    source: Case.source("lib/merge.c merge_image"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const upper = yield* ploop.topDelta({ disk })
      yield* files.pointBehindTheEnd(upper)
      const before = [yield* files.descriptor(disk), yield* files.sizeOf(upper)]
      yield* Check.fails(ploop.mergeSnapshots({ disk }), "InputOutputFailed")
      yield* Check.equal([yield* files.descriptor(disk), yield* files.sizeOf(upper)], before, "the disk")
      const names = (yield* files.names(directory)).filter((name) => name.startsWith("root.hdd"))
      yield* Check.equal(names.length, 2, "the number of images")
    })
  }),
  Case.make({
    id: "mergeSnapshots/keeps-both-images-when-the-upper-one-cannot-be-opened",
    title:
      "MUST fail while the upper image ends in its header, and merge once it is whole and the lower one is checked",
    source: Case.observed("snapshot-merge of a top delta of 100 bytes: generation 9 has marked the lower image then"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const upper = yield* ploop.topDelta({ disk })
      const whole = yield* fs.readFile(upper)
      yield* fs.truncate(upper, 100)
      yield* Check.fails(ploop.mergeSnapshots({ disk }), "ImageCorrupt")
      yield* fs.writeFile(upper, whole)
      const checked = yield* Conformance.ofGeneration({ "1.15": "clean", "7": "clean", "9": "repaired" })
      yield* Check.equal(
        yield* outcome({ image, dropInUse: true }),
        checked,
        "the outcome of a check of the lower image"
      )
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* outcome({ disk }), "clean", "the outcome of a check of the disk")
    })
  }),
  Case.make({
    id: "grow/refuses-an-image-that-ends-in-its-index",
    title: "MUST fail to grow an image that ends in its index, and not make it longer",
    source: Case.source("lib/delta_read.c grow_delta"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const low = yield* LowLevel.LowLevel
      const { image } = yield* Conformance.disk()
      yield* fs.truncate(image, 65_536)
      yield* Check.fails(low.grow({ image, size: "12M" }), "ImageCorrupt")
      yield* Check.equal(yield* files.sizeOf(image), 65_536n, "the size of the file")
    })
  })
]

const raw: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createSnapshot/on-a-raw-image-that-is-cut-off",
    title: "MUST take a snapshot of a raw disk that ends within a cluster, or fail and change nothing on generation 9",
    source: Case.observed("snapshot and snapshot-switch of a raw disk that is cut off"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk({ format: "raw", version: undefined })
      yield* fs.truncate(image, 1_000_000)
      const isRefused = yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })
      if (isRefused) {
        yield* files.untouched(directory, Check.fails(ploop.createSnapshot({ disk, id: a }), "Unclassified"))
      } else yield* ploop.createSnapshot({ disk, id: a })
      // A snapshot of the whole disk, which is cut off then.
      const other = yield* Conformance.disk({ format: "raw", version: undefined, name: "other" })
      yield* ploop.createSnapshot({ disk: other.disk, id: a })
      yield* fs.truncate(other.image, 1_000_000)
      const switched = ploop.switchSnapshot({ disk: other.disk, id: a })
      if (isRefused) yield* files.untouched(other.directory, Check.fails(switched, "Unclassified"))
      else yield* switched
    })
  }),
  Case.make({
    id: "check/of-an-image-that-ends-in-its-header",
    title: "MUST call an image broken that ends in its header, wherever it ends",
    source: Case.observed("check of files of 63, 64, 100 and 4095 bytes"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { image } = yield* Conformance.disk({ format: "raw", version: undefined })
      const short = yield* Conformance.ofGeneration({ "1.15": 63, "7": 4095, "9": 4095 })
      for (const length of [4095, 100, 64, 63]) {
        yield* fs.truncate(image, length)
        const { findings, outcome } = yield* ploop.check({ image, force: true })
        yield* Check.equal(outcome, "broken", `the outcome at ${length} bytes`)
        yield* Check.equal(
          findings.some((line) => /Short read/.test(line)),
          length <= short,
          `a short read of ${length}`
        )
      }
    })
  })
]

const live: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/shows-a-live-copy-without-its-journal",
    title: "MUST fail to mount a copy of a running disk read-only, unless `data` says noload: its journal is in use",
    source: Case.observed("a copy of the image of a mounted disk, mounted read-only"),
    needs: ["device", "mount"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(made.disk)
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* fs.open(path.join(target, "motd"), { flag: "w" })
        yield* file.writeAll(new TextEncoder().encode("live"))
        yield* file.sync
      }))
      const home = yield* Conformance.directory("copy")
      const image = path.join(home, "root.hdd")
      yield* fs.copyFile(made.image, image)
      const copy = yield* ploop.restoreDescriptor({ image })
      const at = yield* Conformance.directory("of-the-copy")
      // The copy has the in-use flag, which a mount clears.
      yield* ploop.check({ disk: copy })
      yield* Check.fails(ploop.mount({ disk: copy, target: at, readOnly: true }), "MountFailed")
      yield* Ploop.withMount({ disk: copy, target: at, readOnly: true, data: ["noload"] }, () => FileTree.read(at))
      const tree = yield* Ploop.withMount({ disk: copy, target: at }, () => FileTree.read(at))
      yield* Check.equal(tree["motd"], "live", "the file after a mount for writing, which replays the journal")
      yield* Ploop.withMount({ disk: copy, target: at, readOnly: true }, () => FileTree.read(at))
    })
  })
]

export const damage: ReadonlyArray<Case.Case> = [...tails, ...indexes, ...raw, ...live]
